package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"math/rand/v2"
	"time"
)

// The satellites are invented; their orbits are circular and sun-synchronous with the
// secular part of J2 (Vallado, Fundamentals of Astrodynamics, section 9.6):
//
//	n  = √(µ/a³)
//	Ω̇  = −(3/2)·J2·(R/a)²·n·cos i        = 2π per tropical year, which gives i
//	u̇  = n·(1 + (3/2)·J2·(R/a)²·(3 − 4·sin² i))
//
// The node is where the local time of the ascending node puts it against the mean sun;
// the Earth turns with GMST. Drag, eccentricity and the higher terms are left out:
// passes are right to about a minute after a month, which is enough to look real.
const (
	earthMu     = 398600.4418 // km³/s²
	earthRadius = 6378.137    // km, equator, WGS 84
	earthFlat   = 1 / 298.257223563
	earthJ2     = 1.08262668e-3
	radian      = math.Pi / 180
)

// station is an invented ground station in a real city.
var station = struct{ lat, lon, height float64 }{43.88, 125.35, 0.24}

const minElevation = 5.0 // degrees

type satellite struct {
	name     string
	height   float64 // km
	nodeTime float64 // local time of the ascending node, h
	phase    float64 // argument of latitude at the epoch, degrees
	rate     float64 // of the downlink, Mbit/s
}

var satellites = []satellite{
	{"YS-1A", 535, 22.5, 10, 450}, {"YS-1B", 535, 22.5, 190, 450}, {"YS-2A", 500, 13.5, 75, 900}, {"YS-3A", 555, 18.0, 300, 1200},
}

var epoch = time.Date(2024, 6, 1, 0, 0, 0, 0, time.UTC)

type vector struct{ x, y, z float64 }

func (a vector) minus(b vector) vector { return vector{a.x - b.x, a.y - b.y, a.z - b.z} }
func (a vector) dot(b vector) float64  { return a.x*b.x + a.y*b.y + a.z*b.z }
func (a vector) length() float64       { return math.Sqrt(a.dot(a)) }

// inclination is what makes the node follow the sun.
func (s satellite) inclination() float64 {
	a := earthRadius + s.height
	n := math.Sqrt(earthMu / (a * a * a))
	node := 2 * math.Pi / (365.2421897 * 86400)
	return math.Acos(-node / (1.5 * earthJ2 * (earthRadius / a) * (earthRadius / a) * n))
}

// position gives the satellite in the frame that turns with the Earth, in km.
func (s satellite) position(t float64) vector { // t: seconds since the epoch
	a := earthRadius + s.height
	n := math.Sqrt(earthMu / (a * a * a))
	i := s.inclination()
	k := 1.5 * earthJ2 * (earthRadius / a) * (earthRadius / a)
	u := s.phase*radian + n*(1+k*(3-4*math.Sin(i)*math.Sin(i)))*t
	days := float64(epoch.Unix()-946728000) / 86400 // since 2000-01-01 12:00
	sun := (280.460 + 0.9856474*days) * radian
	node := sun + (s.nodeTime-12)*15*radian - k*n*math.Cos(i)*t
	gmst := (280.46061837 + 360.98564736629*(days+t/86400)) * radian
	l := node - gmst
	return vector{a * (math.Cos(l)*math.Cos(u) - math.Sin(l)*math.Sin(u)*math.Cos(i)),
		a * (math.Sin(l)*math.Cos(u) + math.Cos(l)*math.Sin(u)*math.Cos(i)), a * math.Sin(u) * math.Sin(i)}
}

// look gives elevation and azimuth of the satellite from the station, in degrees.
func (s satellite) look(t float64) (elevation, azimuth float64) {
	lat, lon := station.lat*radian, station.lon*radian
	e2 := earthFlat * (2 - earthFlat)
	n := earthRadius / math.Sqrt(1-e2*math.Sin(lat)*math.Sin(lat))
	at := vector{(n + station.height) * math.Cos(lat) * math.Cos(lon), (n + station.height) * math.Cos(lat) * math.Sin(lon), (n*(1-e2) + station.height) * math.Sin(lat)}
	d := s.position(t).minus(at)
	up := vector{math.Cos(lat) * math.Cos(lon), math.Cos(lat) * math.Sin(lon), math.Sin(lat)}
	east := vector{-math.Sin(lon), math.Cos(lon), 0}
	north := vector{-math.Sin(lat) * math.Cos(lon), -math.Sin(lat) * math.Sin(lon), math.Cos(lat)}
	azimuth = math.Atan2(d.dot(east), d.dot(north)) / radian
	if azimuth < 0 {
		azimuth += 360
	}
	return math.Asin(d.dot(up)/d.length()) / radian, azimuth
}

