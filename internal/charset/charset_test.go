package charset

import (
	"bytes"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/iotest"
)

var texts = map[string]string{
	"zh-CN": "编号,名称,地址,日期\n1,长春光电科技有限公司,吉林省长春市高新区光谷大街一百号,2024年6月24日\n2,北湖机器人产业园,长春市北湖科技开发区,2023年1月5日\n",
	"zh-TW": "編號,名稱,地址,日期\n1,台北光電科技股份有限公司,臺北市信義區忠孝東路一百號,2024年6月24日\n2,新竹機器人產業園區,新竹市東區光復路,2023年1月5日\n",
	"ja":    "番号,名称,住所,日付\n1,東京ひかり電子株式会社,東京都千代田区丸の内一丁目,2024年6月24日\n2,おおさかロボット工業,大阪府大阪市北区梅田,2023年1月5日\n",
	"ko":    "번호,이름,주소,날짜\n1,서울전자주식회사,서울시 강남구 테헤란로 일번지,2024년6월24일\n2,부산로봇공업,부산시 해운대구 우동,2023년1월5일\n",
	"fr":    "numéro,nom,adresse\n1,Société générale d'électricité,12 rue de l'Été à Besançon\n2,Café de la Gare,Orléans\n",
}

func TestDetectEveryEncoding(t *testing.T) {
	for _, c := range []struct{ text, encoding string }{
		{"zh-CN", "gb18030"}, {"zh-CN", "utf-16le"}, {"zh-CN", "utf-16be"}, {"zh-CN", "utf-32le"}, {"zh-CN", "utf-32be"}, {"zh-CN", "utf-8"},
		{"zh-TW", "big5"}, {"zh-TW", "gb18030"}, {"zh-TW", "utf-8"}, {"zh-TW", "utf-16le"},
		{"ja", "shift_jis"}, {"ja", "euc-jp"}, {"ja", "utf-8"}, {"ja", "utf-16be"},
		{"ko", "euc-kr"}, {"ko", "utf-8"}, {"ko", "utf-16le"}, {"fr", "windows-1252"}, {"fr", "utf-8"}, {"fr", "utf-16le"},
	} {
		text := strings.Repeat(texts[c.text], 8)
		e, name, err := Lookup(c.encoding)
		if err != nil {
			t.Fatal(err)
		}
		raw := []byte(text)
		if e != nil {
			if raw, err = e.NewEncoder().Bytes(raw); err != nil {
				t.Fatalf("%s in %s: %v", c.text, c.encoding, err)
			}
		}
		for _, size := range []int{len(raw), len(raw) - 1, len(raw) - 3} {
			if got := Detect(raw[:size]); got.Name != name {
				t.Errorf("%s in %s (%d bytes): detected %+v", c.text, c.encoding, size, got)
			}
		}
		r, err := NewReader(iotest.OneByteReader(bytes.NewReader(raw)), Detect(raw).Name)
		if err != nil {
			t.Fatal(err)
		}
		back, err := io.ReadAll(r)
		if err != nil || string(back) != text {
			t.Errorf("%s in %s does not read back: %v", c.text, c.encoding, err)
		}
	}
}

func TestMarksAreTakenOff(t *testing.T) {
	for _, m := range marks {
		if m.name == "gb18030" {
			continue
		}
		e, _, err := Lookup(m.name)
		if err != nil {
			t.Fatal(err)
		}
		raw := []byte("a,长\n1,春\n")
		if e != nil {
			if raw, err = e.NewEncoder().Bytes(raw); err != nil {
				t.Fatal(err)
			}
		}
		raw = append([]byte(m.bytes), raw...)
		if g := Detect(raw); g.Name != m.name || g.Evidence != "encoding.bom" {
			t.Errorf("%s with a mark: %+v", m.name, g)
		}
		r, err := NewReader(bytes.NewReader(raw), m.name)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := io.ReadAll(r); err != nil || string(got) != "a,长\n1,春\n" {
			t.Errorf("%s with a mark reads %q, %v", m.name, got, err)
		}
	}
}

// Real files of shared data, each a copy of a UTF-8 original.
func TestRealCopies(t *testing.T) {
	root := os.Getenv("ASSAY_TESTDATA")
	if root == "" {
		t.Skip("ASSAY_TESTDATA is not set: real files in other encodings are not checked")
	}
	files, err := filepath.Glob(filepath.Join(root, "divisions/encodings/*.csv"))
	if err != nil || len(files) == 0 {
		t.Fatal("no files", err)
	}
	for _, f := range files {
		raw, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		want := UTF8
		switch {
		case strings.Contains(f, "gb18030"):
			want = "gb18030"
		case strings.Contains(f, "utf16le"):
			want = "utf-16le"
		}
		if got := Detect(raw[:min(len(raw), 1<<16)]); got.Name != want {
			t.Errorf("%s: %+v, want %s", filepath.Base(f), got, want)
		}
	}
}

func FuzzDetect(f *testing.F) {
	f.Add([]byte("a,b\n\xd6\xd0\xce\xc4"))
	f.Add([]byte{0xff, 0xfe, 0, 0, 1})
	f.Fuzz(func(t *testing.T, b []byte) {
		g := Detect(b)
		r, err := NewReader(bytes.NewReader(b), g.Name)
		if err != nil {
			t.Fatalf("%+v cannot be read: %v", g, err)
		}
		if _, err := io.ReadAll(r); err != nil {
			t.Fatal(err)
		}
	})
}
