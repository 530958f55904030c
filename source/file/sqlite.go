package file

import (
	"bytes"
	"context"
	"database/sql"
	"encoding/binary"
	"errors"
	"net/url"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"

	"assay/asset"
	"assay/fault"
	"assay/internal/message"
	"assay/source"

	"modernc.org/sqlite"
	lib "modernc.org/sqlite/lib"
)

// How SQLite databases are read
//
// Nothing is ever written into the user's folder. Which way a database is opened
// depends on what lies beside it (sqliteOpen):
//
//   - a rollback journal mode: read-only, under SQLite's own locks;
//   - write-ahead mode without a log: "immutable", because SQLite would make the files
//     of the log to read it;
//   - write-ahead mode with log and index (somebody has it open): read-only with a
//     read-only index, so that what is committed is seen;
//   - a log without index, or a journal left by a crash: the database and its log are
//     copied to a temporary folder and recovered there. A copy that does not succeed
//     leaves the database as it was at the last checkpoint, with a note.
//
// Rows come in the order of the rowid. sqlite_read.go turns them into blocks.

// sqliteDB is an open database.
type sqliteDB struct {
	db   *sql.DB
	conn *sql.Conn
	temp string // folder of a copy, "" = none
	note []asset.Observation
}

func (d *sqliteDB) close() error {
	var errs []error
	if d.conn != nil {
		errs = append(errs, d.conn.Close())
	}
	errs = append(errs, d.db.Close())
	if d.temp != "" {
		errs = append(errs, os.RemoveAll(d.temp))
	}
	return errors.Join(errs...)
}

// sqliteOpen opens the database at path for reading. limit bounds the size of a row
// that SQLite takes into memory, in bytes.
func sqliteOpen(ctx context.Context, path string, limit int64) (*sqliteDB, error) {
	f, err := openRegular(path) // says what is wrong better than SQLite does
	if err != nil {
		return nil, err
	}
	head := make([]byte, 100)
	_, err = f.ReadAt(head, 0)
	if closeErr := f.Close(); err == nil {
		err = closeErr
	}
	if err != nil || string(head[:16]) != "SQLite format 3\x00" {
		return nil, fault.Wrap(err, fault.Invalid, "sqlite.not_database", "locator", path)
	}
	writeAhead := head[18] == 2 || head[19] == 2 // file format, section 1.3.3
	log, index := sizeOf(path+"-wal"), sizeOf(path+"-shm")
	if log <= 0 && sizeOf(path+"-journal") <= 0 && sqliteCutPage(head, sizeOf(path)) {
		return nil, fault.New(fault.Invalid, "source.truncated", "locator", path)
	}
	switch {
	case writeAhead && log <= 0:
		return sqliteConnect(ctx, path, path, limit, "immutable", "1")
	case writeAhead && index > 0:
		d, err := sqliteConnect(ctx, path, path, limit, "mode", "ro", "readonly_shm", "1")
		if err == nil || fault.KindOf(err) == fault.Canceled {
			return d, err
		}
		return sqliteCopy(ctx, path, "-wal", limit)
	case writeAhead:
		return sqliteCopy(ctx, path, "-wal", limit)
	}
	d, err := sqliteConnect(ctx, path, path, limit, "mode", "ro")
	if err != nil && sizeOf(path+"-journal") > 0 && fault.KindOf(err) != fault.Canceled {
		return sqliteCopy(ctx, path, "-journal", limit)
	}
	return d, err
}

// sqliteCutPage reports whether a database of size bytes ends within its last page:
// SQLite takes what is missing there for zeros, without a word; whole pages that are
// missing it notices. The header's number of pages holds when the change counters agree
// (file format, sections 1.3.2, 1.3.7 and 1.3.17).
func sqliteCutPage(head []byte, size int64) bool {
	page, pages := int64(binary.BigEndian.Uint16(head[16:])), int64(binary.BigEndian.Uint32(head[28:]))
	if page == 1 {
		page = 1 << 16
	}
	missing := page*pages - size
	return bytes.Equal(head[24:28], head[92:96]) && 0 < missing && missing < page
}

