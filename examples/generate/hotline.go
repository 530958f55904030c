package main

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"time"
)

// topic is what people call 12345 about. season is the share of its weight by month.
type topic struct {
	first, second string
	weight        float64
	season        [12]float64
	office        string
	days          int
	texts         []string
}

var (
	allYear = [12]float64{1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1}
	// Heat is supplied from 20 October to 10 April; complaints peak when it starts
	// and when it is coldest.
	heating = [12]float64{6, 4, 2.2, 0.8, 0.05, 0.05, 0.05, 0.1, 0.4, 6.5, 5, 6}
	summer  = [12]float64{0.1, 0.1, 0.3, 0.8, 1.6, 2.4, 2.6, 2.4, 1.4, 0.6, 0.2, 0.1}
	flood   = [12]float64{0, 0, 0.3, 0.4, 0.6, 1.6, 3.4, 3, 0.6, 0.1, 0, 0}
	snow    = [12]float64{3, 2.6, 1.4, 0.1, 0, 0, 0, 0, 0, 0.3, 2.2, 3.2}
	school  = [12]float64{0.5, 0.7, 1, 1.2, 1.8, 2.6, 2.4, 2.4, 1, 0.5, 0.4, 0.4}
	payday  = [12]float64{3.2, 2, 0.8, 0.7, 0.7, 0.7, 0.8, 0.8, 0.9, 1, 1.2, 2.4}
)

var topics = []topic{
	{"城市供热", "室温不达标", 9, heating, "建设发展局", 3, words("家中室温只有{n}度，多次联系供热公司未解决 供热不热，客厅{n}度，要求上门测温 顶楼暖气片冰凉，室温{n}度")},
	{"城市供热", "管道漏水", 2.2, heating, "建设发展局", 1, words("小区供热管道漏水，路面结冰 楼道暖气阀门跑水，已影响{n}户")},
	{"城市供热", "热费退费", 1, heating, "建设发展局", 10, words("申请报停供热被拒，要求退费 测温不合格{n}天，要求按规定退费")},
	{"物业服务", "电梯故障", 4, allYear, "市场监督管理局", 3, words("{n}栋电梯频繁停运，老人出行困难 电梯困人，物业{n}分钟后才到场")},
	{"物业服务", "收费争议", 3, allYear, "建设发展局", 5, words("物业费上涨{n}%未经业主表决 停车费收费不透明")},
	{"噪声污染", "施工噪声", 3, summer, "生态环境分局", 2, words("工地夜间{n}点仍在施工，影响休息 凌晨打桩噪声扰民")},
	{"噪声污染", "夜市噪声", 2, summer, "执法局", 2, words("烧烤摊音响扰民，{n}点后仍未停止 广场舞音量过大")},
	{"市政设施", "道路坑洼", 3, allYear, "市政公用中心", 7, words("路面坑槽约{n}处，车辆爆胎 井盖缺失，存在安全隐患")},
	{"市政设施", "内涝积水", 1.6, flood, "市政公用中心", 1, words("雨后积水约{n}厘米，车辆无法通行 地下车库进水")},
	{"市政设施", "清雪除冰", 2.2, snow, "市政公用中心", 1, words("人行道积雪未清，{n}人摔倒 次干路结冰，请求清雪")},
	{"教育", "入学咨询", 2.4, school, "教育局", 5, words("咨询小学学区划分 外来务工子女入学需要哪些材料 积分入学{n}分是否够用")},
	{"劳动保障", "拖欠工资", 2.6, payday, "人力资源和社会保障局", 15, words("项目拖欠{n}名工人工资 公司拖欠{n}个月工资未发")},
	{"企业服务", "政策咨询", 2, allYear, "科技创新局", 3, words("咨询高新技术企业认定条件 咨询算力券申领流程 数据资产入表奖励如何申报")},
	{"企业服务", "用电用热", 0.8, allYear, "经济发展局", 3, words("厂房增容申请{n}天未答复 园区蒸汽压力不足")},
	{"交通出行", "公交线路", 2, allYear, "交通运输局", 5, words("建议延长{n}路公交至产业园 早高峰公交间隔{n}分钟")},
	{"交通出行", "信号灯", 1.2, allYear, "交警大队", 3, words("路口信号灯配时不合理，左转只有{n}秒 信号灯损坏")},
	{"市容环卫", "垃圾清运", 2.4, summer, "执法局", 1, words("垃圾桶满溢{n}天无人清运 建筑垃圾堆放在绿地")},
	{"表扬感谢", "", 0.5, allYear, "政务服务和数字化建设管理局", 1, words("感谢窗口工作人员耐心服务 表扬供热维修师傅")},
}

