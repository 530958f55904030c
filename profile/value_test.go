package profile

import (
	"fmt"
	"math/rand/v2"
	"strconv"
	"testing"
	"time"

	"assay/asset"
)

var testHasher = newHasher([32]byte{1, 2, 3})

func look(b []byte) (v value) {
	testHasher.look(b, testHasher.text(b), &v)
	return v
}

// What a value is on its own; the expected column was written by hand.
func TestLook(t *testing.T) {
	for _, c := range []struct {
		text string
		kind asset.Type
		want string // canonical text, "" = the text itself
	}{
		{"0", asset.TypeInteger, "0"}, {"-7", asset.TypeInteger, "-7"}, {"+7", asset.TypeInteger, "7"},
		{"999999999999999999", asset.TypeInteger, "999999999999999999"},
		{"1000000000000000000", asset.TypeText, ""}, // 19 digits: a code
		{"007", asset.TypeText, ""}, {"0.50", asset.TypeDecimal, "0.50"}, {"-0.5", asset.TypeDecimal, "-0.5"},
		{".5", asset.TypeDecimal, "0.5"}, {"12.", asset.TypeDecimal, "12"}, {"1e3", asset.TypeFloat, "1000"}, {"1.5E-3", asset.TypeFloat, "0.0015"},
		{"1e", asset.TypeText, ""}, {"1.2.3", asset.TypeText, ""}, {"-", asset.TypeText, ""}, {"--1", asset.TypeText, ""}, {"1-2", asset.TypeText, ""},
		{"3.14159265358979323846", asset.TypeFloat, "3.141592653589793"},
		{"1,234.50", asset.TypeDecimal, "1234.50"}, {"1,234,567", asset.TypeInteger, "1234567"}, {"12,5", asset.TypeDecimal, "12.5"},
		{"1,23,456", asset.TypeText, ""}, {"１３８", asset.TypeInteger, "138"}, {"１２．５", asset.TypeDecimal, "12.5"}, {" 42 ", asset.TypeInteger, "42"},
		{"true", asset.TypeBoolean, "true"}, {"FALSE", asset.TypeBoolean, "false"}, {"yes", asset.TypeText, ""},
		{"2024-06-24", asset.TypeDate, "2024-06-24"}, {"2024/6/24", asset.TypeDate, "2024-06-24"}, {"2024.06.24", asset.TypeDate, "2024-06-24"},
		{"2024年6月24日", asset.TypeDate, "2024-06-24"}, {"24.6.2024", asset.TypeDate, "2024-06-24"}, {"24/06/2024", asset.TypeDate, "2024-06-24"},
		{"06/24/2024", asset.TypeDate, "2024-06-24"}, {"2024-02-30", asset.TypeText, ""}, {"2023-02-29", asset.TypeText, ""}, {"2024-02-29", asset.TypeDate, "2024-02-29"},
		{"2024-13-01", asset.TypeText, ""}, {"2024-06-24 08:09:10", asset.TypeTimestamp, "2024-06-24T08:09:10"},
		{"2024-06-24T08:09:10Z", asset.TypeTimestamp, "2024-06-24T08:09:10Z"}, {"2024-06-24T08:09:10+08:00", asset.TypeTimestamp, "2024-06-24T00:09:10Z"},
		{"2024-06-24 08:09:10.123456", asset.TypeTimestamp, "2024-06-24T08:09:10.123456"}, {"2024-06-24 24:00:00", asset.TypeTimestamp, "2024-06-25T00:00:00"},
		{"2024-06-24 25:00:00", asset.TypeText, ""}, {"2024年6月24日 8时30分", asset.TypeText, ""}, {"2024年6月24日8时30分", asset.TypeTimestamp, "2024-06-24T08:30:00"},
		{"2022/01/27 11:04:57 PM", asset.TypeTimestamp, "2022-01-27T23:04:57"}, {"08:30", asset.TypeTime, "08:30:00"}, {"8:30 PM", asset.TypeTime, "20:30:00"},
		{"23:59:59.5", asset.TypeTime, "23:59:59.5"}, {"Jun 24, 2024", asset.TypeDate, "2024-06-24"}, {"Mon, 24 Jun 2024 08:00:00 GMT", asset.TypeTimestamp, "2024-06-24T08:00:00"},
		{"20240624T080910Z", asset.TypeTimestamp, "2024-06-24T08:09:10Z"}, {"0", asset.TypeInteger, "0"}, {"", asset.TypeEmpty, ""}, {"  \t", asset.TypeEmpty, ""},
		{"长春", asset.TypeText, ""}, {"192.168.1.1", asset.TypeText, ""}, {"13812345678", asset.TypeInteger, "13812345678"},
		{"22010419900307123X", asset.TypeText, ""}, {"\xff\xfe", asset.TypeText, ""},
	} {
		v := look([]byte(c.text))
		if v.kind != c.kind {
			t.Errorf("look(%q) is %v, want %v", c.text, v.kind, c.kind)
			continue
		}
		if got := v.canonical(c.text); c.want != "" && got != c.want {
			t.Errorf("look(%q) reads %q, want %q", c.text, got, c.want)
		}
	}
}

