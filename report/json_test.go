package report

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"assay/asset"
	"assay/profile"
)

func schema(t *testing.T) map[string]any {
	t.Helper()
	b, err := os.ReadFile("../docs/formats/scan.schema.json")
	if err != nil {
		t.Fatal(err)
	}
	var s map[string]any
	if err := json.Unmarshal(b, &s); err != nil {
		t.Fatal(err)
	}
	return s
}

// validator checks a value against the part of JSON Schema 2020-12 that our schema
// uses; a keyword it does not know is an error, so that none is passed over.
type validator struct {
	defs map[string]any
	errs []string
}

func (v *validator) fail(at, format string, args ...any) {
	v.errs = append(v.errs, at+": "+fmt.Sprintf(format, args...))
}

func (v *validator) check(at string, s map[string]any, x any) {
	for key, want := range s {
		switch key {
		case "$schema", "$id", "$defs", "title", "description":
		case "$ref":
			v.check(at, v.defs[strings.TrimPrefix(want.(string), "#/$defs/")].(map[string]any), x)
		case "type":
			if !isType(want.(string), x) {
				v.fail(at, "%T where %v is wanted", x, want)
			}
		case "const":
			if x != want {
				v.fail(at, "%v where %v is wanted", x, want)
			}
		case "enum":
			if !slices.Contains(want.([]any), x) {
				v.fail(at, "%v is not in %v", x, want)
			}
		case "minimum", "maximum", "exclusiveMinimum":
			n, _ := x.(float64)
			w := want.(float64)
			if key == "minimum" && n < w || key == "maximum" && n > w || key == "exclusiveMinimum" && n <= w {
				v.fail(at, "%v against %s %v", x, key, w)
			}
		case "pattern":
			if !regexp.MustCompile(want.(string)).MatchString(x.(string)) {
				v.fail(at, "%q does not match %s", x, want)
			}
		case "format":
			if _, err := time.Parse(time.RFC3339Nano, x.(string)); want != "date-time" || err != nil {
				v.fail(at, "%q is no %s", x, want)
			}
		case "items":
			all, _ := x.([]any)
			for i, item := range all {
				v.check(fmt.Sprintf("%s[%d]", at, i), want.(map[string]any), item)
			}
		case "required":
			o, _ := x.(map[string]any)
			for _, k := range want.([]any) {
				if _, ok := o[k.(string)]; !ok {
					v.fail(at, "no %v", k)
				}
			}
		case "propertyNames":
			for k := range x.(map[string]any) {
				v.check(at+"."+k, want.(map[string]any), k)
			}
		case "properties", "additionalProperties":
			v.object(at, s, x)
		default:
			v.fail(at, "the schema has %q, which this test does not know", key)
		}
	}
}

func (v *validator) object(at string, s map[string]any, x any) {
	o, _ := x.(map[string]any)
	props, _ := s["properties"].(map[string]any)
	for k, item := range o {
		if p, ok := props[k]; ok {
			v.check(at+"."+k, p.(map[string]any), item)
			continue
		}
		switch rest := s["additionalProperties"].(type) {
		case bool:
			if !rest {
				v.fail(at, "%q is not in the schema", k)
			}
		case map[string]any:
			v.check(at+"."+k, rest, item)
		}
	}
}

func isType(want string, x any) bool {
	switch want {
	case "object":
		_, ok := x.(map[string]any)
		return ok
	case "array":
		_, ok := x.([]any)
		return ok
	case "string":
		_, ok := x.(string)
		return ok
	case "boolean":
		_, ok := x.(bool)
		return ok
	case "number":
		_, ok := x.(float64)
		return ok
	case "integer":
		f, ok := x.(float64)
		return ok && f == math.Trunc(f)
	}
	return false
}

