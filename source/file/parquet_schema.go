package file

import (
	"encoding/json"
	"errors"
	"fmt"
	"math/bits"
	"strconv"
	"strings"

	"github.com/parquet-go/parquet-go/format"

	"assay/source"
)

// How Parquet's schema becomes columns
//
// Every leaf is a column. Groups become dots, repetition becomes "[]" after the name
// of what repeats, and the technical levels that lists and maps need are left out:
//
//	optional group tags (LIST) { repeated group list { optional binary element } }  tags[]
//	optional group m (MAP) { repeated group key_value { required binary key; … } }  m[].key, m[].value
//	repeated int32 n                                                                n[]
//
// Which level of a LIST is technical follows the backward-compatibility rules of
// parquet-format's LogicalTypes.md, section Lists.
//
// A leaf has a place wherever its innermost repeated ancestor has an element: an
// element that is null, or whose fields are null, is a null place; an empty list and a
// list that is null have none.

// pqConv is how a physical value becomes one of source's kinds.
type pqConv uint8

const (
	pqInt       pqConv = iota // Int64
	pqUint32                  // Int64 from an INT32's bits
	pqUint64                  // Int64, or Text when leaf.asText
	pqBool                    // Bool
	pqFloat                   // Float64
	pqHalf                    // Float64 from two bytes
	pqDec                     // Decimal, at most 18 digits
	pqBigDec                  // Text, more digits
	pqDays                    // Date
	pqClock                   // Time
	pqInstant                 // Timestamp
	pqInt96                   // Timestamp from nanoseconds and a Julian day
	pqUUIDText                // Text
	pqDuration                // Text, ISO 8601
	pqText                    // Text
	pqBytes                   // Binary
	pqMaybeText               // Binary, or Text when leaf.asText
)

// pqMaxPrecision is that of the widest decimals anyone writes, Arrow's decimal256.
const pqMaxPrecision = 76

// pqLeaf is a leaf of a file's schema. Leaves of different parts may differ in what
// is private to a file: physical type and levels.
type pqLeaf struct {
	path     string // unique within the file
	label    string // the path as the schema has it, when path had to differ
	top      string // name of the root's child it is under, when that is the leaf itself
	declared string

	physical format.Type
	width    int // bytes of a fixed-width physical value, 0 = BYTE_ARRAY, BOOLEAN
	conv     pqConv
	scale    int
	unit     int8 // 1 ms, 2 µs, 3 ns
	zoned    bool
	asText   bool // decided at opening, see pqUint64 and pqMaybeText

	maxDef, maxRep int
	repDef         int // definition level from which there is a place
}

func (l *pqLeaf) column() source.Column {
	return source.Column{Path: l.path, Label: l.label, Declared: l.declared, Repeated: l.maxRep > 0,
		// Numbers too wide for their kind travel as text, which the type must not
		// freeze as text.
		Typed: l.conv != pqBigDec && (l.conv != pqUint64 || !l.asText)}
}

// pqWalk turns the flat schema into leaves.
type pqWalk struct {
	schema []pqElement
	next   int
	leaves []pqLeaf
}

// pqState is what a node inherits.
type pqState struct {
	path             string
	depth, def, rep  int
	repDef           int
	skipped          bool // the node's own name is technical: a list's element
	technicalRepeats bool // the node is the repeated level of a list or map
}

func pqLeaves(schema []pqElement) ([]pqLeaf, error) {
	w := pqWalk{schema: schema, next: 1}
	for n := schema[0].children; n > 0; n-- {
		if err := w.node(pqState{}); err != nil {
			return nil, err
		}
	}
	if w.next != len(schema) {
		return nil, errors.New("schema elements that belong to no group")
	}
	pqUniquePaths(w.leaves)
	return w.leaves, nil
}

func (w *pqWalk) node(s pqState) error {
	if w.next >= len(w.schema) {
		return errors.New("groups with more children than the schema has")
	}
	if s.depth++; s.depth > pqMaxDepth {
		return errors.New("schema nested too deeply")
	}
	e := &w.schema[w.next]
	w.next++
	if !s.skipped {
		if s.path != "" {
			s.path += "."
		}
		s.path += e.name
	}
	switch format.FieldRepetitionType(e.repeat) {
	case format.Optional:
		s.def++
	case format.Repeated:
		s.def++
		s.rep++
		s.repDef = s.def
		if !s.technicalRepeats {
			s.path += "[]"
		}
	}
	if e.leaf {
		return w.leaf(e, s)
	}
	return w.group(e, s)
}