// sizeOf is the size of a file, -1 when there is none.
func sizeOf(path string) int64 {
	info, err := os.Stat(path)
	if err != nil {
		return -1
	}
	return info.Size()
}

// sqliteConnect opens file with URI parameters; path is what messages call it.
func sqliteConnect(ctx context.Context, file, path string, limit int64, params ...string) (*sqliteDB, error) {
	abs, err := filepath.Abs(file)
	if err != nil {
		return nil, openFault(err, path)
	}
	abs = filepath.ToSlash(abs)
	if runtime.GOOS == "windows" {
		abs = "/" + abs
	}
	// A schema from a stranger may call functions: those that could do harm are off.
	q := url.Values{"_pragma": {"trusted_schema(0)", "query_only(1)", "cell_size_check(1)", "busy_timeout(3000)"}}
	for i := 0; i < len(params); i += 2 {
		q.Set(params[i], params[i+1])
	}
	db, err := sql.Open("sqlite", (&url.URL{Scheme: "file", Path: abs, RawQuery: q.Encode()}).String())
	if err != nil {
		return nil, sqliteFault(err, path)
	}
	d := &sqliteDB{db: db}
	if d.conn, err = db.Conn(ctx); err == nil {
		if _, err = sqlite.Limit(d.conn, lib.SQLITE_LIMIT_LENGTH, int(limit)); err == nil {
			var n int64
			err = d.conn.QueryRowContext(ctx, "SELECT count(*) FROM sqlite_schema").Scan(&n)
		}
	}
	if err != nil {
		return nil, errors.Join(sqliteFault(err, path), d.close())
	}
	return d, nil
}

// sqliteCopy opens a copy of the database and the file beside it, so that SQLite can
// recover it. When there is no room for a copy or the files keep changing, the
// database is read as it is, without what the other file holds.
func sqliteCopy(ctx context.Context, path, beside string, limit int64) (*sqliteDB, error) {
	temp, err := os.MkdirTemp("", "assay-sqlite-") // readable by its owner only
	if err == nil {
		name := filepath.Join(temp, "copy.db")
		if err = copyBoth(ctx, path, name, beside); err == nil {
			d, openErr := sqliteConnect(ctx, name, path, limit)
			if openErr == nil {
				d.temp = temp
				return d, nil
			}
			err = openErr
		}
		err = errors.Join(err, os.RemoveAll(temp))
	}
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	d, openErr := sqliteConnect(ctx, path, path, limit, "immutable", "1")
	if openErr != nil {
		return nil, errors.Join(openErr, err)
	}
	d.note = append(d.note, asset.Observation{Code: "sqlite.log_ignored", Params: message.P("file", filepath.Base(path)+beside)})
	return d, nil
}

// copyBoth copies a database and the file beside it, and again when they changed
// meanwhile.
func copyBoth(ctx context.Context, from, to, beside string) error {
	for range 3 {
		before, err1 := StatOf(from)
		before2, err2 := StatOf(from + beside)
		if err := errors.Join(err1, err2); err != nil {
			return err
		}
		if err := errors.Join(copyFile(ctx, from, to), copyFile(ctx, from+beside, to+beside)); err != nil {
			return err
		}
		after, err1 := StatOf(from)
		after2, err2 := StatOf(from + beside)
		if err := errors.Join(err1, err2); err != nil {
			return err
		}
		if before == after && before2 == after2 {
			return nil
		}
	}
	return changedFault(from)
}

func copyFile(ctx context.Context, from, to string) (err error) {
	in, err := openRegular(from)
	if err != nil {
		return err
	}
	defer in.Close() // only read from
	out, err := os.OpenFile(to, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, out.Close()) }()
	buf := make([]byte, 1<<20)
	for {
		if err := ctx.Err(); err != nil {
			return err
		}
		n, err := in.Read(buf)
		if n > 0 {
			if _, err := out.Write(buf[:n]); err != nil {
				return err
			}
		}
		if err != nil {
			if n == 0 && isEOF(err) {
				return nil
			}
			return err
		}
	}
}

