package main

import (
	"context"
	"database/sql"
	"fmt"
	"math/rand/v2"
	"time"
)

const serviceFile = "service/service.sqlite"

// serviceSchema declares some foreign keys and leaves out others, as systems do that
// grew: application.department_code and application.uscc are keys nobody declared.
var serviceSchema = []string{
	`CREATE TABLE department (code TEXT PRIMARY KEY, name TEXT NOT NULL, parent_code TEXT REFERENCES department(code), windows INTEGER)`,
	`CREATE TABLE applicant (id INTEGER PRIMARY KEY, name TEXT NOT NULL, id_card TEXT, gender TEXT, birth_date TEXT, phone TEXT, address TEXT, created_at TEXT)`,
	`CREATE TABLE application (id INTEGER PRIMARY KEY, serial_no TEXT NOT NULL, applicant_id INTEGER NOT NULL REFERENCES applicant(id), department_code TEXT,
 item_name TEXT, channel TEXT, uscc TEXT, submitted_at TEXT, due_date TEXT, finished_at TEXT, status TEXT, fee NUMERIC)`,
	`CREATE TABLE appointment (id INTEGER PRIMARY KEY, application_id INTEGER REFERENCES application(id), window_no INTEGER, slot TEXT, showed INTEGER)`,
}

const serviceView = `CREATE VIEW v_daily AS
SELECT substr(submitted_at, 1, 10) AS day, department_code, count(*) AS applications, sum(finished_at IS NOT NULL) AS finished
FROM application GROUP BY 1, 2 ORDER BY 1, 2`

// department is an office with a window in the service hall.
type department struct {
	code, name, parent string
	windows            int
	items              []item
}

// item is a matter people come for: how often, how long it may take, what it costs.
type item struct {
	name   string
	weight float64
	days   int
	fee    int
	firm   bool // an enterprise's matter
}

var departments = []department{
	{"A00", "政务服务和数字化建设管理局", "", 2, nil},
	{"A01", "市场监督管理局", "A00", 8, []item{{"企业设立登记", 9, 3, 0, true}, {"企业变更登记", 8, 3, 0, true}, {"个体工商户注册", 6, 1, 0, false}, {"食品经营许可", 4, 15, 0, true}}},
	{"A02", "人力资源和社会保障局", "A00", 6, []item{{"社保关系转移", 10, 15, 0, false}, {"就业失业登记", 6, 5, 0, false}, {"高层次人才认定", 2, 20, 0, false}, {"工伤认定申请", 1, 60, 0, false}}},
	{"A03", "不动产登记中心", "A00", 6, []item{{"不动产转移登记", 9, 5, 80, false}, {"抵押权登记", 7, 3, 80, false}, {"不动产登记资料查询", 5, 1, 0, false}}},
	{"A04", "医疗保障局", "A00", 4, []item{{"医保异地就医备案", 9, 1, 0, false}, {"医疗费用手工报销", 5, 30, 0, false}}},
	{"A05", "科技创新局", "A00", 2, []item{{"高新技术企业认定申报", 3, 60, 0, true}, {"科技型中小企业评价", 3, 20, 0, true}, {"算力券申领", 2, 10, 0, true}}},
	{"A06", "规划和自然资源局", "A00", 3, []item{{"建设工程规划许可", 1, 20, 0, true}, {"用地预审", 0.6, 20, 0, true}}},
	{"A07", "公安分局户政窗口", "A00", 5, []item{{"户口迁移", 6, 10, 10, false}, {"居民身份证补领", 8, 20, 40, false}, {"居住证申领", 6, 15, 0, false}}},
	{"A08", "税务分局", "A00", 5, []item{{"发票领用", 7, 1, 0, true}, {"契税申报", 6, 1, 0, false}}},
	{"A09", "住房公积金管理部", "A00", 3, []item{{"公积金提取", 9, 3, 0, false}, {"公积金贷款", 4, 15, 0, false}}},
}

// service makes service.sqlite.
func service(r *rand.Rand, all []*enterprise, regions []string) ([]*table, []byte, error) {
	dept := newTable(serviceFile+"#department", serviceFile, col("code", text), col("name", text), col("parent_code", text), col("windows", integer))
	for _, d := range departments {
		parent := any(nil)
		if d.parent != "" {
			parent = d.parent
		}
		dept.first().add(d.code, d.name, parent, d.windows)
	}
	people := applicants(r, regions)
	cases := applications(r, people, all)
	visits := appointments(r, cases)
	daily := dailyView(cases)
	tables := []*table{dept, people, cases, visits, daily}
	b, err := inSQLite(func(ctx context.Context, tx *sql.Tx) error {
		for _, q := range serviceSchema {
			if _, err := tx.ExecContext(ctx, q); err != nil {
				return err
			}
		}
		for i, name := range []string{"department", "applicant", "application", "appointment"} {
			if err := tables[i].insertAll(ctx, tx, name); err != nil {
				return fmt.Errorf("%s: %w", name, err)
			}
		}
		_, err := tx.ExecContext(ctx, serviceView)
		return err
	})
	return tables, b, err
}

