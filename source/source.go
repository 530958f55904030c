// Package source is the contract between the places where data lives and the kernel
// that reads them.
//
// A [Source] lists datasets; a [Reader] hands out one dataset as blocks; a [Block]
// decodes itself into batches of column chunks. Blocks are cut by the format (bytes,
// row groups), never by the number of cores, and are numbered: whoever decodes them,
// in whatever order, gets the same batches. That is what makes a scan's answer the
// same on every machine.
//
// Words: a row is what a reader accepted; a reject is a record it could not accept,
// with line and reason. Rows + rejects = records in the file.
//
// Connectors live in source/<kind> and pass the suite in source/sourcetest.
// Start at Source, then batch.go.
//
// Not here: what values mean (profile and above), credentials (a source gets them
// resolved).
package source

import (
	"context"

	"assay/asset"
	"assay/internal/message"
)

// Source is a place where data lives.
type Source interface {
	// List finds the datasets, in a stable order. What cannot be a dataset comes
	// back as Skipped with the reason; an error is returned only when listing itself
	// cannot go on.
	List(ctx context.Context) (Listing, error)
	// Open begins to read a dataset that List returned.
	Open(ctx context.Context, d Dataset, o Options) (Reader, error)
	// Close releases what List and Open share. Readers must be closed before.
	Close() error
}

// Listing is what a source holds.
type Listing struct {
	Datasets []Dataset
	Skipped  []Skipped
}

// Dataset is what a source knows of a dataset before reading it.
type Dataset struct {
	Name    string // short, for people; unique within the listing
	Locator string // address, unique within the listing; for files a cleaned path, with "#table" or "#sheet" for what is inside
	Format  string // "csv", "tsv", "json", "ndjson", "parquet", "xlsx", "sqlite"
	Parts   []Part // the files it is made of, in the order of reading; at least one
	Bytes   int64  // size of all parts
	Note    []asset.Observation
}

// Part is one file of a dataset.
type Part struct {
	Path  string // as the operating system knows it
	Name  string // relative to the dataset's root, with slashes; goes into the fingerprint
	Size  int64
	Stat  Stat
	Fixed map[string]string // values that the path gives to every row: {"year": "2024"} for a folder year=2024
}

// Stat identifies the state of a file without reading it.
type Stat struct {
	Size    int64  `json:"size"`
	ModNano int64  `json:"mod_ns"`
	Inode   uint64 `json:"inode,omitempty"`
}

// Skipped is something that was looked at and not taken as a dataset.
type Skipped struct {
	Locator string
	Code    string // of the message catalogue
	Params  message.Params
}

// Options override what a reader would detect. The zero value detects everything.
type Options struct {
	Aligned     bool     // batches hold every column of their rows (see Batch)
	Encoding    string   // IANA name, "" = detect
	Delimiter   string   // one or more bytes, "" = detect
	Quote       *byte    // nil = detect, 0 = none
	Escape      *byte    // nil = detect; equal to the quote = doubled quotes; 0 = none
	Comment     string   // lines that begin so are comments; "" = detect
	HeaderRows  *int     // nil = detect
	SkipRows    int      // records before the header
	Columns     []string // rename columns; len must match when set
	BlockBytes  int      // size of text blocks, 0 = DefaultBlockBytes; part of the format version
	MemoryBytes int64    // bound on a reader's own buffers, 0 = 128 MiB
}

// DefaultBlockBytes is the size at which text is cut into blocks, at the next end of
// a record. Changing it changes samples: it belongs to the kernel's version.
const DefaultBlockBytes = 1 << 22

// Reader reads one dataset once.
type Reader interface {
	// Columns are the columns known so far. Formats with a schema know them when
	// opened; others find more while blocks are decoded. Safe for concurrent use;
	// an index, once given out, never changes its meaning.
	Columns() []Column
	// Expect estimates the number of rows, or returns 0 when it cannot tell. It
	// depends on the dataset alone.
	Expect() int64
	// Next returns the next block, in order, or io.EOF. It is called from one
	// goroutine; the blocks it returned may be decoded on others meanwhile.
	Next(ctx context.Context) (Block, error)
	// Describe says how the dataset was understood: encoding, dialect, header and
	// the evidence for each. It is complete once the last block was decoded.
	Describe() Description
	// Close stops reading; blocks not yet decoded may fail.
	Close() error
}

// ByColumn is implemented by readers whose blocks may hold one column each: more of
// them can be under way in the same memory.
type ByColumn interface {
	// ByColumn reports whether the blocks of this reader hold one column each.
	ByColumn() bool
}

// Block is a piece of a dataset, cut by the format.
type Block interface {
	// Group numbers the rows' block from 0, without gaps. Blocks of one group hold
	// different columns of the same rows (Parquet column chunks); most readers have
	// one block a group. Groups come in order.
	Group() int
	// Size is the number of bytes of the source that the block covers, for progress.
	Size() int64
	// Decode emits the block's batches in order. A batch and everything in it is
	// valid only during emit. Decode is called at most once.
	Decode(ctx context.Context, emit func(*Batch) error) (Stats, error)
}

// Stats is what a block holds, known when it was decoded.
type Stats struct {
	Rows     int64 // rows of the group; 0 in every block of a group but one
	Rejected int64
	Lines    int64               // lines of text the block covers, to make Reject.Line absolute
	Rejects  []Reject            // the first few; Rejected has them all
	Notes    []asset.Observation // counted observations; equal codes of a column add up their "count"
}

// Reject is a record that could not be read as a row.
type Reject struct {
	Line   int64 // 1 = the first line of the block; absolute in a scan's result
	Code   string
	Params message.Params
}

// MaxRejects is how many rejects a block keeps with line and reason.
const MaxRejects = 100

// Description says how a dataset was understood.
type Description struct {
	Encoding string   `json:"encoding,omitempty"`
	Dialect  *Dialect `json:"dialect,omitempty"`
	Partial  string   `json:"partial,omitempty"` // reason code when the end was not reached
	Comment  string   `json:"comment,omitempty"` // the source's own comment on the table
	// Evidence tells why: "encoding.bom", "header.types", …, with parameters.
	Evidence []asset.Observation `json:"evidence,omitempty"`
}

// Dialect is how delimited text is written.
type Dialect struct {
	Delimiter  string `json:"delimiter"`
	Quote      string `json:"quote"`  // "" = none
	Escape     string `json:"escape"` // equal to quote = doubled
	HeaderRows int    `json:"header_rows"`
	SkipRows   int    `json:"skip_rows,omitempty"`
	Comment    string `json:"comment,omitempty"`
	LineEnd    string `json:"line_end,omitempty"` // "lf", "crlf", "cr", "mixed"
}