func (w *pqWalk) group(e *pqElement, s pqState) error {
	technical := s.technicalRepeats
	s.skipped, s.technicalRepeats = false, false
	isList := e.logical == pqListType || e.converted == pqConvertedList
	isMap := e.logical == pqMapType || e.converted == pqConvertedMap || e.converted == pqConvertedMapKeyValue
	if (isList || isMap) && e.children == 1 && w.next < len(w.schema) &&
		w.schema[w.next].repeat == int8(format.Repeated) {
		s.path += "[]"
		s.skipped, s.technicalRepeats = true, true
		return w.node(s)
	}
	if technical && e.children == 1 && w.isElementWrapper(e) {
		s.skipped = true
	}
	for n := e.children; n > 0; n-- {
		if err := w.node(s); err != nil {
			return err
		}
	}
	return nil
}

// isElementWrapper tells whether the repeated group e of a LIST, which has one child,
// only wraps the element (rule 5 of LogicalTypes.md) or is the element (rules 3, 4).
func (w *pqWalk) isElementWrapper(e *pqElement) bool {
	parent := &w.schema[w.next-2]
	if parent.logical == pqMapType || parent.converted == pqConvertedMap {
		return false
	}
	return e.name != "array" && e.name != parent.name+"_tuple" &&
		w.next < len(w.schema) && w.schema[w.next].repeat != int8(format.Repeated)
}

// Deprecated ConvertedType, parquet.thrift.
const (
	pqConvertedUTF8        = 0
	pqConvertedMap         = 1
	pqConvertedMapKeyValue = 2
	pqConvertedList        = 3
	pqConvertedEnum        = 4
	pqConvertedDecimal     = 5
	pqConvertedDate        = 6
	pqConvertedTimeMs      = 7
	pqConvertedTimeUs      = 8
	pqConvertedStampMs     = 9
	pqConvertedStampUs     = 10
	pqConvertedUint8       = 11
	pqConvertedInt8        = 15
	pqConvertedJSON        = 19
	pqConvertedBSON        = 20
	pqConvertedInterval    = 21
)

// modernise puts a deprecated annotation into the fields of the logical type.
func (e *pqElement) modernise() {
	if e.logical != 0 {
		return
	}
	switch c := e.converted; c {
	case pqConvertedUTF8:
		e.logical = pqString
	case pqConvertedEnum:
		e.logical = pqEnum
	case pqConvertedDecimal:
		e.logical = pqDecimal
	case pqConvertedDate:
		e.logical = pqDate
	case pqConvertedTimeMs, pqConvertedTimeUs:
		e.logical, e.unit, e.utc = pqTime, c-pqConvertedTimeMs+1, true
	case pqConvertedStampMs, pqConvertedStampUs:
		e.logical, e.unit, e.utc = pqTimestamp, c-pqConvertedStampMs+1, true
	case pqConvertedJSON:
		e.logical = pqJSON
	case pqConvertedBSON:
		e.logical = pqBSON
	case pqConvertedInterval:
		e.logical = pqInterval
	default:
		if c >= pqConvertedUint8 && c < pqConvertedInt8+4 {
			e.logical, e.signed = pqInteger, c >= pqConvertedInt8
			e.bits = 8 << ((c - pqConvertedUint8) % 4)
		}
	}
}

func (w *pqWalk) leaf(e *pqElement, s pqState) error {
	e.modernise()
	l := pqLeaf{path: s.path, physical: e.physical, maxDef: s.def, maxRep: s.rep, repDef: s.repDef, unit: e.unit}
	if s.depth == 1 {
		l.top = e.name
	}
	switch e.physical {
	case format.Boolean, format.ByteArray:
	case format.Int32, format.Float:
		l.width = 4
	case format.Int64, format.Double:
		l.width = 8
	case format.Int96:
		l.width = 12
	case format.FixedLenByteArray:
		l.width = int(e.width)
		if l.width <= 0 || l.width > 1<<20 {
			return fmt.Errorf("fixed length of %d bytes", l.width)
		}
	default:
		return errors.New("unknown physical type")
	}
	l.interpret(e)
	w.leaves = append(w.leaves, l)
	return nil
}