func applicants(r *rand.Rand, regions []string) *table {
	t := newTable(serviceFile+"#applicant", serviceFile, col("id", integer), col("name", text), col("id_card", text), col("gender", text),
		col("birth_date", date), col("phone", text), col("address", text), col("created_at", timestamp))
	p := t.first()
	var made []time.Time
	for range 1800 {
		made = append(made, opening(r, workday(r, time.Date(2023, 1, 3, 0, 0, 0, 0, time.UTC).AddDate(0, 0, r.IntN(360)))))
	}
	sortTimes(made)
	for i := range made {
		x := newPerson(r, regions)
		gender := "女"
		if x.male {
			gender = "男"
		}
		p.add(i+1, x.name, x.id, gender, x.birth.Format("2006-01-02"), x.mobile,
			fmt.Sprintf("%s%s小区%d栋%d单元%d", pick(r, streets).name, pick(r, words("晶苑 星河湾 云杉郡 青杏里 飞虹家园 光谷新城")), 1+r.IntN(40), 1+r.IntN(4), 100*(1+r.IntN(18))+1+r.IntN(3)),
			made[i].Format("2006-01-02 15:04:05"))
	}
	rows := chooser(r, p.records)
	t.change("wrong_check_digit", "id_card", "last character is not the one GB 11643 asks for", rows(14),
		func(_ int, s string) any { return wrongCheck(s, "0123456789X") })
	t.change("contradiction", "gender", "not what the 17th digit of id_card says", rows(6),
		func(_ int, s string) any { return map[string]string{"男": "女", "女": "男"}[s] })
	t.change("contradiction", "birth_date", "not the date inside id_card", rows(5), func(i int, _ string) any { return fmt.Sprintf("1970-01-0%d", i+1) })
	t.change("impossible_date", "birth_date", "no such day", rows(3), func(i int, _ string) any { return []string{"1988-02-30", "1990-06-31", "1999-00-10"}[i] })
	t.change("null_word", "phone", "a word where there is no value", rows(22), func(i int, _ string) any { return []string{"无", "N/A"}[i%2] })
	t.change("null", "id_card", "NULL", rows(11), func(int, string) any { return nil })
	t.change("short_number", "phone", "ten digits where a mobile number has eleven", rows(8), func(_ int, s string) any { return s[:10] })
	twice := t.flaw("duplicate_key", "id_card", "one person entered twice, under two ids and with two telephone numbers")
	people := rows(20)
	for i, rec := range people[:10] {
		copy(rec.cells[1:5], people[10+i].cells[1:5]) // name, id_card, gender, birth_date
		twice.on(rec)
	}
	return t
}

// opening is a moment within office hours: more in the morning, none at noon.
func opening(r *rand.Rand, day time.Time) time.Time {
	hour := []int{8, 9, 10, 11, 13, 14, 15, 16}[weighted(r, []float64{4, 10, 9, 5, 6, 8, 7, 3})]
	return day.Add(time.Duration(hour)*time.Hour + time.Duration(r.IntN(3600))*time.Second)
}

func applications(r *rand.Rand, people *table, all []*enterprise) *table {
	t := newTable(serviceFile+"#application", serviceFile, col("id", integer), col("serial_no", text), col("applicant_id", integer), col("department_code", text),
		col("item_name", text), col("channel", text), col("uscc", text), col("submitted_at", timestamp), col("due_date", date), col("finished_at", timestamp),
		col("status", text), col("fee", integer))
	p := t.first()
	id := 0
	for day := time.Date(2024, 1, 2, 0, 0, 0, 0, time.UTC); day.Year() == 2024; day = day.AddDate(0, 0, 1) {
		n := casesOn(r, day)
		var times []time.Time
		for range n {
			times = append(times, opening(r, day))
		}
		sortTimes(times)
		for _, at := range times {
			id++
			p.application(r, id, at, len(people.rows()), all)
		}
	}
	rows := chooser(r, p.records)
	t.change("orphan", "department_code", "no such department (the key is not declared)", rows(9), func(i int, _ string) any { return []string{"A10", "B01", "A99"}[i%3] })
	t.change("orphan", "applicant_id", "no such applicant, though the key is declared", rows(4), func(i int, _ string) any { return 9001 + i })
	at := t.at("submitted_at")
	late := t.flaw("late_date", "finished_at", "before submitted_at")
	for _, rec := range rows(8) {
		m, _ := timeOf(rec.cells[at].text, "2006-01-02 15:04:05", "2006-01-02 15:04:05")
		rec.cells[t.at("finished_at")] = toCell(m.time.AddDate(0, 0, -3).Format("2006-01-02 15:04:05"))
		rec.cells[t.at("status")] = toCell("办结")
		late.on(rec)
	}
	t.change("impossible_date", "due_date", "no such day", rows(3), func(int, string) any { return "2024-02-30" })
	t.change("negative", "fee", "a negative fee", rows(3), func(int, string) any { return "-80" })
	dup := rows(16)
	t.change("duplicate_key", "serial_no", "a serial number that another application has", dup[:8], func(i int, _ string) any { return dup[8+i].cells[1].text })
	return t
}