// sqliteFault says in our words what SQLite says with a code. Its own text stays the
// cause; it may name tables and columns, never values.
func sqliteFault(err error, path string) error {
	if err == nil || fault.As(err) != nil {
		return err
	}
	if errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return err
	}
	e := new(sqlite.Error)
	if !errors.As(err, &e) {
		return fault.Wrap(err, fault.Unavailable, "sqlite.failed", "locator", path)
	}
	switch e.Code() & 0xff { // the primary code
	case lib.SQLITE_NOTADB:
		return fault.Wrap(err, fault.Invalid, "sqlite.not_database", "locator", path)
	case lib.SQLITE_CORRUPT, lib.SQLITE_FORMAT:
		return fault.Wrap(err, fault.Invalid, "sqlite.damaged", "locator", path)
	case lib.SQLITE_BUSY, lib.SQLITE_LOCKED:
		return fault.Wrap(err, fault.Unavailable, "sqlite.locked", "locator", path)
	case lib.SQLITE_TOOBIG:
		return fault.Wrap(err, fault.Exhausted, "sqlite.too_big", "locator", path)
	case lib.SQLITE_NOMEM, lib.SQLITE_FULL:
		return fault.Wrap(err, fault.Exhausted, "sqlite.no_room", "locator", path)
	case lib.SQLITE_INTERRUPT:
		return context.Canceled
	case lib.SQLITE_IOERR, lib.SQLITE_CANTOPEN:
		return fault.Wrap(err, fault.Unavailable, "sqlite.unreadable", "locator", path)
	}
	return fault.Wrap(err, fault.Invalid, "sqlite.failed", "locator", path)
}

// sqliteTable is a table or view.
type sqliteTable struct {
	name, kind   string // kind: "table", "view", "virtual", "shadow"
	withoutRowid bool
	strict       bool
	columns      []sqliteColumn
	primary      []string
}

type sqliteColumn struct {
	name, declared string
	key            int // place in the primary key, from 1
}

// listSQLite lists tables and views. SQLite's own tables (sqlite_sequence and the
// like) are part of the format and are passed over.
func listSQLite(ctx context.Context, p source.Part) ([]source.Dataset, []source.Skipped, error) {
	d, err := sqliteOpen(ctx, p.Path, sqliteDefaultMemory)
	if err != nil {
		return nil, nil, err
	}
	found, skipped, err := d.list(ctx, p)
	return found, skipped, errors.Join(err, d.close())
}

func (d *sqliteDB) list(ctx context.Context, p source.Part) (found []source.Dataset, skipped []source.Skipped, err error) {
	tables, err := d.tables(ctx)
	if err != nil {
		return nil, nil, sqliteFault(err, p.Path)
	}
	for _, t := range tables {
		locator := p.Path + "#" + t.name
		skip := func(code string) {
			skipped = append(skipped, source.Skipped{Locator: locator, Code: code, Params: message.P("locator", locator, "table", t.name)})
		}
		if t.kind == "shadow" {
			skip("sqlite.shadow")
			continue
		}
		if err := d.describe(ctx, &t); err != nil {
			if ctx.Err() != nil {
				return nil, nil, ctx.Err()
			}
			skip(map[string]string{"view": "sqlite.broken_view", "virtual": "sqlite.no_module"}[t.kind])
			if t.kind == "table" {
				skipped[len(skipped)-1].Code = "sqlite.damaged"
			}
			continue
		}
		set := source.Dataset{Name: t.name, Locator: locator, Format: "sqlite", Parts: []source.Part{p}, Bytes: p.Size,
			Note: slices.Clone(d.note)}
		if t.kind != "table" {
			set.Note = append(set.Note, asset.Observation{Code: "sqlite." + t.kind})
		}
		found = append(found, set)
	}
	if len(tables) == 0 {
		skipped = append(skipped, source.Skipped{Locator: p.Path, Code: "sqlite.no_tables", Params: message.P("locator", p.Path)})
	}
	return found, skipped, nil
}

