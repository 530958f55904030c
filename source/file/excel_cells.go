package file

import (
	"context"
	"fmt"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"assay/internal/span"
	"assay/source"
)

// excelBlock is some rows of a sheet.
type excelBlock struct {
	r       *excelReader
	book    *excelBook
	strings *excelStrings
	group   int
	g       *excelRows
	indexOf []int32 // sheet column to column, -1 = none
	base    int     // the sheet's rows up to here belong to blocks before
	end     int
	size    int64
	fixed   map[string]string
}

func (b *excelBlock) Group() int  { return b.group }
func (b *excelBlock) Size() int64 { return b.size }

// Decode emits the block as one batch.
func (b *excelBlock) Decode(ctx context.Context, emit func(*source.Batch) error) (source.Stats, error) {
	if err := ctx.Err(); err != nil {
		return source.Stats{}, err
	}
	d := &excelDecoding{excelBlock: b, notes: jsonNotes{}, columns: b.r.Columns()}
	maps.Copy(d.notes, b.g.notes)
	rows := len(b.g.rows)
	stats := source.Stats{Rows: int64(rows), Lines: int64(b.end - b.base)}
	if rows > 0 {
		batch := &source.Batch{Group: b.group, Rows: rows, Lines: make([]int64, rows)}
		for i, row := range b.g.rows {
			batch.Lines[i] = int64(row.num - b.base)
		}
		batch.Chunks = d.chunks()
		if err := emit(batch); err != nil {
			return stats, err
		}
	}
	stats.Notes = d.notes.observations()
	for _, kind := range []struct {
		code string
		is   func(string) bool
	}{{"excel.total_row", excelIsTotal}, {"excel.note_row", excelIsNote}} {
		if n, first := d.rowsThat(kind.is); n > 0 {
			stats.Notes = append(stats.Notes, jsonObservation("", kind.code, "count", strconv.Itoa(n), "row", strconv.Itoa(first)))
		}
	}
	return stats, nil
}

// excelDecoding is one run of Decode.
type excelDecoding struct {
	*excelBlock
	notes   jsonNotes
	columns []source.Column

	column  int    // in hand
	path    string // its path
	buf     []byte // texts that are not in the shared strings
	entries []excelEntry
	places  []int32 // rows of the entries
}

// excelEntry is a cell's value: a tag and a number, or a text.
type excelEntry struct {
	tag   excelTag
	scale int8
	v     int64 // integers, unscaled decimals, days, microseconds, 0 and 1, a shared string's number
	f     float64
	text  span.Span // of buf
}

type excelTag uint8

const (
	excelAsNull excelTag = iota
	excelAsInteger
	excelAsDecimal
	excelAsFloat
	excelAsDate
	excelAsMoment
	excelAsTime
	excelAsBool
	excelAsShared
	excelAsText
	excelTags
)

// chunks makes a chunk for each column known to the block.
func (d *excelDecoding) chunks() []source.Chunk {
	byColumn := make([][]int32, len(d.columns)) // cells and, beside them, their rows
	for i, row := range d.g.rows {
		for k := row.first; k < row.last; k++ {
			if c := d.indexOf[d.g.cells[k].col]; c >= 0 {
				byColumn[c] = append(byColumn[c], int32(k), int32(i))
			}
		}
	}
	var chunks []source.Chunk
	for _, c := range slices.Sorted(slices.Values(d.indexOf)) {
		if c >= 0 {
			chunks = append(chunks, d.chunk(int(c), byColumn[c]))
		}
	}
	return d.addFixed(chunks)
}

func (d *excelDecoding) addFixed(chunks []source.Chunk) []source.Chunk {
	for _, name := range slices.Sorted(maps.Keys(d.fixed)) {
		at := slices.IndexFunc(d.columns, func(c source.Column) bool { return c.Path == name })
		if at < 0 || slices.ContainsFunc(chunks, func(c source.Chunk) bool { return c.Column == at }) {
			continue
		}
		chunks = append(chunks, source.Chunk{Column: at, N: len(d.g.rows), Codes: make([]int32, len(d.g.rows)),
			Values: source.Values{Kind: source.Text, Data: []byte(d.fixed[name]), Spans: []span.Span{{Len: uint32(len(d.fixed[name]))}}}})
	}
	return chunks
}