// casesOn draws the number of cases of a day: none on Sundays and holidays, fewer on
// Saturdays, most on Mondays.
func casesOn(r *rand.Rand, day time.Time) int {
	if holiday2024[day.Format("01-02")] {
		return 0
	}
	mean := []float64{0, 19, 16, 15, 15, 14, 3}[day.Weekday()]
	return max(0, int(mean+3*r.NormFloat64()))
}

// holiday2024 has the working days that were holidays in 2024 (国办发明电〔2023〕7号);
// the Saturdays and Sundays worked in exchange are left out.
var holiday2024 = map[string]bool{"01-01": true, "02-10": true, "02-12": true, "02-13": true, "02-14": true, "02-15": true, "02-16": true,
	"04-04": true, "04-05": true, "05-01": true, "05-02": true, "05-03": true, "06-10": true, "09-16": true, "09-17": true,
	"10-01": true, "10-02": true, "10-03": true, "10-04": true, "10-07": true}

func (p *part) application(r *rand.Rand, id int, at time.Time, people int, all []*enterprise) {
	d, it := drawItem(r)
	var uscc, finished any
	if it.firm {
		uscc = pick(r, all).uscc
	}
	due := at.AddDate(0, 0, it.days+2*(it.days/5))
	status := "办结"
	end := opening(r, workday(r, at.Truncate(24*time.Hour).AddDate(0, 0, int(float64(it.days)*(0.2+0.9*r.Float64())))))
	switch {
	case end.Before(at):
		end = at.Add(time.Duration(10+r.IntN(50)) * time.Minute)
		finished = end.Format("2006-01-02 15:04:05")
	case end.Year() > 2024:
		status = "办理中"
	case r.IntN(40) == 0:
		status = pick(r, words("退件 补正 撤回"))
	default:
		finished = end.Format("2006-01-02 15:04:05")
	}
	p.add(id, fmt.Sprintf("GX%s%05d", at.Format("20060102"), id), 1+r.IntN(people), d.code, it.name,
		[]string{"窗口", "网上大厅", "吉事办APP", "自助终端", "邮寄"}[weighted(r, []float64{38, 34, 20, 6, 2})], uscc,
		at.Format("2006-01-02 15:04:05"), due.Format("2006-01-02"), finished, status, it.fee)
}

func drawItem(r *rand.Rand) (department, item) {
	var weights []float64
	var of [][2]int
	for i, d := range departments {
		for j, it := range d.items {
			weights, of = append(weights, it.weight), append(of, [2]int{i, j})
		}
	}
	x := of[weighted(r, weights)]
	return departments[x[0]], departments[x[0]].items[x[1]]
}

func appointments(r *rand.Rand, cases *table) *table {
	t := newTable(serviceFile+"#appointment", serviceFile, col("id", integer), col("application_id", integer), col("window_no", integer), col("slot", timestamp), col("showed", integer))
	id := 0
	for _, rec := range cases.rows() {
		if rec.cells[cases.at("channel")].text != "窗口" || r.IntN(10) < 2 {
			continue
		}
		m, _ := timeOf(rec.cells[cases.at("submitted_at")].text, "2006-01-02 15:04:05", "2006-01-02 15:04:05")
		showed := 1
		if r.IntN(12) == 0 {
			showed = 0
		}
		id++
		t.first().add(id, rec.cells[0].text, 1+r.IntN(44), m.time.Truncate(30*time.Minute).Format("2006-01-02 15:04:05"), showed)
	}
	rows := chooser(r, t.first().records)
	t.change("null", "application_id", "NULL", rows(13), func(int, string) any { return nil })
	t.change("out_of_range", "window_no", "the hall has 44 windows", rows(2), func(int, string) any { return 404 })
	return t
}

// dailyView counts what the view v_daily gives, from the table in memory.
func dailyView(cases *table) *table {
	t := newTable(serviceFile+"#v_daily", serviceFile, col("day", date), col("department_code", text), col("applications", integer), col("finished", integer))
	type counts struct{ all, done int }
	by := map[string]*counts{}
	for _, r := range cases.rows() {
		key := r.cells[cases.at("submitted_at")].text[:10] + "|" + r.cells[cases.at("department_code")].text
		if by[key] == nil {
			by[key] = &counts{}
		}
		by[key].all++
		if !r.cells[cases.at("finished_at")].null {
			by[key].done++
		}
	}
	for _, key := range sortedKeys(by) {
		t.first().add(key[:10], key[11:], by[key].all, by[key].done)
	}
	return t
}
