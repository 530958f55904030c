package main

import (
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
	"time"
)

// cluster is one of the ten data-centre clusters of the eight national hubs (NDRC,
// February 2022), with the carbon factor of its province for 2022 (MEE notice of 20
// December 2024, kg CO2/kWh) and its time-of-use tariff (document numbers in
// space-energy.md A3). Energy and fixed price are invented round figures: only the
// energy part floats, transmission, losses and funds do not.
type cluster struct {
	hub, name, province string
	lat, lon            float64
	factor              float64
	document            string
	energy, fixed       float64    // yuan/kWh
	peak, valley        float64    // ratio to the flat energy price
	periods             [24]string // of the tariff, in summer
	solar               float64    // share of solar power at noon, invented
}

// hours builds a day of tariff periods: "valley 0-8 23-24, peak 10-12".
func hours(spec string) (out [24]string) {
	for i := range out {
		out[i] = "平"
	}
	for _, p := range strings.Split(spec, ",") {
		f := strings.Fields(p)
		for _, s := range f[1:] {
			var a, b int
			if n, err := fmt.Sscanf(s, "%d-%d", &a, &b); n != 2 || err != nil {
				panic("tariff " + spec)
			}
			for h := a; h < b; h++ {
				out[h] = f[0]
			}
		}
	}
	return out
}

var clusters = []cluster{
	{"京津冀", "张家口", "河北", 40.77, 114.88, .7252, "冀发改能价〔2023〕1711号", .38, .14, 1.6, .5, hours("谷 1-7 12-14, 峰 8-10 16-22"), .30},
	{"长三角", "长三角一体化示范区", "上海", 31.15, 121.12, .5849, "沪发改价管〔2022〕50号", .44, .20, 1.8, .4, hours("谷 0-6 22-24, 峰 8-15 18-21"), .08},
	{"长三角", "芜湖", "安徽", 31.33, 118.38, .6782, "皖发改价格〔2025〕302号", .41, .17, 1.74, .382, hours("谷 0-6 11-14 23-24, 峰 6-8 16-22"), .18},
	{"粤港澳", "韶关", "广东", 24.81, 113.60, .4403, "粤发改价格〔2021〕331号", .45, .16, 1.7, .38, hours("谷 0-8, 峰 10-12 14-19, 尖 11-12 15-17"), .10},
	{"成渝", "天府", "四川", 30.42, 104.08, .1404, "川发改价格〔2025〕185号", .34, .18, 1.6, .4, hours("谷 0-8 22-24, 峰 10-12 17-22"), .05},
	{"成渝", "重庆", "重庆", 29.53, 106.55, .5227, "渝发改规范〔2021〕14号", .39, .19, 1.6, .4, hours("谷 0-8, 峰 11-17 20-22"), .05},
	{"内蒙古", "和林格尔", "内蒙古", 40.38, 111.82, .6849, "内发改价费字〔2023〕1630号", .29, .10, 1.54, .44, hours("谷 11-13 15-16, 深谷 13-15, 峰 6-8 18-22, 尖 19-21"), .35},
	{"贵州", "贵安", "贵州", 26.40, 106.48, .4989, "黔发改价格〔2023〕481号", .36, .13, 1.6, .4, hours("谷 0-8, 峰 10-13 17-22"), .12},
	{"甘肃", "庆阳", "甘肃", 35.71, 107.64, .4772, "甘发改价格〔2024〕424号", .31, .12, 1.5, .5, hours("谷 10-16, 峰 6-8 18-23"), .38},
	{"宁夏", "中卫", "宁夏", 37.50, 105.19, .6423, "宁发改价格（管理）〔2024〕952号", .27, .09, 1.5, .5, hours("谷 9-17, 峰 7-9 17-23"), .40},
}

// price in yuan/kWh at an hour: energy·ratio + fixed. A sharp hour costs a quarter (a
// fifth in Inner Mongolia) more than a peak hour, a deep one a fifth less than a valley.
func (c cluster) price(hour int) float64 {
	ratio := map[string]float64{"平": 1, "峰": c.peak, "谷": c.valley, "尖": 1.2 * c.peak, "深谷": 0.8 * c.valley}[c.periods[hour]]
	return c.energy*ratio + c.fixed
}

// carbon in g CO2/kWh: an invented daily shape around the yearly factor. Solar power
// takes its share off between 6 and 20 h; what is left is raised so that the mean over
// a clear day is the factor. No hourly intensity of Chinese grids is published.
func (c cluster) carbon(hour int, clear float64) float64 {
	sun := func(h int) float64 { return math.Max(0, math.Sin(math.Pi*(float64(h)-5.5)/14)) }
	mean := 0.0
	for h := range 24 {
		mean += 1 - c.solar*0.9*sun(h)
	}
	return 1000 * c.factor * (1 - c.solar*0.9*clear*sun(hour)) * 24 / mean
}

// hubs makes the hourly table (semicolons, decimal commas), the list of clusters and
// the matrix of delays (tabs, comments).
func hubs(r *rand.Rand) ([]*table, map[string][]byte, error) {
	hourly, b, err := hubHours(r)
	if err != nil {
		return nil, nil, err
	}
	list, listBytes := clusterList()
	delays, delayBytes := delayTable()
	return []*table{hourly, list, delays}, map[string][]byte{hourly.first().file: b, list.first().file: listBytes, delays.first().file: delayBytes}, nil
}

