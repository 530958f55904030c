package main

import (
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
	"time"
)

// industry is a class of GB/T 4754-2017 and how its enterprises are named and sized.
type industry struct {
	code, name string
	cluster    string // of the zone's five clusters, or 服务
	words      []string
	weight     float64
	capital    float64 // median registered capital, in 万元
	staff      float64 // median number of employees
}

var industries = []industry{
	{"C3976", "光电子器件制造", "光电", words("光电技术 光电子 光电科技 激光科技"), 6, 800, 38},
	{"C4040", "光学仪器制造", "光电", words("光学仪器 精密光学 光学科技"), 4, 600, 32},
	{"C3974", "显示器件制造", "光电", words("显示技术 光显科技"), 2, 1500, 60},
	{"C3743", "航天器及运载火箭制造", "卫星", words("卫星技术 航天科技 空间技术"), 2, 3000, 75},
	{"I6571", "地理遥感信息服务", "卫星", words("遥感信息技术 空间信息 遥感科技"), 4, 500, 24},
	{"I6339", "其他卫星传输服务", "卫星", words("卫星应用 测控技术"), 1.5, 900, 26},
	{"C2761", "生物药品制造", "生物医药", words("生物制药 生物技术 生物制品"), 4, 2500, 85},
	{"C2720", "化学药品制剂制造", "生物医药", words("药业 制药"), 3, 2000, 95},
	{"M7340", "医学研究和试验发展", "生物医药", words("医药研究 生物医学 基因科技"), 4, 400, 18},
	{"C3581", "医疗诊断、监护及治疗设备制造", "生物医药", words("医疗器械 医疗科技"), 3, 500, 30},
	{"C3670", "汽车零部件及配件制造", "汽车", words("汽车零部件 汽车部件 汽车电子 汽车配件"), 9, 1200, 90},
	{"C3612", "新能源车整车制造", "汽车", words("新能源汽车"), 0.3, 50000, 900},
	{"C3491", "工业机器人制造", "机器人", words("机器人 机器人技术"), 3, 700, 34},
	{"C3492", "特殊作业机器人制造", "机器人", words("特种机器人 智能装备"), 2, 600, 30},
	{"C3964", "服务消费机器人制造", "机器人", words("服务机器人 智能机器人"), 1, 500, 22},
	{"I6513", "应用软件开发", "软件", words("软件 信息技术 数据科技 智能科技 网络科技"), 17, 200, 12},
	{"I6550", "信息处理和存储支持服务", "软件", words("数据服务 云计算"), 3, 500, 18},
	{"I6560", "信息技术咨询服务", "软件", words("信息咨询 数字科技"), 4, 100, 8},
	{"D4430", "热力生产和供应", "能源", words("热力 储热技术 清洁供热"), 0.8, 5000, 120},
	{"M7320", "工程和技术研究和试验发展", "服务", words("技术研究 工程技术"), 4, 200, 12},
	{"F5179", "其他机械设备及电子产品批发", "服务", words("商贸 设备销售 电子商贸"), 9, 100, 7},
	{"L7299", "其他未列明商务服务业", "服务", words("商务服务 企业管理 企业服务"), 8, 100, 6},
	{"H6210", "正餐服务", "服务", words("餐饮管理 餐饮"), 4, 50, 14},
	{"K7020", "物业管理", "服务", words("物业服务 物业管理"), 2, 100, 45},
}

func words(s string) []string { return strings.Fields(s) }

// street is a street of the invented zone and the sub-district it lies in.
type street struct{ name, office string }

var streets = []street{
	{"晶芯路", "光谷街道"}, {"激光大街", "光谷街道"}, {"光学东路", "光谷街道"}, {"星河大街", "星河街道"},
	{"遥感路", "星河街道"}, {"航科街", "星河街道"}, {"测控西路", "星河街道"}, {"青杏路", "双新街道"},
	{"创谷大街", "双新街道"}, {"硅园路", "双新街道"}, {"飞虹东路", "飞虹镇"}, {"齿轮街", "飞虹镇"},
	{"智驾大道", "飞虹镇"}, {"云杉路", "云杉街道"}, {"杏林大街", "云杉街道"}, {"医谷路", "云杉街道"},
}

var offices = words("光谷街道 星河街道 双新街道 飞虹镇 云杉街道")

// zoneName is the invented zone; region is a real code of the city it is set in.
const (
	zoneName = "长新高新区（演示）"
	region   = "220100"
)

// syllables are the characters of trade names with their reading.
var syllables = strings.Fields(`曜:yao 芯:xin 瑞:rui 恒:heng 启:qi 明:ming 宏:hong 远:yuan 博:bo 创:chuang 智:zhi 联:lian 华:hua 泰:tai 安:an 卓:zhuo
	越:yue 鼎:ding 盛:sheng 天:tian 合:he 源:yuan 科:ke 锐:rui 诚:cheng 达:da 凌:ling 云:yun 星:xing 辰:chen 沃:wo 拓:tuo 锦:jin 晟:sheng
	翔:xiang 宇:yu 凯:kai 旭:xu 嘉:jia 润:run 朗:lang 丰:feng 同:tong 信:xin 和:he 晶:jing 弘:hong 正:zheng 北:bei 松:song 白:bai 桦:hua 禾:he 芮:rui`)