func written(t *testing.T, d Document) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := WriteJSON(&b, d); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func validate(t *testing.T, raw []byte) []string {
	t.Helper()
	var x any
	if err := json.Unmarshal(raw, &x); err != nil {
		t.Fatal(err)
	}
	s := schema(t)
	v := &validator{defs: s["$defs"].(map[string]any)}
	v.check("$", s, x)
	return v.errs
}

func TestJSONFitsItsSchema(t *testing.T) {
	for name, d := range map[string]Document{"fixtures": document(t), "empty": {}, "bare": {Entries: []Entry{{}}}} {
		for _, e := range validate(t, written(t, d)) {
			t.Errorf("%s: %s", name, e)
		}
	}
}

// The schema must refuse what is wrong, or the test above shows nothing.
func TestSchemaRefuses(t *testing.T) {
	good := string(written(t, document(t)))
	for _, c := range [][2]string{
		{`"version": 1`, `"version": 2`}, {`"type": "decimal"`, `"type": "money"`}, {`"nulls": 0`, `"nulls": -1`},
		{`"nulls": 0`, `"nulls": "0"`}, {`"partial": false`, `"parts": false`}, {`"extent": "whole"`, `"extent": "most"`},
		{`"fingerprint": "1:`, `"fingerprint": "`}, {`"0.5":`, `"p50":`},
	} {
		bad := strings.Replace(good, c[0], c[1], 1)
		if bad == good {
			t.Fatalf("the document has no %s", c[0])
		}
		if len(validate(t, []byte(bad))) == 0 {
			t.Errorf("%s instead of %s passes", c[1], c[0])
		}
	}
}

// Every key of the schema is explained in scan.md, and nothing else is.
func TestSchemaAndPageAgree(t *testing.T) {
	page, err := os.ReadFile("../docs/formats/scan.md")
	if err != nil {
		t.Fatal(err)
	}
	told := map[string]bool{}
	for _, m := range regexp.MustCompile("(?m)^\\| `([a-z_0-9]+)`").FindAllSubmatch(page, -1) {
		told[string(m[1])] = true
	}
	keys := map[string]bool{}
	var walk func(any)
	walk = func(x any) {
		o, ok := x.(map[string]any)
		if !ok {
			return
		}
		for k, v := range o {
			if props, ok := v.(map[string]any); ok && k == "properties" {
				for name := range props {
					keys[name] = true
				}
			}
			walk(v)
		}
	}
	walk(map[string]any(schema(t)))
	for k := range keys {
		if !told[k] {
			t.Errorf("scan.md does not explain %s", k)
		}
	}
	for k := range told {
		if !keys[k] {
			t.Errorf("scan.md explains %s, which the schema does not have", k)
		}
	}
}

func TestJSONIsDeterministic(t *testing.T) {
	first := written(t, document(t))
	for range 5 {
		if !bytes.Equal(first, written(t, document(t))) {
			t.Fatal("the same document gave other bytes")
		}
	}
}

func TestJSONKeepsMarkupAndLeavesOutWhatIsAbsent(t *testing.T) {
	d := Document{Entries: []Entry{{Dataset: asset.Dataset{Name: "a<b>&c"}, Facts: profile.Facts{Columns: []profile.ColumnFacts{{
		Path: "x", Min: asset.Masked("9{4}"),
		Number:    &profile.NumberFacts{Mean: math.NaN(), StdDev: math.Inf(1)},
		Histogram: &profile.Histogram{Edges: []float64{0, math.Inf(1)}, Counts: []int64{1}},
	}}}}}}
	got := string(written(t, d))
	for _, want := range []string{`"name": "a<b>&c"`, `"min": "9{4}",`, `"min_masked": true`} {
		if !strings.Contains(got, want) {
			t.Errorf("no %s in\n%s", want, got)
		}
	}
	for _, none := range []string{"null,", `"max"`, `"mean"`, `"stddev"`, `"histogram"`, `"quantiles"`, "NaN", `"id"`} {
		if strings.Contains(got, none) {
			t.Errorf("%s is there in\n%s", none, got)
		}
	}
}
