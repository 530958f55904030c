package asset

import (
	"slices"
	"testing"
)

// The closed list that docs/formats/scan.md promises to programs.
var promised = []string{"empty", "boolean", "integer", "decimal", "float", "date", "time", "timestamp", "text", "binary"}

func TestTypes(t *testing.T) {
	for i, name := range promised {
		typ := Type(i)
		text, err := typ.MarshalText()
		if err != nil || string(text) != name || typ.String() != name {
			t.Errorf("type %d is %q, %v, want %q", i, text, err, name)
		}
		var back Type
		if err := back.UnmarshalText([]byte(name)); err != nil || back != typ {
			t.Errorf("%q is %v, %v", name, back, err)
		}
		if got, want := typ.Numeric(), slices.Contains([]string{"integer", "decimal", "float"}, name); got != want {
			t.Errorf("%s: numeric %v", name, got)
		}
		if got, want := typ.Temporal(), slices.Contains([]string{"date", "time", "timestamp"}, name); got != want {
			t.Errorf("%s: temporal %v", name, got)
		}
	}
	if len(promised) != len(typeNames) {
		t.Errorf("%d types, %d promised", len(typeNames), len(promised))
	}
	var typ Type
	for _, bad := range []string{"", "Integer", "int", "type(3)"} {
		if err := typ.UnmarshalText([]byte(bad)); err == nil {
			t.Errorf("%q was read as %v", bad, typ)
		}
	}
	if s := Type(200).String(); slices.Contains(promised, s) {
		t.Errorf("type 200 is called %q", s)
	}
}