// below is the point under the satellite, in degrees (latitude geocentric).
func (s satellite) below(t float64) (lat, lon float64) {
	p := s.position(t)
	return math.Asin(p.z/p.length()) / radian, math.Atan2(p.y, p.x) / radian
}

// pass is one flight over the station, in seconds since the epoch.
type pass struct {
	sat           satellite
	aos, los, top float64
	elevation     float64
}

// passesOf finds the passes of a number of days by steps of 20 s and bisection.
func passesOf(s satellite, days int) []pass {
	var out []pass
	above := func(t float64) bool { e, _ := s.look(t); return e >= minElevation }
	edge := func(lo, hi float64) float64 {
		for range 30 {
			if mid := (lo + hi) / 2; above(mid) == above(lo) {
				lo = mid
			} else {
				hi = mid
			}
		}
		return math.Round(hi)
	}
	const step = 20
	rise := math.NaN()
	for t := float64(step); t < float64(days)*86400; t += step {
		was, is := above(t-step), above(t)
		switch {
		case is && !was:
			rise = edge(t-step, t)
		case was && !is && !math.IsNaN(rise):
			p := pass{sat: s, aos: rise, los: edge(t-step, t)}
			p.top, p.elevation = s.culmination(p.aos, p.los)
			out = append(out, p)
		}
	}
	return out
}

func (s satellite) culmination(lo, hi float64) (at, elevation float64) {
	for range 40 { // ternary search: elevation has one maximum in a pass
		a, b := lo+(hi-lo)/3, hi-(hi-lo)/3
		ea, _ := s.look(a)
		eb, _ := s.look(b)
		if ea < eb {
			lo = a
		} else {
			hi = b
		}
	}
	elevation, _ = s.look(lo)
	return lo, elevation
}

func instant(t float64) time.Time { return epoch.Add(time.Duration(math.Round(t)) * time.Second) }

// passTable makes satellite_passes.csv and returns the passes for the scenes.
func passTable(r *rand.Rand) (*table, []byte, []pass) {
	const file = "space/satellite_passes.csv"
	t := newTable(file, file, col("pass_id", text), col("satellite", text), col("station", text), col("aos", timestamp), col("los", timestamp),
		col("duration_s", integer), col("max_elevation_deg", decimal), col("aos_azimuth_deg", decimal), col("los_azimuth_deg", decimal), col("direction", text),
		col("antenna", text), col("status", text), col("received_gb", decimal))
	var all []pass
	for _, s := range satellites {
		all = append(all, passesOf(s, 61)...)
	}
	sortPasses(all)
	p := t.first()
	busy := 0.0 // until when the large antenna is taken
	for i, x := range all {
		antenna := "XA-7.3m"
		if x.aos > busy {
			antenna, busy = "XB-12m", x.los+180
		}
		p.passRow(r, i+1, x, antenna)
	}
	rows := chooser(r, p.records)
	t.change("order_violation", "los", "before aos", rows(3), func(int, string) any { return "2024-05-31T00:00:00Z" })
	t.change("out_of_range", "max_elevation_deg", "higher than the zenith", rows(2), func(int, string) any { return "91.7" })
	t.change("null_word", "received_gb", "a word where there is no value", rows(12), func(int, string) any { return "N/A" })
	same := t.flaw("duplicate_row", "", "the same pass again")
	for _, rec := range rows(5) {
		same.on(p.later(r, rec, rec.clone()))
	}
	t.fileFlaw("constant", file, "station", 1, "one value in every row")
	return t, t.delimited(p, style{delimiter: ","}), all
}