func (d *excelDecoding) chunk(column int, cells []int32) source.Chunk {
	d.column, d.path = column, d.columns[column].Path
	d.buf, d.entries, d.places = nil, d.entries[:0], d.places[:0]
	var count [excelTags]int
	for i := 0; i < len(cells); i += 2 {
		e := d.entry(&d.g.cells[cells[i]])
		if e.tag == excelAsNull {
			continue
		}
		count[e.tag]++
		d.entries, d.places = append(d.entries, e), append(d.places, cells[i+1])
	}
	c := source.Chunk{Column: column, N: len(d.g.rows), Nulls: len(d.g.rows) - len(d.places)}
	if c.Nulls > 0 {
		c.Valid = make([]uint64, (c.N+63)/64)
		for _, row := range d.places {
			c.Valid[row>>6] |= 1 << (row & 63)
		}
	}
	d.values(&c, &count)
	return c
}

// values picks the form that fits all values of the column in this block.
func (d *excelDecoding) values(c *source.Chunk, count *[excelTags]int) {
	n := len(d.entries)
	numbers := count[excelAsInteger] + count[excelAsDecimal] + count[excelAsFloat]
	days := count[excelAsDate] + count[excelAsMoment]
	texts := count[excelAsShared] + count[excelAsText]
	switch {
	case n == count[excelAsShared]:
		d.dictionary(c)
	case n == texts:
		c.Values = d.texts()
	case n == count[excelAsInteger]:
		c.Values = source.Values{Kind: source.Int64, Ints: d.ints()}
	case n == numbers:
		c.Values = d.numbers(count[excelAsFloat] == 0)
	case n == count[excelAsDate]:
		c.Values = source.Values{Kind: source.Date, Ints: d.ints()}
	case n == days:
		c.Values = source.Values{Kind: source.Timestamp, Ints: d.moments()}
	case n == count[excelAsTime]:
		c.Values = source.Values{Kind: source.Time, Ints: d.ints()}
	case n == count[excelAsBool]:
		c.Values = source.Values{Kind: source.Bool, Ints: d.ints()}
	default:
		most := max(numbers, days, texts, count[excelAsTime], count[excelAsBool])
		d.notes.add(d.path, "excel.mixed", int64(n-most))
		c.Values = d.texts()
	}
}

// dictionary codes a column of shared strings: each is handed out once.
func (d *excelDecoding) dictionary(c *source.Chunk) {
	code := map[int64]int32{}
	v := source.Values{Kind: source.Text, Data: d.strings.data}
	c.Codes = make([]int32, len(d.entries))
	for i, e := range d.entries {
		k, ok := code[e.v]
		if !ok {
			k = int32(len(v.Spans))
			code[e.v] = k
			off, n := d.strings.span(int32(e.v))
			v.Spans = append(v.Spans, span.Span{Off: uint32(off), Len: uint32(n)})
		}
		c.Codes[i] = k
	}
	c.Values = v
}

// texts writes every value as text: ISO dates, plain numbers.
func (d *excelDecoding) texts() source.Values {
	v := source.Values{Kind: source.Text, Spans: make([]span.Span, len(d.entries))}
	for i, e := range d.entries {
		if e.tag == excelAsText {
			v.Spans[i] = e.text
			continue
		}
		off := len(d.buf)
		d.buf = d.appendText(d.buf, e)
		v.Spans[i] = span.Span{Off: uint32(off), Len: uint32(len(d.buf) - off)}
	}
	v.Data = d.buf
	return v
}

