package charset

import (
	"bytes"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/iotest"

	"golang.org/x/text/transform"

	"assay/internal/must"
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

// prose has no commas, no line ends, hardly any ASCII: what counting zeros cannot tell.
// The Dream of the Red Chamber, chapter 1; I Am a Cat; the constitution of the Republic
// of Korea; the others were written for this test.
var prose = map[string]string{
	"zh-CN": "此开卷第一回也。作者自云：因曾历过一番梦幻之后，故将真事隐去，而借通灵之说，撰此石头记一书也。故曰甄士隐云云。但书中所记何事何人？自又云：今风尘碌碌，一事无成，忽念及当日所有之女子，一一细考较去，觉其行止见识皆出于我之上。何我堂堂须眉，诚不若彼裙钗哉？",
	"zh-TW": "據介紹，本次論壇以綠色低碳、智慧能源為主題，來自國內外的兩百餘位專家學者圍繞儲熱材料、相變儲能、餘熱回收等議題展開交流。天氣預報說，明天夜間到後天白天，本市多雲轉陰，局部地區有小雨，請市民注意添減衣物。",
	"ja":    "吾輩は猫である。名前はまだ無い。どこで生れたかとんと見当がつかぬ。何でも薄暗いじめじめした所でニャーニャー泣いていた事だけは記憶している。吾輩はここで始めて人間というものを見た。しかもあとで聞くとそれは書生という人間中で一番獰悪な種族であったそうだ。",
	"ko":    "모든 국민은 인간으로서의 존엄과 가치를 가지며, 행복을 추구할 권리를 가진다. 국가는 개인이 가지는 불가침의 기본적 인권을 확인하고 이를 보장할 의무를 진다. 모든 국민은 법 앞에 평등하다.",
	"fr":    "L'été dernier, à Besançon, nous avons dîné près de la forêt où naît la rivière ; ça et là, des élèves naïfs jouaient. ",
}

// registers are columns of names and goods: other characters than prose has.
var registers = map[string]string{
	"zh-CN": "客户,商品\n欧阳娜,蓝牙耳机\n司徒静,机械键盘\n慕容雪,保温杯\n诸葛瑾,牛肉干\n钱学森,洗衣液\n孙悟空,羽绒服\n赵秀英,茉莉花茶\n",
	"zh-TW": "客戶,商品\n歐陽娜,藍牙耳機\n司徒靜,機械鍵盤\n慕容雪,保溫杯\n諸葛瑾,牛肉乾\n錢學森,洗衣液\n孫悟空,羽絨服\n趙秀英,茉莉花茶\n",
	"ja":    "都道府県,市区町村\n北海道,札幌市\n青森県,八戸市\n岩手県,盛岡市\n宮城県,仙台市\n秋田県,横手市\n山形県,鶴岡市\n福島県,郡山市\n",
	"ko":    "고객,상품\n김철수,냉장고\n이영희,세탁기\n박지성,전자레인지\n최민식,청소기\n정우성,밥솥\n강호동,선풍기\n",
	"fr":    "nom;prénom;ville\nLefèvre;André;Orléans\nMüller;Jürgen;Düsseldorf\nPeña;José;Málaga\n",
}

func TestDetectProseAndRegisters(t *testing.T) {
	wide := []string{"utf-8", "utf-16le", "utf-16be", "utf-32le", "utf-32be"}
	of := map[string][]string{"zh-CN": {"gb18030"}, "zh-TW": {"big5", "gb18030"}, "ja": {"shift_jis", "euc-jp"}, "ko": {"euc-kr"}, "fr": {"windows-1252"}}
	n := 0
	for lang, own := range of {
		for _, text := range []string{prose[lang], registers[lang]} {
			text = strings.Repeat(text, 1+1200/len(text)) // 1 kB and more
			for _, name := range append(own, wide...) {
				raw := []byte(text)
				if e, _, err := Lookup(name); err != nil {
					t.Fatal(err)
				} else if e != nil {
					if raw, err = e.NewEncoder().Bytes(raw); err != nil {
						t.Fatal(lang, name, err)
					}
				}
				n++
				if got := Detect(raw); got.Name != name {
					t.Errorf("%s in %s, %d bytes: %+v", lang, name, len(raw), got)
				}
			}
		}
	}
	if n < 60 {
		t.Errorf("only %d texts", n)
	}
}

// Text that begins with a MiB of ASCII shows its encoding late.
func TestLateReader(t *testing.T) {
	ascii := strings.Repeat("id,name\n1,abc\n", 1000)
	for lang, name := range map[string]string{"zh-CN": "gb18030", "zh-TW": "big5", "ja": "shift_jis", "ko": "euc-kr", "fr": "windows-1252"} {
		for _, name := range []string{name, UTF8} {
			for _, wrap := range []func(io.Reader) io.Reader{iotest.OneByteReader, iotest.HalfReader, iotest.DataErrReader} {
				text := strings.Repeat(registers[lang], 300)
				raw := []byte(text)
				if e, _, _ := Lookup(name); e != nil {
					var err error
					if raw, err = e.NewEncoder().Bytes(raw); err != nil {
						t.Fatal(err)
					}
				}
				told := 0
				r := NewLateReader(wrap(io.MultiReader(strings.NewReader(ascii), bytes.NewReader(raw))), func(g Guess, rest io.Reader) io.Reader {
					told++
					if g.Name != name {
						t.Errorf("%s in %s: told %+v", lang, name, g)
					}
					return rest
				})
				var got strings.Builder
				// A buffer that is used again and again, and overwritten between.
				var err error
				for buf := make([]byte, 500); err == nil; clear(buf) {
					var n int
					n, err = r.Read(buf)
					got.Write(buf[:n])
				}
				if err != io.EOF || got.String() != ascii+text || told != 1 {
					t.Errorf("%s in %s: %d bytes of %d, told %d times, %v", lang, name, got.Len(), len(ascii)+len(text), told, err)
				}
			}
		}
	}
	// Bytes that end the text, and an error in the middle.
	r := NewLateReader(io.MultiReader(strings.NewReader("a,\xe9t\xe9 \xe0 "), iotest.ErrReader(io.ErrClosedPipe)), func(_ Guess, rest io.Reader) io.Reader { return rest })
	if got, err := io.ReadAll(r); err != io.ErrClosedPipe || string(got) != "a,été à " {
		t.Errorf("%q, %v", got, err)
	}
}

func TestReplacedCounts(t *testing.T) {
	e, _, err := Lookup("gb18030")
	if err != nil {
		t.Fatal(err)
	}
	good, err := e.NewEncoder().String("中文")
	if err != nil {
		t.Fatal(err)
	}
	raw := good[:2] + "\xff" + good[2:] + "\xffx\xff"
	for _, wrap := range []func(io.Reader) io.Reader{iotest.OneByteReader, iotest.HalfReader, func(r io.Reader) io.Reader { return r }} {
		c := &Replaced{R: wrap(transform.NewReader(strings.NewReader(raw), e.NewDecoder()))}
		got, err := io.ReadAll(c)
		if err != nil || c.Count != 3 {
			t.Errorf("%q: %d replaced, want 3 (%v)", got, c.Count, err)
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
	root := must.Have(t, "ASSAY_TESTDATA")
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
