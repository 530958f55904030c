package profile

// limits are what a column may use, fixed before a run from the budget and the number
// of columns, so that the facts do not depend on what other columns hold.
type limits struct {
	distinct int  // hashes kept by the set of distinct values
	sample   int  // sampled rows
	top      int  // values counted apart
	entries  int  // of the dictionary that a block makes
	hasty    bool // see hastyRows
}

// hastyRows is from how many rows on a block gives up its dictionary as soon as the
// first entries show that most values are new. Smaller datasets take the time to
// count every value that they can.
const hastyRows = 1 << 17

// unknownColumns is how many columns a dataset without a schema is taken to have.
const unknownColumns = 64

// limitsFor shares out memory bytes: a half to the sets of distinct values (8 bytes a
// slot, at most 3/4 full), an eighth to samples (24 bytes, half as many again while
// they are gathered), a sixteenth to frequent values (about 150 bytes), an eighth to
// the dictionaries of the blocks under way (about 100 bytes an entry). The rest is
// the reader's and the runtime's.
func limitsFor(memory int64, columns, workers int) limits {
	n := int64(columns)
	if n == 0 {
		n = unknownColumns
	}
	return limits{
		distinct: clamp(memory/2/(n+1)*3/32, 1<<10, 1<<20),
		sample:   clamp(memory/8/n/36, 1<<10, 1<<16),
		top:      clamp(memory/16/n/300, 1<<5, 1<<11),
		entries:  clamp(memory/8/n/int64(workers+2)/100, 1<<7, 1<<13),
	}
}

func clamp(x int64, lo, hi int) int { return int(min(max(x, int64(lo)), int64(hi))) }
