package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"time"
)

// permit is a licence as permits.ndjson.gz has it.
type permit struct {
	Licence     string       `json:"licence_no"`
	Type        string       `json:"type"`
	Enterprise  permitHolder `json:"enterprise"`
	Issued      string       `json:"issued"`
	Expires     *string      `json:"expires"`
	Authority   string       `json:"authority"`
	Fee         any          `json:"fee"`
	Items       []permitItem `json:"items"`
	Tags        []string     `json:"tags,omitempty"`
	Inspections []inspection `json:"inspections,omitempty"`
}

type permitHolder struct {
	USCC    string `json:"uscc"`
	Name    string `json:"name"`
	Contact *struct {
		Name  string `json:"name"`
		Phone string `json:"phone"`
	} `json:"contact,omitempty"`
}

type permitItem struct {
	Code  string  `json:"code"`
	Name  string  `json:"name"`
	Qty   float64 `json:"qty"`
	Unit  string  `json:"unit"`
	Limit any     `json:"limit,omitempty"`
}

type inspection struct {
	On     string `json:"on"`
	Result string `json:"result"`
}

var permitKinds = []struct {
	name, letter, authority string
	years                   int
	items                   []permitItem
}{
	{"药品生产许可", "吉药", "演示药品监督管理局", 5, []permitItem{{"DP-01", "冻干粉针剂", 2, "条生产线", nil}, {"DP-02", "小容量注射剂", 1, "条生产线", nil}, {"DP-07", "片剂", 3, "条生产线", nil}}},
	{"医疗器械经营许可", "吉械", "演示药品监督管理局", 5, []permitItem{{"MD-06", "6801 基础外科手术器械", 1, "类", nil}, {"MD-22", "6822 医用光学器具", 1, "类", nil}}},
	{"排污许可", "排", "演示生态环境局", 5, []permitItem{{"EM-COD", "化学需氧量", 12.5, "t/a", 20.0}, {"EM-NH3", "氨氮", 1.2, "t/a", 2.0}, {"EM-VOC", "挥发性有机物", 3.75, "t/a", 5.0}}},
	{"食品经营许可", "食", "演示市场监督管理局", 5, []permitItem{{"FD-1", "热食类食品制售", 1, "项", nil}, {"FD-3", "冷食类食品制售", 1, "项", nil}}},
	{"无线电频率使用许可", "频", "演示无线电管理委员会", 3, []permitItem{{"RF-X", "X 频段下行 8025-8400 MHz", 375, "MHz", nil}, {"RF-S", "S 频段测控 2025-2110 MHz", 85, "MHz", nil}}},
	{"供热经营许可", "热", "演示住房和城乡建设局", 5, []permitItem{{"HT-1", "供热面积", 86.4, "万㎡", nil}}},
}

// permits makes permits.ndjson.gz. Its truth lists the scalar paths that every record has
// and the paths of the items.
func permits(r *rand.Rand, all []*enterprise, register *table) (*table, []byte, error) {
	const file = "registers/permits.ndjson.gz"
	t := newTable(file, file, col("licence_no", text), col("type", text), col("enterprise.uscc", text), col("enterprise.name", text),
		col("issued", date), col("expires", date), col("authority", text), col("fee", mixed))
	p := t.first()
	var made []*permit
	for i := range 900 {
		x := newPermit(r, i, pick(r, all))
		made = append(made, x)
	}
	for i, x := range made {
		rec := p.add(x.Licence, x.Type, x.Enterprise.USCC, x.Enterprise.Name, x.Issued, nil, x.Authority, fmt.Sprint(x.Fee))
		if x.Expires != nil {
			rec.cells[5] = toCell(*x.Expires)
		}
		rec.more = made[i]
	}
	t.plantPermits(r)
	t.markOrphans("enterprise.uscc", register, "统一社会信用代码")
	var b bytes.Buffer
	for i, rec := range p.records {
		rec.line = i + 1
		if rec.raw != "" {
			b.WriteString(rec.raw + "\n")
			continue
		}
		line, err := json.Marshal(rec.more)
		if err != nil {
			panic(err) // the type marshals whatever it holds
		}
		b.Write(line)
		b.WriteByte('\n')
	}
	data, err := inGzip(b.Bytes())
	return t, data, err
}

func newPermit(r *rand.Rand, i int, e *enterprise) *permit {
	k := permitKinds[weighted(r, []float64{1, 3, 4, 8, 0.7, 0.3})]
	day := workday(r, time.Date(2019, 1, 1, 0, 0, 0, 0, time.UTC).AddDate(0, 0, r.IntN(1995)))
	x := &permit{Licence: fmt.Sprintf("%s%d%05d", k.letter, day.Year(), 10000+i), Type: k.name, Authority: k.authority, Issued: day.Format("2006-01-02"),
		Enterprise: permitHolder{USCC: e.uscc, Name: e.name}, Fee: 50 * r.IntN(40)}
	if r.IntN(9) > 0 {
		end := day.AddDate(k.years, 0, -1).Format("2006-01-02")
		x.Expires = &end
	}
	if r.IntN(3) == 0 {
		x.Enterprise.Contact = &struct {
			Name  string `json:"name"`
			Phone string `json:"phone"`
		}{e.rep.name, e.rep.mobile}
	}
	x.Items = append(x.Items, k.items[:1+r.IntN(len(k.items))]...)
	for range r.IntN(3) {
		x.Inspections = append(x.Inspections, inspection{day.AddDate(0, 0, 60+r.IntN(700)).Format("2006-01-02"), pick(r, words("合格 合格 合格 责令整改"))})
	}
	if r.IntN(2) == 0 {
		x.Tags = append(x.Tags, e.industry.cluster, pick(r, words("重点监管 告知承诺 一网通办")))
	}
	return x
}

func (t *table) plantPermits(r *rand.Rand) {
	p := t.first()
	rows := chooser(r, p.records)
	asText := t.flaw("numbers_as_text", "fee", "a string where the others have a number")
	for i, rec := range rows(15) {
		fee := fmt.Sprintf("1,%03d.00", 50*i)
		rec.more.(*permit).Fee = fee
		rec.cells[t.at("fee")] = toCell(fee)
		asText.on(rec)
	}
	order := t.flaw("order_violation", "expires", "before issued")
	for _, rec := range rows(5) {
		end := "2018-12-31"
		rec.more.(*permit).Expires = &end
		rec.cells[t.at("expires")] = toCell(end)
		order.on(rec)
	}
	orphans := rows(7)
	for _, rec := range orphans {
		code := newUSCC(r, region)
		rec.more.(*permit).Enterprise.USCC = code
		rec.cells[t.at("enterprise.uscc")] = toCell(code)
	}
	same := t.flaw("duplicate_row", "", "the same licence again")
	for _, rec := range rows(6) {
		same.on(p.later(r, rec, rec.clone()))
	}
	broken := t.flaw("broken_record", "", "the line is cut off in the middle: rejected")
	for _, rec := range rows(2) {
		line, err := json.Marshal(rec.more)
		if err != nil {
			panic(err)
		}
		broken.on(p.later(r, rec, &record{raw: string(line[:len(line)*2/3])}))
	}
}