// Text in canonical form hashes like the typed value; other text does not.
func TestHashesAgreeAcrossFormats(t *testing.T) {
	h := testHasher
	for i := range 2000 {
		x := int64(i*i*i) - 40_000
		if look([]byte(strconv.FormatInt(x, 10))).hash != h.integer(x) {
			t.Fatalf("%d as text and as integer differ", x)
		}
		if look([]byte(decimalText(x, 2))).hash != h.decimal(x, 2) {
			t.Fatalf("%s as text and as decimal differ", decimalText(x, 2))
		}
		if look([]byte(dateText(x))).hash != h.typed(saltDate, x) && x > -700_000 && len(dateText(x)) == 10 {
			t.Fatalf("%s as text and as date differ", dateText(x))
		}
	}
	if look([]byte("+5")).hash == h.integer(5) || look([]byte("5.0")).hash == h.integer(5) || look([]byte("2024/06/24")).hash == look([]byte("2024-06-24")).hash {
		t.Error("differently written values must stay distinct")
	}
}

// The calendar against the standard library's, every day of 800 years.
func TestCivilAgainstTime(t *testing.T) {
	for d := time.Date(1600, 1, 1, 0, 0, 0, 0, time.UTC); d.Year() < 2400; d = d.AddDate(0, 0, 1) {
		days, ok := civil(d.Year(), int(d.Month()), d.Day())
		if !ok || days != d.Unix()/86400 && d.Unix() >= 0 || days*86400 != d.Unix() {
			t.Fatalf("civil(%s) = %d", d.Format(time.DateOnly), days)
		}
	}
}

// Timestamps against time.Parse, at random.
func TestTimestampsAgainstTimeParse(t *testing.T) {
	rng := rand.New(rand.NewPCG(2, 3))
	for _, layout := range []string{"2006-01-02 15:04:05", "2006-01-02T15:04:05Z07:00", "2006/01/02 15:04:05", "2006-01-02T15:04:05.000000", "02/01/2006 15:04:05"} {
		for range 300 {
			at := time.Unix(rng.Int64N(4e9), rng.Int64N(1e6)*1000).UTC()
			if layout == "02/01/2006 15:04:05" && at.Day() <= 12 {
				continue // ambiguous
			}
			if layout == "2006-01-02T15:04:05Z07:00" {
				at = at.In(time.FixedZone("", (rng.IntN(24)-12)*1800))
			}
			s := at.Format(layout)
			want, err := time.Parse(layout, s)
			if err != nil {
				t.Fatal(err)
			}
			if v := look([]byte(s)); v.kind != asset.TypeTimestamp || v.i != want.UnixMicro() {
				t.Fatalf("%q: %v %d, want %d", s, v.kind, v.i, want.UnixMicro())
			}
		}
	}
}

// Decimals against big arithmetic in strconv: the value must be the nearest double.
func TestNumbersAgainstParseFloat(t *testing.T) {
	rng := rand.New(rand.NewPCG(5, 3))
	for range 20_000 {
		s := fmt.Sprintf("%.*f", rng.IntN(6), (rng.Float64()-0.5)*1e6)
		v := look([]byte(s))
		want, _ := strconv.ParseFloat(s, 64)
		if !v.kind.Numeric() || v.f != want {
			t.Fatalf("%q reads %v, want %v", s, v.f, want)
		}
	}
}

func TestShapes(t *testing.T) {
	for text, want := range map[string]string{
		"138-1234-5678": "9{3}-9{4}-9{4}", "张三丰": "汉{3}", "AB12": "A{2}9{2}", "91220101MA1XY2ZU3K": "X{18}",
		"a@b.cn": "a@a.a{2}", "the quick brown fox jumps": "…", "长春市朝阳区": "汉{6}", "": "…",
	} {
		runs, _ := shapeOf([]byte(text), nil)
		if got := shapeString(runs); got != want {
			t.Errorf("shape of %q is %q, want %q", text, got, want)
		}
	}
}

func FuzzLook(f *testing.F) {
	for _, s := range []string{"1,234.5", "2024年6月24日8时30分", "１３８", "08:30 PM", "1e308", "-0", "2024-06-24T08:09:10.5+08:00"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		v := look(b)
		v2 := look(b)
		if v != v2 {
			t.Fatal("not deterministic")
		}
		_ = v.canonical(string(b))
		runs, _ := shapeOf(b, nil)
		_ = shapeString(runs)
		// A canonical integer or date reads back as itself.
		if v.kind == asset.TypeInteger || v.kind == asset.TypeDate {
			if w := look([]byte(v.canonical(""))); w.kind != v.kind || w.i != v.i {
				t.Fatalf("%q → %q → %v %d", b, v.canonical(""), w.kind, w.i)
			}
		}
	})
}
