package main

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"time"
)

// marketRegister makes 市场主体登记.csv: GB18030, embedded line ends, ragged records.
func marketRegister(r *rand.Rand, all []*enterprise) (*table, []byte, error) {
	const file = "registers/市场主体登记.csv"
	t := newTable(file, file, col("统一社会信用代码", text), col("企业名称", text), col("英文名称", text), col("企业类型", text),
		col("法定代表人", text), col("注册资本（万元）", decimal), col("成立日期", date), col("行业代码", text), col("行业名称", text),
		col("住所", text), col("所属街道", text), col("联系电话", text), col("登记状态", text), col("登记机关", text))
	p := t.first()
	for _, e := range all {
		english := any(nil)
		if e.english != "" {
			english = e.english
		}
		p.add(e.uscc, e.name, english, e.form, e.rep.name, e.capital, dateText(e.founded, r), e.industry.code, e.industry.name,
			e.address, e.street.office, e.phone, e.status, "长新高新分局（演示）")
	}
	rows := chooser(r, p.records)
	t.plantRegisterValues(rows)
	t.plantRegisterRecords(r, rows)
	b, err := inGB18030(t.delimited(p, style{delimiter: ",", end: "\r\n"}))
	t.fileFlaw("encoding", file, "", 1, "GB18030, not UTF-8; the header says nothing of it")
	t.fileFlaw("constant", file, "登记机关", 1, "one value in every row")
	return t, b, err
}

// dateText writes a date as different clerks do.
func dateText(d time.Time, r *rand.Rand) string {
	return d.Format([]string{"2006-01-02", "2006年1月2日", "2006/1/2", "20060102"}[weighted(r, []float64{62, 22, 10, 6})])
}

// chooser hands out records at random, none twice, so that flaws do not overlap.
func chooser(r *rand.Rand, records []*record) func(n int) []*record {
	pool := slices.Clone(records)
	r.Shuffle(len(pool), func(i, j int) { pool[i], pool[j] = pool[j], pool[i] })
	return func(n int) []*record {
		out := pool[:n:n]
		pool = pool[n:]
		return out
	}
}

// change rewrites a column of some records and books the flaw.
func (t *table) change(name, column, note string, records []*record, f func(i int, old string) any) {
	flaw := t.flaw(name, column, note)
	at := t.at(column)
	for i, r := range records {
		r.cells[at] = toCell(f(i, r.cells[at].text))
		flaw.on(r)
	}
}

func (t *table) plantRegisterValues(rows func(int) []*record) {
	always := func(v any) func(int, string) any { return func(int, string) any { return v } }
	t.change("wrong_check_digit", "统一社会信用代码", "last character is not the one GB 32100 asks for", rows(9),
		func(_ int, s string) any { return wrongCheck(s, usccAlphabet) })
	t.change("full_width", "联系电话", "digits are full-width", rows(14), func(_ int, s string) any { return fullWidth(s) })
	t.change("null_word", "联系电话", "a word where there is no value", rows(36),
		func(i int, _ string) any { return []string{"无", "-", "NA", "不详"}[i%4] })
	t.change("null_word", "法定代表人", "a word where there is no value", rows(8), always("无"))
	t.change("thousands", "注册资本（万元）", "written with thousands separators, quoted", rows(31),
		func(i int, _ string) any {
			return fmt.Sprintf("%d,%03d.%02d", 1+i%12, (i*137)%1000, 50*(i%2))
		})
	t.change("unit_mixup", "注册资本（万元）", "in 元 and not in 万元: 10,000 times too large", rows(5),
		func(_ int, s string) any { return strings.TrimSuffix(s, ".00") + "0000.00" })
	t.change("padded", "企业名称", "blanks before or behind (every third: a full-width blank)", rows(17),
		func(i int, s string) any { return []string{" " + s, s + "  ", s + "　"}[i%3] })
	t.change("embedded_newline", "住所", "a line end inside a quoted field", rows(11),
		func(_ int, s string) any { return s + "\n（一照多址）" })
	t.change("embedded_quote", "企业名称", "quotation marks inside a quoted field", rows(6),
		func(_ int, s string) any { return strings.Replace(s, "长新", `"长新"`, 1) + `"北"部` })
	t.change("rare_character", "法定代表人", "a character outside GBK: four bytes in GB18030", rows(8),
		func(i int, _ string) any { return "王" + []string{"㙍", "䢺", "𠮷", "㛃"}[i%4] })
	t.change("late_date", "成立日期", "after the register was drawn (2024-06-30)", rows(3),
		func(i int, _ string) any { return fmt.Sprintf("20%d-03-15", 31+i) })
	t.change("impossible_date", "成立日期", "no such day", rows(4),
		func(i int, _ string) any {
			return []string{"2023-02-30", "2021年13月1日", "2019/4/31", "0000-00-00"}[i]
		})
	t.change("null", "成立日期", "empty", rows(12), always(nil))
	t.change("null", "行业代码", "empty", rows(25), always(nil))
}

