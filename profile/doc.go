// Package profile is the one-pass kernel: it reads a dataset once and says what each
// column is, in bounded memory.
//
// How it works. A reader hands out numbered blocks. Workers decode them, each into a
// part of its own (block.go): text is given a dictionary on the fly (table.go), each
// dictionary entry is looked at once (value.go) and counted with its weight
// (part.go). Parts are merged in the order of the blocks (run.go), so the answer does
// not depend on the number of workers. What is commutative and large, the sets of
// value hashes and the samples, goes to the column at once (column.go). At the end
// facts are drawn from the sums (finish.go) and every value passes the mask (mask.go).
//
// Words: a place is a row's slot in a column, null or not; a value is what is not
// null; an entry is a value seen in a block, with its weight.
//
// Invariants: any number of workers and any order of completion give the same bytes;
// counts are exact, sums of integers and decimals are exact, what is estimated says
// its bound; no raw value leaves the package.
//
// Start at [Run]. Rooms above plug in through [ValueProbe] and [BatchProbe].
//
// Not here: what values mean (classify), whether they are good (quality), how they
// are read (source), kept (store) or shown (report).
package profile

// Method is the version of the kernel. It changes when the same bytes would give
// other facts.
const Method = "profile/1"
