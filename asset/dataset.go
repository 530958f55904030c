package asset

import (
	"time"

	"assay/internal/message"
)

// Actor is who does something, and for which party. Every verb takes one; the
// command line's is a named local account.
type Actor struct {
	Account AccountID
	Name    string // login name, never a person's name in full
	Party   PartyID
}

// Party is an organisation or a person. Everything recorded belongs to one.
type Party struct {
	ID   PartyID
	Name string
	USCC string // unified social credit code, GB 32100; may be empty
}

// Dataset is one table, file set, scene collection or log.
type Dataset struct {
	ID      DatasetID
	Party   PartyID // the owner of the record
	Name    string  // short, unique within the home
	Locator string  // current address; holds no secret
	Format  string  // "csv", "json", "ndjson", "parquet", "xlsx", "sqlite", …
}

// Column is one column of a dataset, known by id across renames.
type Column struct {
	ID       ColumnID
	Dataset  DatasetID
	Path     string // "a", or "a.b[].c" in nested data
	Position int    // from 0
}

// Extent says how much of a dataset a scan read.
type Extent string

// The extents. Facts merge only over disjoint ones.
const (
	ExtentWhole     Extent = "whole"
	ExtentAppended  Extent = "appended"
	ExtentPartition Extent = "partition"
	ExtentSample    Extent = "sample"
	ExtentWatermark Extent = "watermark"
)

// Cost is what a scan took; energy reports need it and cannot be back-filled.
type Cost struct {
	Wall      time.Duration `json:"wall_ns"`
	CPU       time.Duration `json:"cpu_ns"`
	BytesRead int64         `json:"bytes_read"`
	HostClass string        `json:"host_class"` // for example "linux/amd64 2 cores"
}

// Scan is one reading of a dataset. It is immutable.
type Scan struct {
	ID          ScanID
	Dataset     DatasetID
	Actor       AccountID
	Started     time.Time // UTC
	Recorded    time.Time // UTC
	Extent      Extent
	Partial     string // reason code when not everything was read, else ""
	Fingerprint Fingerprint
	Rows        int64
	Rejected    int64
	Bytes       int64
	Stat        string // size, times and inode of what was read, to assume "unchanged"
	Method      string // version of the kernel, "profile/1"
	Cost        Cost
}

// Observation is something a reader or the kernel noticed, as a code of the message
// catalogue and parameters. Column is a path, or "" for the dataset.
type Observation struct {
	Column string         `json:"column,omitempty"`
	Code   string         `json:"code"`
	Params message.Params `json:"params,omitempty"`
}

// Finding is what facts mean, in the form in which rooms exchange it.
type Finding struct {
	Dataset DatasetID      `json:"dataset"`
	Column  string         `json:"column,omitempty"` // path
	Kind    string         `json:"kind"`             // "type", "grade", "indicator", "key", "relation", …
	Code    string         `json:"code"`
	Params  message.Params `json:"params,omitempty"`
	Method  string         `json:"method"` // room and version
	Matched int64          `json:"matched"`
	Total   int64          `json:"total"`
}
