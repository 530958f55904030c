package sketch

// Sampled is one member of a sample: the hash of its place and a value.
type Sampled[T any] struct {
	Hash  uint64
	Value T
}

// Sample keeps the k values whose places have the smallest hashes: a uniform sample
// without replacement that does not depend on the order of adding. Hashes of places
// must be distinct. The zero value keeps nothing; set K before the first Add.
type Sample[T any] struct {
	K    int
	list []Sampled[T]
}

// Add offers values.
func (s *Sample[T]) Add(vs ...Sampled[T]) {
	s.list = append(s.list, vs...)
	if len(s.list) > s.K+s.K/2+64 {
		s.trim()
	}
}

// Values returns the sample, in no order.
func (s *Sample[T]) Values() []Sampled[T] {
	s.trim()
	return s.list
}

// Limit returns a hash above which offering is useless, once K values are there.
func (s *Sample[T]) Limit() (limit uint64, full bool) {
	s.trim()
	if len(s.list) < s.K || s.K == 0 {
		return 0, false
	}
	for _, v := range s.list {
		limit = max(limit, v.Hash)
	}
	return limit, true
}

func (s *Sample[T]) trim() {
	if len(s.list) <= s.K {
		return
	}
	selectSmallest(s.list, s.K)
	clear(s.list[s.K:])
	s.list = s.list[:s.K]
}

// selectSmallest puts the k smallest in front: Hoare's quickselect with the median of
// three for a pivot. Hashes are random, so it takes linear time.
func selectSmallest[T any](a []Sampled[T], k int) {
	lo, hi := 0, len(a)-1
	for lo < hi {
		p := median(a[lo].Hash, a[(lo+hi)/2].Hash, a[hi].Hash)
		i, j := lo, hi
		for i <= j {
			for a[i].Hash < p {
				i++
			}
			for a[j].Hash > p {
				j--
			}
			if i <= j {
				a[i], a[j] = a[j], a[i]
				i++
				j--
			}
		}
		switch {
		case k <= j:
			hi = j
		case k >= i:
			lo = i
		default:
			return
		}
	}
}

func median(a, b, c uint64) uint64 { return max(min(a, b), min(max(a, b), c)) }