// interpret sets the conversion and the declared type. An annotation that does not fit
// the physical type is ignored, as parquet-format asks of readers.
func (l *pqLeaf) interpret(e *pqElement) {
	p := e.physical
	isInt := p == format.Int32 || p == format.Int64
	isBytes := p == format.ByteArray || p == format.FixedLenByteArray
	switch {
	case e.logical == pqDecimal && (isInt || isBytes) && e.precision > 0 && e.scale >= 0 && e.scale <= e.precision && e.precision <= pqMaxPrecision:
		l.conv, l.scale = pqDec, int(e.scale)
		if e.precision > 18 && !isInt {
			l.conv = pqBigDec
		}
		l.declared = fmt.Sprintf("DECIMAL(%d,%d)", e.precision, e.scale)
	case e.logical == pqDate && p == format.Int32:
		l.conv, l.declared = pqDays, "DATE"
	case e.logical == pqTime && isInt && e.unit >= 1 && e.unit <= 3:
		l.conv, l.declared = pqClock, "TIME"+pqUnitName(e)
	case e.logical == pqTimestamp && p == format.Int64 && e.unit >= 1 && e.unit <= 3:
		l.conv, l.zoned, l.declared = pqInstant, e.utc, "TIMESTAMP"+pqUnitName(e)
	case e.logical == pqInteger && isInt && pqIntegerName(e) != "":
		l.declared = pqIntegerName(e)
		if !e.signed {
			l.conv = pqUint64
			if p == format.Int32 {
				l.conv = pqUint32
			}
		}
	case e.logical == pqUUIDType && l.width == 16:
		l.conv, l.declared = pqUUIDText, "UUID"
	case e.logical == pqFloat16 && l.width == 2:
		l.conv, l.declared = pqHalf, "FLOAT16"
	case e.logical == pqInterval && l.width == 12:
		l.conv, l.declared = pqDuration, "INTERVAL"
	case isBytes && pqTextName(e) != "":
		l.conv, l.declared = pqText, pqTextName(e)
	default:
		l.physicalType(e)
	}
}

func (l *pqLeaf) physicalType(e *pqElement) {
	switch e.physical {
	case format.Boolean:
		l.conv, l.declared = pqBool, "BOOLEAN"
	case format.Int32:
		l.conv, l.declared = pqInt, "INTEGER"
	case format.Int64:
		l.conv, l.declared = pqInt, "BIGINT"
	case format.Int96:
		l.conv, l.unit, l.declared = pqInt96, 3, "TIMESTAMP(INT96)"
	case format.Float:
		l.conv, l.declared = pqFloat, "FLOAT"
	case format.Double:
		l.conv, l.declared = pqFloat, "DOUBLE"
	case format.FixedLenByteArray:
		l.conv, l.declared = pqBytes, "BINARY("+strconv.Itoa(l.width)+")"
	default:
		l.conv, l.declared = pqBytes, "BINARY"
		switch {
		case e.logical == pqBSON:
			l.declared = "BSON"
		case e.logical == 0: // geometry and the like are bytes by declaration
			l.conv = pqMaybeText
		}
	}
}

func pqTextName(e *pqElement) string {
	switch e.logical {
	case pqString:
		return "VARCHAR"
	case pqEnum:
		return "ENUM"
	case pqJSON:
		return "JSON"
	}
	return ""
}

func pqUnitName(e *pqElement) string {
	name := "(" + [...]string{"", "ms", "µs", "ns"}[e.unit]
	if e.utc {
		name += ", UTC"
	}
	return name + ")"
}

func pqIntegerName(e *pqElement) string {
	if e.bits < 8 || bits.OnesCount8(uint8(e.bits)) != 1 || e.physical == format.Int32 && e.bits > 32 {
		return ""
	}
	name := map[int8]string{8: "TINYINT", 16: "SMALLINT", 32: "INTEGER", 64: "BIGINT"}[e.bits]
	if name != "" && !e.signed {
		name += " UNSIGNED"
	}
	return name
}

// pqUniquePaths gives leaves of equal or empty path a path of their own.
func pqUniquePaths(leaves []pqLeaf) {
	taken := make(map[string]bool, len(leaves))
	for i := range leaves {
		taken[leaves[i].path] = true
	}
	seen := make(map[string]bool, len(leaves))
	for i := range leaves {
		l := &leaves[i]
		if l.path != "" && !seen[l.path] {
			seen[l.path] = true
			continue
		}
		l.label = l.path
		base := l.path + "_"
		n := 2
		if l.path == "" {
			base, n = "column_", i+1
		}
		for taken[base+strconv.Itoa(n)] {
			n++
		}
		l.path = base + strconv.Itoa(n)
		taken[l.path], seen[l.path] = true, true
	}
}

// pqComments reads the comments on top-level columns that Spark keeps in its own
// schema. What is no such schema has none: it is another program's private note.
func pqComments(sparkRow string) map[string]string {
	var row struct {
		Fields []struct {
			Name     string `json:"name"`
			Metadata struct {
				Comment string `json:"comment"`
			} `json:"metadata"`
		} `json:"fields"`
	}
	if !strings.Contains(sparkRow, `"comment"`) || json.Unmarshal([]byte(sparkRow), &row) != nil {
		return nil
	}
	found := map[string]string{}
	for _, f := range row.Fields {
		if f.Metadata.Comment != "" {
			found[f.Name] = f.Metadata.Comment
		}
	}
	return found
}
