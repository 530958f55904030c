package delimited

import (
	"encoding/binary"
	"math/bits"
)

// The fast reader looks at 64 bytes at a time and notes where fields end, in the
// manner of Langdale and Lemire, "Parsing gigabytes of JSON per second", VLDB Journal
// 28 (2019), with words of eight bytes for want of vectors. It reads what is regular:
// quotes that open right at the start of a field and close right before a delimiter or
// a line end, doubled ones between. At the first quote that does neither it stops, and
// the record is left to [Dialect.field].

// marks says where fields end in a run of text.
type marks struct {
	at      []uint32 // at[0] is the place before the run, then every end of a field
	n       int      // used of at
	ends    []uint32 // for every record, the index in at one past its last
	quoted  bool     // there are quotes
	escaped bool     // there are doubled quotes inside fields
	odd     bool     // the run was left at a record that is not regular
}

func (m *marks) start(i, size int) {
	if len(m.at) < size {
		m.at = make([]uint32, size)
	}
	m.at[0], m.n, m.ends = uint32(i-1), 1, m.ends[:0]
	m.quoted, m.escaped, m.odd = false, false, false
}

// put notes the ends of fields of a word: s has all of them, n those of records.
func (m *marks) put(base int, s, n uint64) {
	for n &= s; n != 0; n &= n - 1 {
		m.ends = append(m.ends, uint32(m.n+bits.OnesCount64(s&(n^(n-1)))))
	}
	count := bits.OnesCount64(s)
	at := m.at[m.n : m.n+64]
	for i := 0; i < count; i += 4 { // four at a time: what is written too many is written over
		at[i] = uint32(base + bits.TrailingZeros64(s))
		s &= s - 1
		at[i+1] = uint32(base + bits.TrailingZeros64(s))
		s &= s - 1
		at[i+2] = uint32(base + bits.TrailingZeros64(s))
		s &= s - 1
		at[i+3] = uint32(base + bits.TrailingZeros64(s))
		s &= s - 1
	}
	m.n += count
}

const (
	ones  = 0x0101010101010101
	lows  = 0x7f7f7f7f7f7f7f7f
	highs = 0x8080808080808080
	top   = 0xff << 56
	// collect brings the high bits of eight bytes into the top byte.
	collect = 0x0002040810204081
)

// nonzero sets the high bit of each byte of x that is not zero (Hacker's Delight, 2nd
// edition, section 6-1). Other bits are anything.
func nonzero(x uint64) uint64 { return (x&lows + lows) | x }

// mask2 has a bit for every byte of w that is c, and one for every d; c and d are in
// each byte of their words.
func mask2(w *[64]byte, c, d uint64) (mc, md uint64) {
	for i := 0; i < 64; i += 8 {
		x := binary.LittleEndian.Uint64(w[i:])
		mc = mc>>8 | (^nonzero(x^c)&highs)*collect&top
		md = md>>8 | (^nonzero(x^d)&highs)*collect&top
	}
	return mc, md
}

// mask3 is mask2 for three bytes.
func mask3(w *[64]byte, c, d, e uint64) (mc, md, me uint64) {
	for i := 0; i < 64; i += 8 {
		x := binary.LittleEndian.Uint64(w[i:])
		mc = mc>>8 | (^nonzero(x^c)&highs)*collect&top
		md = md>>8 | (^nonzero(x^d)&highs)*collect&top
		me = me>>8 | (^nonzero(x^e)&highs)*collect&top
	}
	return mc, md, me
}

// scanPlain marks [i, end), which has no quotes, until marks are full.
func (d *Dialect) scanPlain(m *marks, b []byte, i, end int) {
	del, nl := uint64(d.Delimiter[0])*ones, uint64(d.newline())*ones
	for ; i+64 <= end && m.n+64 <= len(m.at); i += 64 {
		md, mn := mask2((*[64]byte)(b[i:]), del, nl)
		m.put(i, md|mn, mn)
	}
	if i < end && i+64 > end && m.n+64 <= len(m.at) {
		var w [64]byte
		copy(w[:], b[i:end])
		md, mn := mask2(&w, del, nl)
		valid := uint64(1)<<(end-i) - 1
		m.put(i, (md|mn)&valid, mn&valid)
	}
}