// enterprise is a market entity of the zone.
type enterprise struct {
	uscc, name, english string
	form                string // kind of company
	industry            industry
	rep                 person
	capital             fixed // 万元, two decimals
	founded             time.Time
	street              street
	address, phone      string
	status              string
	staff               int
	revenue             fixed // 万元
}

// newEnterprises makes n enterprises with distinct names and codes.
func newEnterprises(r *rand.Rand, n int, regions []string) []*enterprise {
	weights := make([]float64, len(industries))
	for i, x := range industries {
		weights[i] = x.weight
	}
	used := map[string]bool{}
	var out []*enterprise
	for len(out) < n {
		e := newEnterprise(r, industries[weighted(r, weights)], regions)
		if used[e.name] || used[e.uscc] {
			continue
		}
		used[e.name], used[e.uscc] = true, true
		out = append(out, e)
	}
	return out
}

func newEnterprise(r *rand.Rand, in industry, regions []string) *enterprise {
	e := &enterprise{industry: in, rep: newPerson(r, regions), street: pick(r, streets)}
	e.form = []string{"有限责任公司", "有限责任公司(自然人独资)", "股份有限公司", "有限责任公司(外商投资)", "个人独资企业"}[weighted(r, []float64{62, 27, 5, 3, 3})]
	trade, latin := tradeName(r)
	suffix := map[string]string{"股份有限公司": "股份有限公司", "个人独资企业": "中心"}[e.form]
	if suffix == "" {
		suffix = "有限公司"
	}
	e.name = pick(r, []string{"长新", "长新", "长新", "长新市", "吉林省", ""}) + trade + pick(r, in.words) + suffix
	if r.IntN(8) == 0 {
		e.english = strings.ToUpper(latin[:1]) + latin[1:] + " " + englishWord[in.cluster] + " Co., Ltd."
	}
	e.uscc = newUSCC(r, region)
	e.founded = workday(r, foundingDate(r))
	e.capital = roundCapital(in.capital * math.Exp(1.25*r.NormFloat64()) * heavy(r))
	e.staff = max(1, int(in.staff*math.Exp(0.95*r.NormFloat64())))
	e.revenue = fixed{int64(float64(e.staff) * 45 * math.Exp(0.7*r.NormFloat64()) * 100), 2}
	e.address = fmt.Sprintf("%s%s%d号%s", zoneName, e.street.name, 1+r.IntN(2888), room(r))
	e.phone = e.rep.mobile
	if r.IntN(3) == 0 {
		e.phone = landline(r)
	}
	e.status = []string{"存续（在营、开业、在册）", "注销", "吊销，未注销", "迁出"}[weighted(r, []float64{84, 10, 4, 2})]
	return e
}

var englishWord = map[string]string{"光电": "Photonics", "卫星": "Space Information", "生物医药": "Biopharma", "汽车": "Auto Parts",
	"机器人": "Robotics", "软件": "Software", "能源": "Thermal Energy", "服务": "Services"}

func tradeName(r *rand.Rand) (han, latin string) {
	for range 2 + weighted(r, []float64{8, 2}) {
		h, l, _ := strings.Cut(pick(r, syllables), ":")
		han, latin = han+h, latin+l
	}
	return han, latin
}

func room(r *rand.Rand) string {
	switch r.IntN(4) {
	case 0:
		return ""
	case 1:
		return fmt.Sprintf("%d号楼%d室", 1+r.IntN(18), 100*(1+r.IntN(20))+1+r.IntN(24))
	case 2:
		return fmt.Sprintf("创业大厦%c座%d室", 'A'+rune(r.IntN(4)), 100*(1+r.IntN(24))+1+r.IntN(18))
	}
	return fmt.Sprintf("%s孵化基地%d层", pick(r, []string{"光电", "生物", "卫星", "机器人"}), 1+r.IntN(9))
}

// heavy gives the tail of capital: one in fifty has a Pareto factor with index 1.1.
func heavy(r *rand.Rand) float64 {
	if r.IntN(50) > 0 {
		return 1
	}
	return math.Min(math.Pow(1-r.Float64(), -1/1.1), 400)
}

// roundCapital rounds as founders do: mostly to a round number of 万元.
func roundCapital(x float64) fixed {
	for _, step := range []float64{1, 5, 10, 50, 100, 500, 1000, 5000, 10000} {
		if x < step*20 {
			return fixed{int64(math.Max(step, math.Round(x/step)*step) * 100), 2}
		}
	}
	return fixed{int64(math.Round(x/50000)*50000) * 100, 2}
}

// foundingDate: the density grows by 9 % a year from 1993 on.
func foundingDate(r *rand.Rand) time.Time {
	const years, growth = 31.4, 0.09
	x := math.Log(1+r.Float64()*(math.Exp(growth*years)-1)) / growth
	return time.Date(1993, 2, 1, 0, 0, 0, 0, time.UTC).AddDate(0, 0, int(x*365.2))
}

// workday moves Saturdays and Sundays to the Monday after; offices register on
// working days, with one Saturday in forty kept for on-line filings.
func workday(r *rand.Rand, d time.Time) time.Time {
	for d.Weekday() == time.Saturday || d.Weekday() == time.Sunday {
		if d.Weekday() == time.Saturday && r.IntN(40) == 0 {
			return d
		}
		d = d.AddDate(0, 0, 1)
	}
	return d
}
