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

// shareBlocks is how many blocks under way the dictionaries' share is for. It is no
// number of workers: what a dictionary holds decides what is counted exactly, and that
// must not depend on the machine.
const shareBlocks = 4

// entryBytes is about what an entry of a dictionary takes.
const entryBytes = 100

// limitsFor shares out memory bytes: a half to the sets of distinct values (8 bytes a
// slot, at most 3/4 full), an eighth to samples (24 bytes, half as many again while
// they are gathered), a sixteenth to frequent values (about 150 bytes), an eighth to
// the dictionaries of shareBlocks blocks. The rest is the reader's and the runtime's.
func limitsFor(memory int64, columns int) limits {
	n := knownColumns(columns)
	return limits{
		distinct: clamp(memory/2/(n+1)*3/32, 1<<10, 1<<20),
		sample:   clamp(memory/8/n/36, 1<<10, 1<<16),
		top:      clamp(memory/16/n/300, 1<<5, 1<<11),
		entries:  clamp(memory/8/n/shareBlocks/entryBytes, 1<<7, 1<<13),
	}
}

// workersFor is how many of workers may be at work, so that the dictionaries of their
// blocks, and of two more that wait for their turn, take half of memory at most.
func (l limits) workersFor(workers int, memory int64, columns int) int {
	block := knownColumns(columns) * int64(l.entries) * entryBytes
	return max(1, min(workers, int(memory/2/block)-2))
}

func knownColumns(columns int) int64 {
	if columns == 0 {
		return unknownColumns
	}
	return int64(columns)
}

func clamp(x int64, lo, hi int) int { return int(min(max(x, int64(lo)), int64(hi))) }