// scanQuoted marks [i, len(b)), which begins at a record, until marks are full or a
// quote is not regular.
func (d *Dialect) scanQuoted(m *marks, b []byte, i int) {
	s := newQuoteState(d)
	for ; i < len(b) && m.n+64 <= len(m.at); i += 64 {
		fields, records, good := s.word(b, i)
		m.put(i, fields, records)
		m.quoted, m.escaped = m.quoted || s.quotes != 0, m.escaped || s.doubled
		if !good {
			m.odd = true
			return
		}
	}
}

// quoteState carries what a word has to know of the words before it.
type quoteState struct {
	d            *Dialect
	del, nl, quo uint64
	inside       uint64 // all ones: the last byte was in quotes
	ended        uint64 // 1: a field ended with the last byte
	closed       uint64 // 1: a quote closed with the last byte
	quotes       uint64 // the quotes of the word
	doubled      bool   // some quote was doubled
}

func newQuoteState(d *Dialect) quoteState {
	return quoteState{d: d, del: uint64(d.Delimiter[0]) * ones, nl: uint64(d.newline()) * ones, quo: uint64(d.Quote) * ones, ended: 1}
}

// word finds the ends of fields and records in the 64 bytes at b[i]. good is false
// when a quote is not regular; then only ends before it are given.
func (s *quoteState) word(b []byte, i int) (fields, records uint64, good bool) {
	var md, mn, mq uint64
	if i+64 <= len(b) {
		md, mn, mq = mask3((*[64]byte)(b[i:]), s.del, s.nl, s.quo)
	} else {
		var w [64]byte
		copy(w[:], b[i:])
		valid := uint64(1)<<(len(b)-i) - 1
		md, mn, mq = mask3(&w, s.del, s.nl, s.quo)
		md, mn, mq = md&valid, mn&valid, mq&valid
		s.closed &= valid
	}
	s.quotes = mq
	if mq|s.inside|s.closed == 0 {
		fields = md | mn
		s.ended = fields >> 63
		return fields, mn, true
	}
	if s.d.Escape != s.d.Quote { // an escape may stand before a quote
		before := below(mq)
		return (md | mn) & before, mn & before, false
	}
	in := prefixXor(mq) ^ s.inside
	fields = (md | mn) &^ in
	opens, closes := mq&in, mq&^in
	behind := closes<<1 | s.closed // these must end the field, or be the other half of a doubled quote
	bad := opens&^(fields<<1|s.ended|behind) | behind&^(fields|opens)
	if i+64 > len(b) && len(b)-i < 64 {
		bad &= uint64(1)<<(len(b)-i) - 1
	}
	if bad != 0 {
		bad = s.notCRLF(b, i, bad&behind) | bad&^behind
	}
	s.doubled = s.doubled || opens&behind != 0
	s.inside, s.ended, s.closed = uint64(int64(in)>>63), fields>>63, closes>>63
	if bad == 0 {
		return fields, fields & mn, true
	}
	before := below(bad)
	return fields & before, fields & mn & before, false
}

// notCRLF takes the places off where a carriage return stands before a line feed.
func (s *quoteState) notCRLF(b []byte, i int, places uint64) uint64 {
	if s.d.CR {
		return places
	}
	left := places
	for p := places; p != 0; p &= p - 1 {
		if k := i + bits.TrailingZeros64(p); k+1 < len(b) && b[k] == '\r' && b[k+1] == '\n' {
			left &^= p & -p
		}
	}
	return left
}

// below has the bits below the lowest of x.
func below(x uint64) uint64 { return x&-x - 1 }

// prefixXor has, for every bit, the parity of the bits up to and with it.
func prefixXor(x uint64) uint64 {
	x ^= x << 1
	x ^= x << 2
	x ^= x << 4
	x ^= x << 8
	x ^= x << 16
	x ^= x << 32
	return x
}