func (d *excelDecoding) appendText(b []byte, e excelEntry) []byte {
	switch e.tag {
	case excelAsShared:
		return append(b, d.strings.text(int32(e.v))...)
	case excelAsInteger:
		return strconv.AppendInt(b, e.v, 10)
	case excelAsDecimal, excelAsFloat:
		return strconv.AppendFloat(b, e.f, 'f', -1, 64)
	case excelAsBool:
		return strconv.AppendBool(b, e.v != 0)
	case excelAsDate:
		return time.Unix(e.v*86400, 0).UTC().AppendFormat(b, time.DateOnly)
	case excelAsMoment:
		return time.UnixMicro(e.v).UTC().AppendFormat(b, "2006-01-02T15:04:05.999")
	case excelAsTime:
		return time.UnixMicro(e.v).UTC().AppendFormat(b, "15:04:05.999")
	}
	return append(b, e.text.Of(d.buf)...)
}

func (d *excelDecoding) ints() []int64 {
	ints := make([]int64, len(d.entries))
	for i, e := range d.entries {
		ints[i] = e.v
	}
	return ints
}

const excelDayMicros = 86400 * 1000 * 1000

func (d *excelDecoding) moments() []int64 {
	ints := d.ints()
	for i, e := range d.entries {
		if e.tag == excelAsDate {
			ints[i] *= excelDayMicros
		}
	}
	return ints
}

// numbers makes decimals of one scale when all have at most 15 digits, as Excel shows
// them, and 18 at that scale; else floating point.
func (d *excelDecoding) numbers(exact bool) source.Values {
	scale := int8(0)
	for _, e := range d.entries {
		scale = max(scale, e.scale)
	}
	if exact && int(scale) < len(jsonPow10) {
		ints := make([]int64, len(d.entries))
		for i, e := range d.entries {
			up := jsonPow10[scale-e.scale]
			if limit := (jsonPow10[18] - 1) / up; e.v > limit || e.v < -limit {
				exact = false
				break
			}
			ints[i] = e.v * up
		}
		if exact {
			return source.Values{Kind: source.Decimal, Ints: ints, Scale: int(scale)}
		}
	}
	floats := make([]float64, len(d.entries))
	for i, e := range d.entries {
		floats[i] = e.f
	}
	return source.Values{Kind: source.Float64, Floats: floats}
}

// entry reads one cell and notes what is odd about it.
func (d *excelDecoding) entry(c *excelCell) excelEntry {
	if c.filled {
		d.notes.add(d.path, "excel.merged_filled", 1)
	}
	if c.formula {
		d.notes.add(d.path, "excel.formula", 1)
	}
	if c.noValue {
		d.notes.add(d.path, "excel.formula_uncached", 1)
		return excelEntry{}
	}
	text := d.g.text(c)
	switch c.typ {
	case excelShared:
		if c.str < 0 {
			d.notes.add(d.path, "excel.bad_string", 1)
			return excelEntry{}
		}
		d.noteText(d.strings.text(c.str))
		return excelEntry{tag: excelAsShared, v: int64(c.str)}
	case excelInline:
		d.noteText(text)
		return d.text(text)
	case excelBool:
		e := excelEntry{tag: excelAsBool}
		if word := strings.ToLower(strings.TrimSpace(string(text))); word == "1" || word == "true" {
			e.v = 1
		}
		return e
	case excelError:
		d.notes.add(d.path, "excel.error", 1)
		return excelEntry{}
	case excelISODate:
		return d.isoDate(string(text))
	}
	return d.number(strings.TrimSpace(string(text)), d.book.class(c.style))
}

func (d *excelDecoding) text(s []byte) excelEntry {
	off := len(d.buf)
	d.buf = append(d.buf, s...)
	return excelEntry{tag: excelAsText, text: span.Span{Off: uint32(off), Len: uint32(len(s))}}
}

// noteText counts numbers that are kept as text, and long numbers that were written
// out as text with an exponent, their digits lost.
func (d *excelDecoding) noteText(s []byte) {
	digits, exponent := excelLooksLikeNumber(s)
	if !digits {
		return
	}
	d.notes.add(d.path, "excel.number_as_text", 1)
	if exponent {
		d.notes.add(d.path, "excel.scientific_text", 1)
	}
}

