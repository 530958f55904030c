// Package sketch holds the bounded-memory summaries of the kernel: which hashes were
// seen, which values are frequent, and a sample of rows. They know nothing of
// columns or files.
//
// Invariant: a summary of a whole equals the merge of the summaries of its parts, in
// any order for [Distinct] and [Sample], in the order of the parts for [Frequent].
package sketch