// tables lists the schema in the order of the names. PRAGMA table_list tells shadow
// tables apart, which sqlite_schema does not.
func (d *sqliteDB) tables(ctx context.Context) ([]sqliteTable, error) {
	rows, err := d.conn.QueryContext(ctx, `
		SELECT name, type, wr, strict
		FROM pragma_table_list
		WHERE schema = 'main' AND name NOT LIKE 'sqlite\_%' ESCAPE '\'
		ORDER BY name`)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var out []sqliteTable
	for rows.Next() {
		var t sqliteTable
		if err := rows.Scan(&t.name, &t.kind, &t.withoutRowid, &t.strict); err != nil {
			return nil, err
		}
		out = append(out, t)
	}
	return out, rows.Err()
}

// describe reads a table's columns. It fails for a view whose tables are not there
// and for a virtual table whose module this program does not have.
func (d *sqliteDB) describe(ctx context.Context, t *sqliteTable) error {
	rows, err := d.conn.QueryContext(ctx, `
		SELECT name, type, pk
		FROM pragma_table_xinfo(?)
		WHERE hidden <> 1
		ORDER BY cid`, t.name)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var c sqliteColumn
		if err := rows.Scan(&c.name, &c.declared, &c.key); err != nil {
			return err
		}
		t.columns = append(t.columns, c)
	}
	if err := rows.Err(); err != nil {
		return err
	}
	if len(t.columns) == 0 {
		return errors.New("no columns")
	}
	for n := 1; ; n++ {
		i := slices.IndexFunc(t.columns, func(c sqliteColumn) bool { return c.key == n })
		if i < 0 {
			break
		}
		t.primary = append(t.primary, t.columns[i].name)
	}
	// Preparing finds what the columns' list does not: a view over a function or a
	// table that is missing.
	s, err := d.conn.PrepareContext(ctx, t.query())
	if err != nil {
		return err
	}
	return s.Close()
}

// query selects all rows. Columns stand in expressions: the driver would turn text of
// a column declared DATE into times and back into other text.
func (t *sqliteTable) query() string {
	var b strings.Builder
	b.WriteString("SELECT ")
	for i, c := range t.columns {
		if i > 0 {
			b.WriteString(", ")
		}
		q := sqliteQuote(c.name)
		switch sqliteAffinity(c.declared) {
		case "TEXT", "BLOB":
			// octet_length reads the row's header only; it must not be asked of
			// numbers, which it would write out.
			b.WriteString("CASE WHEN octet_length(" + q + ") > 1048576 THEN substr(" + q + ", 1, 1048577) ELSE " + q + " END")
		default:
			b.WriteString("+" + q)
		}
	}
	b.WriteString(" FROM " + sqliteQuote(t.name))
	if id := t.rowid(); id != "" {
		b.WriteString(" ORDER BY " + id)
	}
	return b.String()
}

// rowid is a name of the rowid that no column has taken, "" = there is none.
func (t *sqliteTable) rowid() string {
	if t.kind != "table" || t.withoutRowid {
		return ""
	}
	for _, id := range []string{"rowid", "oid", "_rowid_"} {
		if !slices.ContainsFunc(t.columns, func(c sqliteColumn) bool { return strings.EqualFold(c.name, id) }) {
			return id
		}
	}
	return ""
}

// sqliteQuote quotes an identifier.
func sqliteQuote(name string) string { return `"` + strings.ReplaceAll(name, `"`, `""`) + `"` }