func sortPasses(all []pass) {
	for i := 1; i < len(all); i++ { // nearly sorted runs: insertion keeps it short
		for j := i; j > 0 && all[j].aos < all[j-1].aos; j-- {
			all[j], all[j-1] = all[j-1], all[j]
		}
	}
}

func (p *part) passRow(r *rand.Rand, id int, x pass, antenna string) {
	_, from := x.sat.look(x.aos)
	_, to := x.sat.look(x.los)
	before, _ := x.sat.below(x.top - 10)
	after, _ := x.sat.below(x.top + 10)
	direction := "升轨"
	if after < before {
		direction = "降轨"
	}
	status, got := "成功", any(fixed{int64((x.los - x.aos - 45*r.Float64()) * x.sat.rate / 8 / 1000 * 85), 2})
	switch {
	case x.elevation < 10:
		status, got = "未安排", nil
	case r.IntN(45) == 0:
		status, got = pick(r, words("失锁 降雨中断 设备故障")), fixed{0, 2}
	}
	p.add(fmt.Sprintf("P2024%05d", id), x.sat.name, "演示接收站", instant(x.aos).Format(time.RFC3339), instant(x.los).Format(time.RFC3339), int(x.los-x.aos),
		fixed{int64(math.Round(x.elevation * 100)), 2}, fixed{int64(math.Round(from * 10)), 1}, fixed{int64(math.Round(to * 10)), 1}, direction, antenna, status, got)
}

// scene is an item of the index, in the shape of a STAC 1.1 item.
type scene struct {
	Type       string         `json:"type"`
	Version    string         `json:"stac_version"`
	ID         string         `json:"id"`
	Collection string         `json:"collection"`
	BBox       []float64      `json:"bbox"`
	Geometry   map[string]any `json:"geometry"`
	Properties sceneFacts     `json:"properties"`
	Assets     map[string]any `json:"assets"`
}

type sceneFacts struct {
	Datetime  *string  `json:"datetime"`
	Platform  string   `json:"platform"`
	GSD       float64  `json:"gsd"`
	Cloud     *float64 `json:"eo:cloud_cover,omitempty"`
	OffNadir  float64  `json:"view:off_nadir"`
	SunHeight float64  `json:"view:sun_elevation"`
}

type sceneAsset struct {
	Href string   `json:"href"`
	Type string   `json:"type"`
	Role []string `json:"roles"`
	Size int      `json:"file:size"`
}

// scenes makes scene_index.json: an array of items, taken on passes by day.
func scenes(r *rand.Rand, passes []pass) (*table, []byte, error) {
	const file = "space/scene_index.json"
	t := newTable(file, file, col("id", text), col("collection", text), col("properties.datetime", timestamp), col("properties.platform", text),
		col("properties.gsd", decimal), col("properties.eo:cloud_cover", decimal))
	p := t.first()
	for _, x := range passes {
		local := instant(x.top).Add(8*time.Hour + 21*time.Minute)
		radar := x.sat.name == "YS-3A"
		if x.elevation < 32 || !radar && (local.Hour() < 8 || local.Hour() > 15) || radar && r.IntN(2) == 0 {
			continue
		}
		for range 1 + r.IntN(2) {
			p.scene(r, x, radar)
		}
	}
	t.plantScenes(r)
	var b bytes.Buffer
	b.WriteString("[\n")
	for i, rec := range p.records {
		line, err := json.Marshal(rec.more)
		if err != nil {
			return nil, nil, err
		}
		b.Write(line)
		if i < len(p.records)-1 {
			b.WriteByte(',')
		}
		b.WriteByte('\n')
	}
	b.WriteString("]\n")
	return t, b.Bytes(), nil
}

