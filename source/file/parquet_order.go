package file

// ByColumn says that blocks hold one column each, unless batches are aligned.
func (r *pqReader) ByColumn() bool { return !r.aligned }