func excelLooksLikeNumber(s []byte) (digits, exponent bool) {
	if len(s) > 40 {
		return false, false
	}
	text := strings.TrimSpace(string(s))
	text = strings.TrimLeft(text, "+-")
	if text == "" || text[0] != '.' && (text[0] < '0' || text[0] > '9') || strings.Trim(text, "0123456789.,eE+-") != "" {
		return false, false
	}
	_, err := strconv.ParseFloat(strings.ReplaceAll(text, ",", ""), 64)
	return err == nil, strings.ContainsAny(text, "eE") && strings.Contains(text, "+")
}

// number reads what a file holds for a number, a date or a time.
func (d *excelDecoding) number(text string, class excelClass) excelEntry {
	f, err := strconv.ParseFloat(text, 64)
	if err != nil || strings.Trim(text, "0123456789.eE+-") != "" || math.IsInf(f, 0) {
		d.notes.add(d.path, "excel.bad_number", 1)
		return excelEntry{}
	}
	switch class.kind {
	case excelDate, excelMoment:
		return d.day(f, class.kind)
	case excelTime:
		if f >= 0 && f < 1 {
			return excelEntry{tag: excelAsTime, v: excelMillis(f) % 86400_000 * 1000}
		}
		return d.day(f, excelMoment) // the format hides a date
	case excelElapsed:
		d.notes.add(d.path, "excel.duration", 1)
		return d.text([]byte(excelDuration(f)))
	}
	if class.percent {
		d.notes.add(d.path, "excel.percent", 1)
	}
	if class.currency {
		d.notes.add(d.path, "excel.currency", 1)
	}
	return d.plain(text, f, class.general)
}

// plain sorts a number into integer, decimal or floating point by the shortest digits
// that give it.
func (d *excelDecoding) plain(text string, f float64, general bool) excelEntry {
	if v, err := strconv.ParseInt(text, 10, 64); err == nil {
		d.noteInteger(v, general)
		return excelEntry{tag: excelAsInteger, v: v, f: f}
	}
	digits, exp := jsonNormal(strconv.AppendFloat(nil, f, 'e', -1, 64))
	if exp >= len(digits) && math.Abs(f) < 1<<63 {
		// The shortest digits and zeros, as Excel shows it: 1.10101199001011E+17 is
		// 110101199001011000, though the double is 110101199001011008.
		v, err := strconv.ParseInt(string(digits)+strings.Repeat("0", exp-len(digits)), 10, 64)
		if len(digits) > 0 && err != nil {
			return excelEntry{tag: excelAsFloat, f: f}
		}
		if f < 0 {
			v = -v
		}
		d.noteInteger(v, general)
		return excelEntry{tag: excelAsInteger, v: v, f: f}
	}
	scale := len(digits) - exp
	if len(digits) > 15 || scale < 0 || scale >= len(jsonPow10) {
		return excelEntry{tag: excelAsFloat, f: f}
	}
	v, err := strconv.ParseInt(string(digits), 10, 64)
	if err != nil {
		return excelEntry{tag: excelAsFloat, f: f}
	}
	if f < 0 {
		v = -v
	}
	return excelEntry{tag: excelAsDecimal, v: v, f: f, scale: int8(scale)}
}

// noteInteger counts integers that Excel has cut to 15 digits, as it does to card and
// identity numbers, and those it shows with an exponent.
func (d *excelDecoding) noteInteger(v int64, general bool) {
	if v < 0 {
		v = -v
	}
	if general && v >= 1e11 {
		d.notes.add(d.path, "excel.scientific_shown", 1)
	}
	if v < 1e15 {
		return
	}
	unit := int64(1)
	for v/unit >= 1e15 {
		unit *= 10
	}
	if v%unit == 0 {
		d.notes.add(d.path, "excel.truncated_15", 1)
	}
}