// sqliteAffinity applies the rules of "Datatypes In SQLite", section 3.1.
func sqliteAffinity(declared string) string {
	up := strings.ToUpper(declared)
	has := func(ss ...string) bool {
		return slices.ContainsFunc(ss, func(s string) bool { return strings.Contains(up, s) })
	}
	switch {
	case has("INT"):
		return "INTEGER"
	case has("CHAR", "CLOB", "TEXT"):
		return "TEXT"
	case has("BLOB"), up == "":
		return "BLOB"
	case has("REAL", "FLOA", "DOUB"):
		return "REAL"
	}
	return "NUMERIC"
}

// keys are the declared keys, as evidence: "key.primary", "key.unique" and
// "key.foreign". Params name the columns for people, and as JSON for programs.
func (d *sqliteDB) keys(ctx context.Context, t *sqliteTable) ([]asset.Observation, error) {
	var out []asset.Observation
	if len(t.primary) > 0 {
		out = append(out, sqliteKey("key.primary", t.primary))
	}
	if t.kind != "table" {
		return out, nil
	}
	unique, err := d.uniqueKeys(ctx, t)
	if err != nil {
		return nil, err
	}
	for _, columns := range unique {
		out = append(out, sqliteKey("key.unique", columns))
	}
	foreign, err := d.foreignKeys(ctx, t)
	return append(out, foreign...), err
}

func sqliteKey(code string, columns []string) asset.Observation {
	o := asset.Observation{Code: code, Params: message.P("columns", strings.Join(columns, ", "), "columns_json", jsonList(columns))}
	if len(columns) == 1 {
		o.Column = columns[0]
	}
	return o
}

// uniqueKeys are the columns of UNIQUE constraints.
func (d *sqliteDB) uniqueKeys(ctx context.Context, t *sqliteTable) ([][]string, error) {
	rows, err := d.conn.QueryContext(ctx, `
		SELECT l.seq, i.name
		FROM pragma_index_list(?) AS l, pragma_index_info(l.name) AS i
		WHERE l.origin = 'u' AND l.partial = 0
		ORDER BY l.seq DESC, i.seqno`, t.name)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var out [][]string
	last := -1
	for rows.Next() {
		var seq int
		var name string
		if err := rows.Scan(&seq, &name); err != nil {
			return nil, err
		}
		if seq != last {
			out, last = append(out, nil), seq
		}
		out[len(out)-1] = append(out[len(out)-1], name)
	}
	return out, rows.Err()
}

// foreignKeys are in the order of their declaration. A key that names no columns of
// its parent means the parent's primary key.
func (d *sqliteDB) foreignKeys(ctx context.Context, t *sqliteTable) ([]asset.Observation, error) {
	type foreign struct {
		table    string
		from, to []string
	}
	rows, err := d.conn.QueryContext(ctx, `
		SELECT id, "table", "from", coalesce("to", '')
		FROM pragma_foreign_key_list(?)
		ORDER BY id DESC, seq`, t.name)
	if err != nil {
		return nil, err
	}
	var keys []foreign
	last := -1
	for rows.Next() {
		var id int
		var table, from, to string
		if err := rows.Scan(&id, &table, &from, &to); err != nil {
			return nil, errors.Join(err, rows.Close())
		}
		if id != last {
			keys, last = append(keys, foreign{table: table}), id
		}
		k := &keys[len(keys)-1]
		k.from = append(k.from, from)
		if to != "" {
			k.to = append(k.to, to)
		}
	}
	if err := errors.Join(rows.Err(), rows.Close()); err != nil {
		return nil, err
	}
	var out []asset.Observation
	for _, k := range keys {
		if len(k.to) == 0 {
			parent := sqliteTable{name: k.table, kind: "table"}
			if d.describe(ctx, &parent) == nil { // a missing parent is no fault of this table
				k.to = parent.primary
			}
		}
		o := sqliteKey("key.foreign", k.from)
		o.Params["table"], o.Params["to"], o.Params["to_json"] = k.table, strings.Join(k.to, ", "), jsonList(k.to)
		out = append(out, o)
	}
	return out, nil
}