func (p *part) scene(r *rand.Rand, x pass, radar bool) {
	at := math.Round(x.top + 90*r.Float64() - 45)
	lat, lon := x.sat.below(at)
	tilt := 50*r.Float64() - 25
	lon += math.Tan(tilt*radian) * x.sat.height / (111.32 * math.Cos(lat*radian))
	half := 0.11
	wide := half / math.Cos(lat*radian)
	box := []float64{round(lon-wide, 4), round(lat-half, 4), round(lon+wide, 4), round(lat+half, 4)}
	when := instant(at).Format(time.RFC3339)
	s := &scene{Type: "Feature", Version: "1.1.0", ID: fmt.Sprintf("%s_%s_%03d", x.sat.name, instant(at).Format("20060102T150405"), len(p.records)+1),
		Collection: "ys-optical-l1", BBox: box, Geometry: map[string]any{"type": "Polygon", "coordinates": ring(box)},
		Properties: sceneFacts{Datetime: &when, Platform: x.sat.name, GSD: 0.75, OffNadir: round(math.Abs(tilt), 1), SunHeight: round(sunHeight(instant(at), lat, lon), 1)},
		Assets:     map[string]any{}}
	if radar {
		s.Collection, s.Properties.GSD = "ys-sar-l1", 3
	} else {
		// Cloud in a Manchurian summer: often none, often nearly all.
		c := round(100*math.Pow(r.Float64(), 1+1.2*float64(r.IntN(2)))*math.Min(1, 0.55+0.5*r.Float64()), 1)
		s.Properties.Cloud = &c
	}
	for _, a := range []string{"image", "thumbnail", "metadata"} {
		ext, kind, size := ".tif", "image/tiff; application=geotiff; profile=cloud-optimized", 300e6+200e6*r.Float64()
		if a == "thumbnail" {
			ext, kind, size = ".png", "image/png", 20e3+30e3*r.Float64()
		}
		if a == "metadata" {
			ext, kind, size = ".xml", "application/xml", 9e3+2e3*r.Float64()
		}
		s.Assets[a] = sceneAsset{"./" + s.ID + "_" + a + ext, kind, []string{map[string]string{"image": "data"}[a] + map[string]string{"thumbnail": "thumbnail", "metadata": "metadata"}[a]}, int(size)}
	}
	cloud := any(nil)
	if s.Properties.Cloud != nil {
		cloud = *s.Properties.Cloud
	}
	p.add(s.ID, s.Collection, when, s.Properties.Platform, s.Properties.GSD, cloud).more = s
}

func ring(b []float64) [][][2]float64 {
	return [][][2]float64{{{b[0], b[1]}, {b[2], b[1]}, {b[2], b[3]}, {b[0], b[3]}, {b[0], b[1]}}}
}

// sunHeight is the elevation of the mean sun, good to about a degree.
func sunHeight(t time.Time, lat, lon float64) float64 {
	days := float64(t.Unix()-946728000) / 86400
	declination := math.Asin(math.Sin(23.44*radian) * math.Sin((280.46+0.9856474*days)*radian))
	hour := (float64(t.Hour())+float64(t.Minute())/60-12)*15 + lon
	return math.Asin(math.Sin(lat*radian)*math.Sin(declination)+math.Cos(lat*radian)*math.Cos(declination)*math.Cos(hour*radian)) / radian
}

func (t *table) plantScenes(r *rand.Rand) {
	p := t.first()
	rows := chooser(r, p.records)
	swapped := t.flaw("swapped_axes", "bbox[]", "latitude before longitude")
	for _, rec := range rows(3) {
		b := rec.more.(*scene).BBox
		rec.more.(*scene).BBox = []float64{b[1], b[0], b[3], b[2]}
		swapped.on(rec)
	}
	null := t.flaw("null", "properties.datetime", "null, which STAC allows only with start and end")
	for _, rec := range rows(2) {
		rec.more.(*scene).Properties.Datetime = nil
		rec.cells[t.at("properties.datetime")] = toCell(nil)
		null.on(rec)
	}
	range100 := t.flaw("out_of_range", "properties.eo:cloud_cover", "more than 100 per cent")
	for _, rec := range rows(2) {
		x := 127.0
		rec.more.(*scene).Properties.Cloud = &x
		rec.cells[t.at("properties.eo:cloud_cover")] = toCell("127")
		range100.on(rec)
	}
	same := t.flaw("duplicate_row", "", "the same scene again")
	for _, rec := range rows(3) {
		same.on(p.later(r, rec, rec.clone()))
	}
}