// day reads a serial number: days since the epoch and the part of a day.
func (d *excelDecoding) day(serial float64, kind excelKind) excelEntry {
	first, last := 1.0, 2958465.0 // 9999-12-31
	if d.book.is1904 {
		first, last = 0, 2957003
	}
	if serial < first || serial >= last+1 {
		d.notes.add(d.path, "excel.date_outside", 1)
		return excelEntry{}
	}
	millis := excelMillis(serial)
	whole, part := millis/86400_000, millis%86400_000
	if !d.book.is1904 {
		switch {
		case whole == 60: // the 29th of February 1900, which Lotus 1-2-3 believed in
			d.notes.add(d.path, "excel.date_outside", 1)
			return excelEntry{}
		case whole < 60:
			whole++
		}
	}
	days := whole + d.book.base
	if kind == excelDate && part == 0 {
		return excelEntry{tag: excelAsDate, v: days}
	}
	return excelEntry{tag: excelAsMoment, v: days*excelDayMicros + part*1000}
}

// excelMillis rounds days to milliseconds, the finest that a format can show.
func excelMillis(days float64) int64 { return int64(math.Round(days * 86400_000)) }

// excelDuration writes days as hours, minutes and seconds.
func excelDuration(days float64) string {
	sign, ms := "", int64(0)
	if math.Abs(days) < 1e9 {
		ms = excelMillis(days)
	}
	if ms < 0 {
		sign, ms = "-", -ms
	}
	text := fmt.Sprintf("%s%d:%02d:%02d", sign, ms/3600_000, ms/60_000%60, ms/1000%60)
	if ms%1000 != 0 {
		text += strings.TrimRight(fmt.Sprintf(".%03d", ms%1000), "0")
	}
	return text
}

// isoDate reads a cell of type "d" (ECMA-376 part 1, 18.18.11); what is no date stays
// text.
func (d *excelDecoding) isoDate(s string) excelEntry {
	if t, err := time.Parse(time.DateOnly, s); err == nil {
		return excelEntry{tag: excelAsDate, v: t.Unix() / 86400}
	}
	for _, layout := range []string{"2006-01-02T15:04:05", "2006-01-02T15:04:05Z", "2006-01-02T15:04"} {
		if t, err := time.Parse(layout, s); err == nil {
			return excelEntry{tag: excelAsMoment, v: t.UnixMicro()}
		}
	}
	if t, err := time.Parse("15:04:05", strings.TrimPrefix(s, "T")); err == nil {
		return excelEntry{tag: excelAsTime, v: int64(t.Hour()*3600+t.Minute()*60+t.Second()) * 1e6}
	}
	return d.text([]byte(s))
}

// rowsThat counts rows whose first texts say what is asked, and gives the first one's
// number.
func (d *excelDecoding) rowsThat(is func(string) bool) (n, first int) {
	for _, row := range d.g.rows {
		cells := d.g.of(row)
		for i := range cells[:min(2, len(cells))] {
			text := ""
			switch c := &cells[i]; {
			case c.filled:
			case c.typ == excelShared && c.str >= 0:
				text = string(d.strings.text(c.str))
			case c.typ == excelInline:
				text = string(d.g.text(c))
			}
			if text != "" && is(text) {
				if n++; n == 1 {
					first = row.num
				}
				break
			}
		}
	}
	return n, first
}

// excelIsTotal recognises what a row of totals begins with.
func excelIsTotal(text string) bool {
	if len(text) > 40 {
		return false
	}
	word := strings.ToLower(strings.Join(strings.Fields(text), ""))
	word = strings.TrimRight(word, ":：")
	switch word {
	case "合计", "总计", "小计", "共计", "累计", "本页合计", "合计数", "total", "totals", "subtotal", "grandtotal", "sum":
		return true
	}
	return false
}

// excelIsNote recognises remarks below a table.
func excelIsNote(text string) bool {
	text = strings.ToLower(strings.TrimSpace(text))
	for _, p := range []string{"注：", "注:", "备注：", "备注:", "说明：", "说明:", "数据来源", "资料来源", "note:", "notes:", "source:"} {
		if strings.HasPrefix(text, p) {
			return true
		}
	}
	return false
}