// hotline makes twelve monthly files of one schema. A day of September is missing:
// the system moved.
func hotline(r *rand.Rand) (*table, map[string][]byte, error) {
	t := &table{dataset: "service/hotline", columns: []column{col("工单编号", text), col("来电时间", timestamp), col("来电人", text), col("联系电话", text),
		col("所属街道", text), col("一级分类", text), col("二级分类", text), col("诉求内容", text), col("承办单位", text), col("办结时间", timestamp),
		col("满意度", integer), col("是否回访", text)}}
	files := map[string][]byte{}
	serial := 0
	for month := 1; month <= 12; month++ {
		p := &part{file: fmt.Sprintf("service/hotline/12345热线_2024-%02d.csv.gz", month)}
		t.parts = append(t.parts, p)
		for day := time.Date(2024, time.Month(month), 1, 0, 0, 0, 0, time.UTC); int(day.Month()) == month; day = day.AddDate(0, 0, 1) {
			if month == 9 && day.Day() == 14 {
				continue
			}
			serial = p.calls(r, day, serial)
		}
	}
	t.fileFlaw("gap", "service/hotline/12345热线_2024-09.csv.gz", "来电时间", 1, "no call on 2024-09-14: the system moved to another machine")
	t.plantHotline(r)
	for _, p := range t.parts {
		b, err := inGzip(t.delimited(p, style{delimiter: ","}))
		if err != nil {
			return nil, nil, err
		}
		files[p.file] = b
	}
	return t, files, nil
}

func (p *part) calls(r *rand.Rand, day time.Time, serial int) int {
	var weights []float64
	for _, x := range topics {
		weights = append(weights, x.weight*x.season[day.Month()-1])
	}
	total := 0.0
	for _, w := range weights {
		total += w
	}
	week := []float64{0.7, 1.2, 1.1, 1.05, 1, 1, 0.75}[day.Weekday()]
	n := int(total*0.95*week + math.Sqrt(total)*r.NormFloat64())
	var times []time.Time
	for range max(0, n) {
		hour := weighted(r, []float64{1, .6, .4, .3, .4, 1, 3, 6, 11, 12, 11, 8, 6, 8, 10, 10, 9, 8, 8, 9, 8, 6, 4, 2})
		times = append(times, day.Add(time.Duration(hour)*time.Hour+time.Duration(r.IntN(3600))*time.Second))
	}
	sortTimes(times)
	for _, at := range times {
		serial++
		p.call(r, topics[weighted(r, weights)], at, serial)
	}
	return serial
}

func sortTimes(list []time.Time) { slices.SortFunc(list, time.Time.Compare) }

func (p *part) call(r *rand.Rand, x topic, at time.Time, serial int) {
	text := strings.ReplaceAll(pick(r, x.texts), "{n}", fmt.Sprint(numberFor(r, x)))
	second, done, rating := any(x.second), any(nil), any(nil)
	if x.second == "" {
		second = nil
	}
	end := at.Add(time.Duration((0.1 + r.ExpFloat64()*0.5) * float64(x.days) * 24 * float64(time.Hour))).Truncate(time.Second)
	recall := "否"
	if end.Before(time.Date(2025, 1, 1, 0, 0, 0, 0, time.UTC)) {
		done = end.Format("2006-01-02 15:04:05")
		if r.IntN(100) < 72 {
			recall = "是"
			late := end.Sub(at).Hours() > float64(x.days)*24
			rating = []int{1, 2, 3, 4, 5}[weighted(r, map[bool][]float64{false: {2, 3, 9, 26, 60}, true: {18, 17, 25, 25, 15}}[late])]
		}
	}
	surname := pick(r, surnames)
	p.add(fmt.Sprintf("GX12345-%06d", serial), at.Format("2006-01-02 15:04:05"), surname+pick(r, words("女士 先生")), mobile(r), pick(r, offices),
		x.first, second, text, x.office, done, rating, recall)
}

// numberFor gives the number in a complaint a likely size.
func numberFor(r *rand.Rand, x topic) int {
	switch x.second {
	case "室温不达标":
		return 11 + r.IntN(7)
	case "施工噪声", "夜市噪声":
		return 21 + r.IntN(3)
	case "内涝积水":
		return 10 * (1 + r.IntN(6))
	}
	return 2 + r.IntN(28)
}

func (t *table) plantHotline(r *rand.Rand) {
	var all []*record
	for _, p := range t.parts {
		all = append(all, p.records...)
	}
	rows := chooser(r, all)
	owner := func(rec *record) *part {
		for _, p := range t.parts {
			if slices.Contains(p.records, rec) {
				return p
			}
		}
		panic("record of no part")
	}
	t.change("late_date", "办结时间", "before 来电时间", rows(12), func(i int, _ string) any { return fmt.Sprintf("2023-12-%02d 09:00:00", 10+i) })
	t.change("null_word", "联系电话", "a word where there is no value", rows(90), func(i int, _ string) any { return []string{"无", "不详", "/"}[i%3] })
	t.change("full_width", "联系电话", "digits are full-width", rows(25), func(_ int, s string) any { return fullWidth(s) })
	t.change("out_of_range", "满意度", "the scale goes from 1 to 5", rows(6), func(int, string) any { return 99 })
	t.change("embedded_newline", "诉求内容", "a line end inside a quoted field", rows(30), func(_ int, s string) any { return s + "\n（来电人情绪激动）" })
	t.change("embedded_delimiter", "诉求内容", "a comma inside a quoted field", rows(30), func(_ int, s string) any { return s + ",请尽快处理" })
	same := t.flaw("duplicate_row", "", "the same call again")
	for _, rec := range rows(20) {
		same.on(owner(rec).later(r, rec, rec.clone()))
	}
}
