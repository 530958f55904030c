// Package relation finds how data hang together where nobody declared it: minimal
// unique column combinations (keys), minimal functional dependencies, and inclusion
// dependencies between columns of any datasets.
//
// Words: a unique column combination (UCC) is a set of columns on which no two rows
// agree. A functional dependency (FD) lhs → rhs holds when rows that agree on lhs
// agree on rhs. An inclusion dependency (IND) holds when every value of one column
// occurs in another. Minimal: no column can be left out of the set. The difference
// set of two rows is the set of columns on which they differ; it is what all of this
// is computed from.
//
// Invariants, held by tests: what is listed holds on every row and is minimal; unless
// Truncated says otherwise, nothing that holds is missing; the answer and its order
// do not depend on the number of workers.
//
// Start at [Load], then [Discover] and [Inclusions]. The search is in cover.go.
//
// Not here: foreign keys and their ranking, dependencies that hold only nearly, reading
// (source) and printing (cmd/assay).
package relation
