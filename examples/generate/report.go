package main

import (
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
	"time"

	"github.com/xuri/excelize/v2"
)

// annualReport makes 年报.xlsx: a title, two header rows with merged cells, a row of
// totals, numbers kept as text, card numbers that lost their last four digits, and a
// hidden sheet. Each sheet is a table.
func annualReport(r *rand.Rand, all []*enterprise, register *table) ([]*table, map[string][]byte, error) {
	const file = "registers/年报2023.xlsx"
	t := newTable(file+"#年报", file, col("统一社会信用代码", text), col("企业名称", text), col("从业人数", integer),
		col("资产状况（万元）/资产总额", decimal), col("资产状况（万元）/负债总额", decimal), col("资产状况（万元）/所有者权益", decimal),
		col("经营情况（万元）/营业收入", decimal), col("经营情况（万元）/净利润", decimal), col("经营情况（万元）/研发费用", decimal),
		col("开户账号", text), col("填报日期", date))
	p := t.first()
	for _, e := range all {
		if e.founded.Year() > 2023 || e.status == "注销" || r.IntN(12) == 0 {
			continue
		}
		p.reportRow(r, e)
	}
	t.plantReport(r)
	t.markOrphans("统一社会信用代码", register, "统一社会信用代码")
	total := p.add("合计", nil, t.sum(2), t.sum(3), t.sum(4), t.sum(5), t.sum(6), t.sum(7), t.sum(8), nil, nil)
	total.more = "number"
	t.flaw("totals_row", "", "a row of totals under the rows").on(total)
	t.titleRows = 1
	t.fileFlaw("title_rows", file, "", 1, "a title stands above the two header rows")
	codes := industrySheet(file)
	b, err := t.workbook(codes)
	return []*table{t, codes}, map[string][]byte{file: b}, err
}

func (p *part) reportRow(r *rand.Rand, e *enterprise) {
	assets := int64(float64(e.revenue.n) * (0.6 + 1.4*r.Float64()))
	debt := int64(float64(assets) * (0.15 + 0.7*r.Float64()))
	profit := int64(float64(e.revenue.n) * (0.07 + 0.09*r.NormFloat64()))
	research := int64(0)
	if e.industry.cluster != "服务" {
		research = int64(float64(e.revenue.n) * (0.03 + 0.05*r.Float64()))
	}
	// Reports are due by 30 June; half of them come in the last five weeks.
	day := time.Date(2024, 1, 2, 0, 0, 0, 0, time.UTC).AddDate(0, 0, int(179*math.Pow(r.Float64(), 0.4)))
	for day.Weekday() == time.Saturday || day.Weekday() == time.Sunday {
		day = day.AddDate(0, 0, -1)
	}
	p.add(e.uscc, e.name, e.staff, fixed{assets, 2}, fixed{debt, 2}, fixed{assets - debt, 2}, e.revenue, fixed{profit, 2}, fixed{research, 2},
		bankCard(r), day.Format("2006-01-02"))
}

func (t *table) plantReport(r *rand.Rand) {
	rows := chooser(r, t.first().records)
	t.change("truncated_15", "开户账号", "kept as a number: 15 digits are left, then zeros", rows(48),
		func(_ int, s string) any { return s[:15] + "0000" })
	asText := t.flaw("numbers_as_text", "经营情况（万元）/营业收入", "the cell holds text that looks like a number")
	for i, rec := range rows(57) {
		if i%3 == 0 { // with separators, as pasted from a statement
			c := &rec.cells[t.at("经营情况（万元）/营业收入")]
			whole, cents, _ := strings.Cut(c.text, ".")
			c.text = group(atoi(whole)) + "." + cents
		}
		rec.more = "text"
		asText.on(rec)
	}
	t.change("negative", "从业人数", "a negative count", rows(2), func(i int, _ string) any { return -3 - i })
	t.change("null", "从业人数", "empty", rows(19), func(int, string) any { return nil })
	t.change("identity_broken", "资产状况（万元）/所有者权益", "not assets less debts", rows(7),
		func(i int, _ string) any { return fixed{int64(12345 + 1000*i), 2} })
	same := t.flaw("duplicate_row", "", "the same report again")
	for _, rec := range rows(4) {
		same.on(t.first().later(r, rec, rec.clone()))
	}
}