func commaCell(x float64, digits int) string {
	return strings.Replace(formatFixed(int64(math.Round(x*math.Pow10(digits))), digits), ".", ",", 1)
}

func hubHours(r *rand.Rand) (*table, []byte, error) {
	const file = "hubs/枢纽电价碳强度_2024-06至09.csv.gz"
	t := newTable(file, file, col("zeit", timestamp), col("hub", text), col("cluster", text), col("tariff_period", text), col("price_cny_kwh", decimal),
		col("carbon_g_kwh", decimal), col("it_load_mw", decimal), col("pue", decimal))
	p := t.first()
	clear := make([]float64, len(clusters))
	for at := time.Date(2024, 6, 1, 0, 0, 0, 0, time.UTC); at.Month() < 10; at = at.Add(time.Hour) {
		for i, c := range clusters {
			if at.Hour() == 0 {
				clear[i] = clamp(0.8+0.35*r.NormFloat64(), 0.15, 1.1)
			}
			if c.name == "庆阳" && at.Month() == 8 && at.Day() == 14 && at.Hour() >= 3 && at.Hour() < 9 {
				continue
			}
			load := (30 + 8*float64(i%4)) * (1 + 0.12*math.Sin(2*math.Pi*(float64(at.Hour())-9)/24)) * (1 + 0.02*r.NormFloat64())
			pue := 1.12 + 0.006*math.Max(0, 34-c.lat) + 0.03*math.Sin(math.Pi*float64(at.Hour())/24)
			p.add(at.Format("2006-01-02 15:04:05"), c.hub, c.name, c.periods[at.Hour()], commaCell(c.price(at.Hour()), 4),
				commaCell(c.carbon(at.Hour(), clear[i])*(1+0.02*r.NormFloat64()), 1), commaCell(load, 1), commaCell(pue, 2))
		}
	}
	t.fileFlaw("gap", file, "zeit", 6, "庆阳 lacks the hours 3 to 8 of 2024-08-14")
	t.fileFlaw("decimal_comma", file, "price_cny_kwh", 1, "a foreign format: fields are divided by semicolons, decimals by commas, in all numeric columns")
	rows := chooser(r, p.records)
	t.change("mixed_format", "price_cny_kwh", "a decimal point where the others have a comma", rows(40), func(_ int, s string) any { return strings.Replace(s, ",", ".", 1) })
	t.change("spike", "carbon_g_kwh", "a hundred times too large: the comma was lost", rows(5), func(_ int, s string) any { return strings.Replace(s, ",", "", 1) + "0,0" })
	t.change("null_word", "it_load_mw", "a word where there is no value", rows(30), func(i int, _ string) any { return []string{"N/A", "-"}[i%2] })
	same := t.flaw("duplicate_row", "", "the same hour again")
	for _, rec := range rows(6) {
		same.on(p.later(r, rec, rec.clone()))
	}
	b, err := inGzip(t.delimited(p, style{delimiter: ";"}))
	return t, b, err
}

func clusterList() (*table, []byte) {
	const file = "hubs/clusters.tsv"
	t := newTable(file, file, col("hub", text), col("cluster", text), col("province", text), col("lat", decimal), col("lon", decimal),
		col("factor_2022_kg_kwh", decimal), col("tariff_document", text))
	for _, c := range clusters {
		t.first().add(c.hub, c.name, c.province, fixed{int64(math.Round(c.lat * 100)), 2}, fixed{int64(math.Round(c.lon * 100)), 2}, fixed4(c.factor), c.document)
	}
	t.fileFlaw("comment_lines", file, "", 3, "three lines begin with # above the header: no rows, no rejects")
	return t, t.delimited(t.first(), style{delimiter: "\t", above: []string{
		"# 东数西算: 8 hubs, 10 clusters (NDRC, February 2022)",
		"# factor: average grid factor of the province, 2022, location-based (MEE and NBS, 2024-12-20)",
		"# tariff_document: the number of the time-of-use notice; wording of the issuer's prefix unconfirmed"}})
}

// delayTable models the one-way delay between clusters: great circle × 1.5 at 200 km/ms
// (space-energy.md A1, fits two published figures).
func delayTable() (*table, []byte) {
	const file = "hubs/delay.tsv"
	t := newTable(file, file, col("from", text), col("to", text), col("distance_km", integer), col("delay_ms", decimal))
	for _, a := range clusters {
		for _, b := range clusters {
			if a.name == b.name {
				continue
			}
			h := func(x float64) float64 { return math.Pow(math.Sin(x*radian/2), 2) }
			km := 2 * 6371.0088 * math.Asin(math.Sqrt(h(a.lat-b.lat)+math.Cos(a.lat*radian)*math.Cos(b.lat*radian)*h(a.lon-b.lon)))
			t.first().add(a.name, b.name, int(math.Round(km)), fixed{int64(math.Round(km * 1.5 / 200 * 10)), 1})
		}
	}
	t.fileFlaw("comment_lines", file, "", 2, "two lines begin with # above the header: no rows, no rejects")
	return t, t.delimited(t.first(), style{delimiter: "\t", above: []string{"# one-way delay between clusters, a model and no measurement", "# delay = great-circle distance x 1.5 / (200 km per ms)"}})
}
