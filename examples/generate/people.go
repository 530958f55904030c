package main

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"time"
)

// All persons are invented. Numbers are valid as to their check digits and formats,
// but taken from ranges that are not given out: identity numbers have the sequence
// 900-995, telephone numbers begin with segments not assigned to subscribers
// (unconfirmed), cards with the test prefix 620000.

var surnames = strings.Fields(`王 王 王 李 李 李 张 张 张 刘 刘 陈 杨 赵 赵 黄 周 吴 徐 孙 孙 胡 朱 高 林 何 郭 马 罗 梁 宋 郑 谢 韩 唐
	冯 于 于 董 萧 程 曹 袁 邓 许 傅 沈 曾 彭 吕 苏 卢 蒋 蔡 贾 丁 魏 薛 叶 阎 余 潘 杜 戴 夏 钟 汪 田 任 姜 姜 范 方 石 姚 谭 廖 邹 熊 金 金
	陆 郝 孔 白 白 崔 崔 康 毛 邱 秦 江 史 顾 侯 邵 孟 龙 万 段 雷 钱 汤 尹 黎 易 常 武 乔 贺 赖 龚 文 欧阳 上官 司徒`)

var givenMale = []rune("伟强磊军洋勇杰涛明超刚平辉健鹏飞斌宇浩凯波宁庆东文俊峰建国志海龙生林成思远哲睿轩")
var givenFemale = []rune("芳娜敏静丽艳娟霞秀英玲桂兰燕萍红玉雪梅琳颖慧洁倩婷佳怡欣悦雅楠蕾晶莹瑶诗涵梓萱")

// person is somebody invented.
type person struct {
	name   string
	male   bool
	birth  time.Time
	id     string
	mobile string
}

func pick[T any](r *rand.Rand, list []T) T { return list[r.IntN(len(list))] }

// weighted returns an index with probability proportional to its weight.
func weighted(r *rand.Rand, weights []float64) int {
	total := 0.0
	for _, w := range weights {
		total += w
	}
	x := r.Float64() * total
	for i, w := range weights {
		if x -= w; x < 0 {
			return i
		}
	}
	return len(weights) - 1
}

func newPerson(r *rand.Rand, regions []string) person {
	p := person{male: r.IntN(2) == 0}
	given := givenFemale
	if p.male {
		given = givenMale
	}
	p.name = pick(r, surnames) + string(pick(r, given))
	if r.IntN(10) < 7 {
		p.name += string(pick(r, given))
	}
	p.birth = time.Date(1953+r.IntN(52), 1, 1, 0, 0, 0, 0, time.UTC).AddDate(0, 0, r.IntN(365))
	p.id = residentID(r, pick(r, regions), p.birth, p.male)
	p.mobile = mobile(r)
	return p
}

// residentID makes an identity number: region, birth date, sequence (odd = male), check.
func residentID(r *rand.Rand, region string, birth time.Time, male bool) string {
	seq := 900 + 2*r.IntN(48)
	if male {
		seq++
	}
	body := fmt.Sprintf("%s%s%03d", region, birth.Format("20060102"), seq)
	return body + string(residentCheck(body))
}

func mobile(r *rand.Rand) string {
	return pick(r, []string{"154", "160", "161", "163", "164", "168"}) + fmt.Sprintf("%08d", r.IntN(1e8))
}

func landline(r *rand.Rand) string { return fmt.Sprintf("0431-8%07d", r.IntN(1e7)) }

// bankCard makes a 19-digit card number.
func bankCard(r *rand.Rand) string {
	body := fmt.Sprintf("620000%012d", r.Int64N(1e12))
	return body + string(luhnCheck(body))
}

// newUSCC makes a unified social credit code of an enterprise. Its organisation code
// begins with MY, which the registrars have not reached.
func newUSCC(r *rand.Rand, region string) string {
	org := "MY"
	for range 6 {
		org += string(usccAlphabet[r.IntN(len(usccAlphabet))])
	}
	kind := "91"
	if r.IntN(14) == 0 {
		kind = pick(r, []string{"92", "93"})
	}
	body := kind + region + org + string(orgCheck(org))
	return body + string(usccCheck(body))
}