func (t *table) plantRegisterRecords(r *rand.Rand, rows func(int) []*record) {
	p := t.first()
	same := t.flaw("duplicate_row", "", "the same record again, later in the file")
	for _, rec := range rows(12) {
		same.on(p.later(r, rec, rec.clone()))
	}
	twice := t.flaw("duplicate_key", "统一社会信用代码", "the same enterprise again with another representative and status")
	for _, rec := range rows(5) {
		c := rec.clone()
		c.cells[t.at("法定代表人")] = toCell("李变更")
		c.cells[t.at("登记状态")] = toCell("注销")
		twice.on(p.later(r, rec, c))
	}
	// Short records lack the last four fields, long ones have a comma that should
	// have been quoted.
	ragged := t.flaw("ragged_row", "", "too few or too many fields: rejected")
	for i, rec := range rows(6) {
		var f []string
		for _, c := range rec.cells {
			f = append(f, quoted(c, ","))
		}
		if i%2 == 0 {
			f = f[:len(f)-4]
		} else {
			f[9] = strings.ReplaceAll(f[9], "号", "号,甲,") // two fields more
		}
		broken := &record{raw: strings.Join(f, ",")}
		ragged.on(p.later(r, rec, broken))
	}
	mixed := t.flaw("mixed_format", "成立日期", "a clean date, but not written YYYY-MM-DD as most are")
	for _, rec := range p.rows() {
		s := rec.cells[t.at("成立日期")].text
		if _, ok := meaningOf(date, s); ok && (len(s) != 10 || s[4] != '-') {
			mixed.on(rec)
		}
	}
}

// markOrphans books the rows whose value the other table does not hold, be it that it
// was planted there or that the other side has the code wrong.
func (t *table) markOrphans(column string, other *table, otherColumn string) {
	known := map[string]bool{}
	for _, r := range other.rows() {
		known[r.cells[other.at(otherColumn)].text] = true
	}
	f := t.flaw("orphan", column, fmt.Sprintf("no such value in %s, %s (codes that are wrong there included)", other.dataset, otherColumn))
	for _, r := range t.rows() {
		if c := r.cells[t.at(column)]; !c.null && !known[c.text] {
			f.on(r)
		}
	}
}

// later inserts a record at a random place behind another.
func (p *part) later(r *rand.Rand, after, rec *record) *record {
	i := slices.Index(p.records, after)
	p.insert(i+r.IntN(len(p.records)-i), rec)
	return rec
}

// shareholders makes 股东及出资.csv: UTF-8 with byte-order mark, mixed line ends,
// orphans, shares that do not add up.
func shareholders(r *rand.Rand, all []*enterprise, register *table, regions []string) (*table, []byte, error) {
	const file = "registers/股东及出资.csv"
	t := newTable(file, file, col("序号", text), col("统一社会信用代码", text), col("股东名称", text), col("股东类型", text),
		col("证件类型", text), col("证件号码", text), col("认缴出资额（万元）", decimal), col("持股比例（%）", decimal), col("认缴日期", date))
	p := t.first()
	wrongSum := t.flaw("sum_mismatch", "持股比例（%）", "the shares of the enterprise do not add up to 100")
	for i, e := range all {
		if e.form == "个人独资企业" || i%10 >= 4 {
			continue
		}
		for _, rec := range t.holders(r, e, all, regions) {
			if i%500 == 3 {
				rec.cells[t.at("持股比例（%）")] = toCell("10.00")
				wrongSum.on(rec)
			}
		}
	}
	t.plantHolders(r, chooser(r, p.records), regions)
	t.markOrphans("统一社会信用代码", register, "统一社会信用代码")
	for i, rec := range p.records {
		rec.cells[0] = toCell(fmt.Sprintf("%06d", i+1))
	}
	t.fileFlaw("leading_zero", file, "序号", len(p.records), "a number that is to stay text: 000001, 000002, …")
	t.fileFlaw("bom", file, "", 1, "UTF-8 with a byte-order mark")
	return t, t.delimited(p, style{delimiter: ",", end: "\r\n", bom: true}), nil
}