func atoi(s string) int64 {
	n := int64(0)
	for _, c := range s {
		if c >= '0' && c <= '9' {
			n = n*10 + int64(c-'0')
		}
	}
	return n
}

// sum adds up a column with two decimals, or of integers.
func (t *table) sum(i int) fixed {
	f := fixed{scale: 2}
	if t.columns[i].kind == integer {
		f.scale = 0
	}
	for _, r := range t.rows() {
		n := atoi(r.cells[i].text)
		if strings.HasPrefix(r.cells[i].text, "-") {
			n = -n
		}
		f.n += n
	}
	return f
}

func industrySheet(file string) *table {
	t := newTable(file+"#码表_勿动", file, col("代码", text), col("名称", text), col("集群", text))
	for _, x := range industries {
		t.first().add(x.code, x.name, x.cluster)
	}
	t.fileFlaw("hidden_sheet", file, "", 1, "the sheet 码表_勿动 is hidden")
	return t
}

// workbook lays the two tables out.
func (t *table) workbook(codes *table) ([]byte, error) {
	f := excelize.NewFile()
	if err := f.SetSheetName("Sheet1", "年报"); err != nil {
		return nil, err
	}
	if err := t.reportHead(f); err != nil {
		return nil, err
	}
	day, err := f.NewStyle(&excelize.Style{NumFmt: 14})
	if err != nil {
		return nil, err
	}
	const top = 4
	for i, rec := range t.rows() {
		if err := t.reportCells(f, top+i, rec, day); err != nil {
			return nil, err
		}
	}
	if _, err := f.NewSheet("码表_勿动"); err != nil {
		return nil, err
	}
	for j, c := range codes.columns {
		if err := f.SetCellStr("码表_勿动", at(j, 1), c.name); err != nil {
			return nil, err
		}
		for i, rec := range codes.rows() {
			if err := f.SetCellStr("码表_勿动", at(j, 2+i), rec.cells[j].text); err != nil {
				return nil, err
			}
		}
	}
	if err := f.SetSheetVisible("码表_勿动", false); err != nil {
		return nil, err
	}
	return inXLSX(f)
}

func at(column, row int) string {
	return fmt.Sprintf("%c%d", 'A'+rune(column), row)
}

func (t *table) reportHead(f *excelize.File) error {
	if err := f.SetCellStr("年报", "A1", zoneName+"2023年度企业年报汇总表"); err != nil {
		return err
	}
	merges := [][2]string{{"A1", at(len(t.columns)-1, 1)}, {"D2", "F2"}, {"G2", "I2"}}
	for j, c := range t.columns {
		above, below, two := strings.Cut(c.name, "/")
		if err := f.SetCellStr("年报", at(j, 2), above); err != nil {
			return err
		}
		if !two {
			merges = append(merges, [2]string{at(j, 2), at(j, 3)})
			continue
		}
		if err := f.SetCellStr("年报", at(j, 3), below); err != nil {
			return err
		}
	}
	for _, m := range merges {
		if err := f.MergeCell("年报", m[0], m[1]); err != nil {
			return err
		}
	}
	return nil
}

func (t *table) reportCells(f *excelize.File, row int, rec *record, day int) error {
	for j, c := range rec.cells {
		cell := at(j, row)
		var err error
		switch k := t.columns[j].kind; {
		case c.null:
		case k == date:
			if m, ok := meaningOf(date, c.text); ok {
				err = f.SetCellInt("年报", cell, int64(m.time.Sub(time.Date(1899, 12, 30, 0, 0, 0, 0, time.UTC)).Hours()/24))
			}
			if err == nil {
				err = f.SetCellStyle("年报", cell, cell, day)
			}
		case k == text && strings.HasSuffix(c.text, "0000") && len(c.text) == 19:
			err = f.SetCellInt("年报", cell, atoi(c.text)) // what Excel left of a number
		case k == text, rec.more == "text" && t.columns[j].name == "经营情况（万元）/营业收入":
			err = f.SetCellStr("年报", cell, c.text)
		default:
			m, ok := numberOf(c.text)
			if !ok {
				return fmt.Errorf("no number in %s", cell)
			}
			x, _ := m.number.Float64()
			err = f.SetCellFloat("年报", cell, x, -1, 64)
		}
		if err != nil {
			return err
		}
	}
	return nil
}
