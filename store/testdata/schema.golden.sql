CREATE UNIQUE INDEX col_living ON col (dataset, path) WHERE retired_at IS NULL;
CREATE INDEX scan_by_run ON scan (run);
CREATE INDEX scan_run_running ON scan_run (id) WHERE status = 'running';
CREATE TABLE account (
  id          TEXT PRIMARY KEY,
  party       TEXT NOT NULL REFERENCES party (id),
  name        TEXT NOT NULL UNIQUE,
  created_at  TEXT NOT NULL,
  disabled_at TEXT
) STRICT;
CREATE TABLE audit (
  number INTEGER PRIMARY KEY AUTOINCREMENT,
  party  TEXT NOT NULL REFERENCES party (id),
  actor  TEXT NOT NULL REFERENCES account (id),
  verb   TEXT NOT NULL,
  object TEXT NOT NULL,
  at     TEXT NOT NULL
) STRICT;
CREATE TABLE col (
  id         TEXT PRIMARY KEY,
  party      TEXT NOT NULL REFERENCES party (id),
  dataset    TEXT NOT NULL REFERENCES dataset (id),
  path       TEXT NOT NULL,
  position   INTEGER NOT NULL,
  first_scan TEXT NOT NULL REFERENCES scan (id),
  last_scan  TEXT NOT NULL REFERENCES scan (id),
  retired_at TEXT
) STRICT;
CREATE TABLE dataset (
  id         TEXT PRIMARY KEY,
  party      TEXT NOT NULL REFERENCES party (id),
  source     TEXT NOT NULL REFERENCES source (id),
  locator    TEXT NOT NULL,
  name       TEXT NOT NULL UNIQUE,
  words      TEXT NOT NULL,
  format     TEXT NOT NULL,
  scans      INTEGER NOT NULL DEFAULT 0,
  seen_at    TEXT NOT NULL,
  created_at TEXT NOT NULL,
  valid_from TEXT NOT NULL,
  valid_to   TEXT,
  retired_at TEXT,
  UNIQUE (source, locator),
  CHECK ((valid_to IS NULL) = (retired_at IS NULL))
) STRICT;
CREATE TABLE home (
  one        INTEGER PRIMARY KEY CHECK (one = 1),
  party      TEXT NOT NULL REFERENCES party (id),
  key_check  TEXT NOT NULL,
  created_at TEXT NOT NULL
) STRICT;
CREATE TABLE party (
  id         TEXT PRIMARY KEY,
  name       TEXT NOT NULL,
  uscc       TEXT NOT NULL DEFAULT '',
  created_at TEXT NOT NULL
) STRICT;
CREATE TABLE scan (
  id          TEXT PRIMARY KEY,
  party       TEXT NOT NULL REFERENCES party (id),
  dataset     TEXT NOT NULL REFERENCES dataset (id),
  number      INTEGER NOT NULL,
  run         TEXT REFERENCES scan_run (id),
  actor       TEXT NOT NULL REFERENCES account (id),
  started_at  TEXT NOT NULL,
  recorded_at TEXT NOT NULL,
  extent      TEXT NOT NULL,
  partial     TEXT NOT NULL,
  fingerprint TEXT NOT NULL,
  row_count   INTEGER NOT NULL,
  rejected    INTEGER NOT NULL,
  byte_count  INTEGER NOT NULL,
  columns     INTEGER NOT NULL,
  stat        TEXT NOT NULL,
  method      TEXT NOT NULL,
  wall_ns     INTEGER NOT NULL,
  cpu_ns      INTEGER NOT NULL,
  bytes_read  INTEGER NOT NULL,
  host_class  TEXT NOT NULL,
  facts_sum   TEXT NOT NULL,
  sum         TEXT NOT NULL,
  description TEXT,
  parts       TEXT,
  facts       TEXT,
  pruned_at   TEXT,
  UNIQUE (dataset, number),
  CHECK ((pruned_at IS NULL) = (facts IS NOT NULL))
) STRICT;
CREATE TABLE scan_column (
  scan  TEXT NOT NULL REFERENCES scan (id),
  n     INTEGER NOT NULL,
  party TEXT NOT NULL REFERENCES party (id),
  col   TEXT NOT NULL REFERENCES col (id),
  facts TEXT NOT NULL,
  PRIMARY KEY (scan, n),
  UNIQUE (scan, col)
) STRICT;
CREATE TABLE scan_run (
  id         TEXT PRIMARY KEY,
  party      TEXT NOT NULL REFERENCES party (id),
  actor      TEXT NOT NULL REFERENCES account (id),
  number     INTEGER NOT NULL UNIQUE,
  status     TEXT NOT NULL CHECK (status IN ('running', 'done', 'failed', 'cancelled', 'interrupted')),
  paths      TEXT NOT NULL,
  started_at TEXT NOT NULL,
  ended_at   TEXT,
  scanned    INTEGER NOT NULL DEFAULT 0,
  unchanged  INTEGER NOT NULL DEFAULT 0,
  failed     INTEGER NOT NULL DEFAULT 0,
  skipped    INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE TABLE schema_migration (
        version    INTEGER PRIMARY KEY,
        name       TEXT NOT NULL UNIQUE,
        sha256     TEXT NOT NULL,
        applied_at TEXT NOT NULL
      ) STRICT;
CREATE TABLE skipped (
  run     TEXT NOT NULL REFERENCES scan_run (id),
  n       INTEGER NOT NULL,
  party   TEXT NOT NULL REFERENCES party (id),
  locator TEXT NOT NULL,
  code    TEXT NOT NULL,
  params  TEXT NOT NULL,
  PRIMARY KEY (run, n)
) STRICT;
CREATE TABLE source (
  id         TEXT PRIMARY KEY,
  party      TEXT NOT NULL REFERENCES party (id),
  locator    TEXT NOT NULL UNIQUE,
  created_at TEXT NOT NULL
) STRICT;
CREATE TABLE sqlite_sequence(name,seq);
CREATE TABLE usage (
  number     INTEGER PRIMARY KEY AUTOINCREMENT,
  party      TEXT NOT NULL REFERENCES party (id),
  actor      TEXT NOT NULL REFERENCES account (id),
  dataset    TEXT NOT NULL REFERENCES dataset (id),
  door       TEXT NOT NULL,
  row_count  INTEGER NOT NULL,
  byte_count INTEGER NOT NULL,
  agreement  TEXT NOT NULL DEFAULT '',
  at         TEXT NOT NULL
) STRICT;
CREATE TRIGGER audit_no_delete BEFORE DELETE ON audit BEGIN SELECT RAISE(ABORT, 'audit is append-only'); END;
CREATE TRIGGER audit_no_update BEFORE UPDATE ON audit BEGIN SELECT RAISE(ABORT, 'audit is append-only'); END;
CREATE TRIGGER usage_no_delete BEFORE DELETE ON usage BEGIN SELECT RAISE(ABORT, 'usage is append-only'); END;
CREATE TRIGGER usage_no_update BEFORE UPDATE ON usage BEGIN SELECT RAISE(ABORT, 'usage is append-only'); END;