func (t *table) holders(r *rand.Rand, e *enterprise, all []*enterprise, regions []string) []*record {
	n := 1 + weighted(r, []float64{30, 38, 20, 8, 4})
	if e.form == "有限责任公司(自然人独资)" {
		n = 1
	}
	left := int64(10000) // hundredths of a per cent
	var out []*record
	for i := range n {
		share := left
		if i < n-1 {
			share = max(100, left*int64(20+r.IntN(55))/100/100*100)
		}
		left -= share
		name, typ, doc, number := e.rep.name, "自然人股东", "居民身份证", e.rep.id
		switch {
		case i == 0:
		case r.IntN(5) == 0:
			o := pick(r, all)
			name, typ, doc, number = o.name, "企业法人", "营业执照", o.uscc
		case r.IntN(60) == 0:
			name, typ, doc, number = pick(r, []string{"Nordlicht Optik GmbH", "Prairie Robotics Inc.", "株式会社あおば精機"}), "外商投资企业", "境外注册文件", fmt.Sprintf("HRB %05d", r.IntN(1e5))
		default:
			x := newPerson(r, regions)
			name, number = x.name, x.id
		}
		paid := fixed{e.capital.n * share / 10000, 2}
		out = append(out, t.first().add(0, e.uscc, name, typ, doc, number, paid, fixed{share, 2}, e.founded.Format("2006-01-02")))
	}
	return out
}

func (t *table) plantHolders(r *rand.Rand, rows func(int) []*record, regions []string) {
	for _, rec := range rows(23) { // further rows, so that no enterprise loses a share
		c := rec.clone()
		c.cells[t.at("统一社会信用代码")] = toCell(newUSCC(r, region))
		c.cells[t.at("持股比例（%）")] = toCell("100.00")
		t.first().later(r, rec, c)
	}
	t.change("null_word", "认缴日期", "a word where there is no value", rows(40),
		func(i int, _ string) any { return []string{`\N`, "无", "-"}[i%3] })
	t.change("wrong_check_digit", "证件号码", "identity number whose last character is not the one GB 11643 asks for", rows(15),
		func(_ int, _ string) any { return wrongCheck(newPerson(r, regions).id, "0123456789X") })
	t.change("thousands", "认缴出资额（万元）", "written with thousands separators, quoted", rows(60),
		func(i int, _ string) any { return fmt.Sprintf("%d,%03d.50", 1+i%30, i*17%1000) })
	t.change("full_width", "持股比例（%）", "digits are full-width", rows(9), func(_ int, s string) any { return fullWidth(s) })
	t.change("padded", "股东名称", "blanks before and behind", rows(21), func(_ int, s string) any { return "  " + s + " " })
	t.change("impossible_date", "认缴日期", "no such day", rows(2), func(int, string) any { return "2022-09-31" })
	ends := t.flaw("line_end", "", "ends in LF where the file has CR LF")
	for _, rec := range rows(40) {
		rec.end = "\n"
		ends.on(rec)
	}
}

// subsidies makes 政策兑现名单.csv: a title and a unit above the header, a row of
// totals, and a note at the end whose quotation mark never closes.
func subsidies(r *rand.Rand, all []*enterprise, register *table) (*table, []byte, error) {
	const file = "registers/政策兑现名单.csv"
	t := newTable(file, file, col("批次", text), col("企业名称", text), col("统一社会信用代码", text), col("政策条款", text),
		col("兑现金额（元）", decimal), col("公示开始", date), col("公示截止", date))
	p := t.first()
	clauses := words("研发投入补助 首台套奖励 高企认定奖励 上市培育 算力券 数据资产入表奖励 人才公寓补贴 卫星数据采购补助")
	total := int64(0)
	for i := range 240 {
		e := pick(r, all)
		start := workday(r, time.Date(2024, time.Month(3*(i/60)+3), 10+r.IntN(10), 0, 0, 0, 0, time.UTC))
		amount := int64(1+r.IntN(80)) * 1000000
		total += amount
		grouped := group(amount/100) + ".00"
		p.add(fmt.Sprintf("2024-Q%d", i/60+1), e.name, e.uscc, pick(r, clauses), grouped, start.Format("2006-01-02"), start.AddDate(0, 0, 7).Format("2006-01-02"))
	}
	th := t.flaw("thousands", "兑现金额（元）", "every amount has thousands separators, quoted")
	th.on(p.records...)
	rows := chooser(r, p.records)
	order := t.flaw("order_violation", "公示截止", "before 公示开始")
	for _, rec := range rows(3) {
		rec.cells[6] = toCell("2024-01-05")
		order.on(rec)
	}
	t.markOrphans("统一社会信用代码", register, "统一社会信用代码")
	sum := p.add("合计", nil, nil, nil, group(total/100)+".00", nil, nil)
	t.flaw("totals_row", "", "a row of totals under the rows").on(sum)
	note := &record{raw: `"注：以上兑现资金由演示财政局拨付,如有异议请于公示期内书面反映`}
	p.records = append(p.records, note)
	t.flaw("unclosed_quote", "", "the last line opens a quotation mark that never closes: rejected").on(note)
	t.titleRows = 2
	t.fileFlaw("title_rows", file, "", 2, "a title and a unit stand above the header (lines 1 and 2)")
	return t, t.delimited(p, style{delimiter: ",", above: []string{zoneName + "2024年度惠企政策兑现公示名单", "单位：元"}}), nil
}

// group writes an integer with thousands separators.
func group(n int64) string {
	s := formatFixed(n, 0)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}
