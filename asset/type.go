package asset

import "fmt"

// Type is what the values of a column are. The list is closed: programs that read
// the scan document may rely on it (docs/formats/scan.md).
type Type uint8

// The types, from nothing known to most structure.
const (
	TypeEmpty     Type = iota // no value that is not null
	TypeBoolean               // true or false
	TypeInteger               // whole numbers
	TypeDecimal               // exact decimals
	TypeFloat                 // binary floating point, or decimals written with an exponent
	TypeDate                  // civil date
	TypeTime                  // time of day
	TypeTimestamp             // instant, or date and time without a zone
	TypeText                  // anything else that is text
	TypeBinary                // bytes that are not text
)

var typeNames = [...]string{"empty", "boolean", "integer", "decimal", "float",
	"date", "time", "timestamp", "text", "binary"}

func (t Type) String() string {
	if int(t) < len(typeNames) {
		return typeNames[t]
	}
	return fmt.Sprintf("type(%d)", uint8(t))
}

// Numeric reports whether arithmetic on t makes sense.
func (t Type) Numeric() bool { return t == TypeInteger || t == TypeDecimal || t == TypeFloat }

// Temporal reports whether t is a point in time.
func (t Type) Temporal() bool { return t == TypeDate || t == TypeTime || t == TypeTimestamp }

// MarshalText writes the name.
func (t Type) MarshalText() ([]byte, error) { return []byte(t.String()), nil }

// UnmarshalText reads a name of the closed list.
func (t *Type) UnmarshalText(b []byte) error {
	for i, n := range typeNames {
		if n == string(b) {
			*t = Type(i)
			return nil
		}
	}
	return fmt.Errorf("unknown type %q", b)
}
