package main

import (
	"bytes"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/parquet-go/parquet-go"
)

// The heat store is a cabinet of sodium acetate trihydrate in four layers, which water
// passes from top to bottom when charging and from bottom to top when discharging.
//
// Enthalpy method (space-energy.md B1; Voller & Cross 1981): the state of a layer is
// its specific enthalpy h in kJ/kg, zero at the end of the solid phase, and
//
//	T(h) = Tsol + h/c                 h < 0
//	T(h) = Tsol + (Tliq−Tsol)·h/L     0 ≤ h ≤ L
//	T(h) = Tliq + (h−L)/c             h > L
//
// Water exchanges q = ṁ·cw·ε·(Tw−T) with a layer, ε = 1 − exp(−UA/(ṁ·cw)), and leaves
// it at Tw − q/(ṁ·cw); the room takes UAloss·(T−Troom). Energy is conserved to
// rounding, which a test checks.
//
// Material: melting at 58 °C, L = 260 kJ/kg (the round figures usual for the salt);
// range 57-59 °C and c = 3.15 kJ/(kg·K) after the card PCM58_a of modelica-buildings.
const (
	pcmSolidus  = 57.0   // °C
	pcmLiquidus = 59.0   // °C
	pcmLatent   = 260.0  // kJ/kg
	pcmHeat     = 3.15   // kJ/(kg·K)
	layerMass   = 650.0  // kg; four layers hold 188 kWh of latent heat
	layerUA     = 3.2    // kW/K between water and a layer
	layerLoss   = 0.0035 // kW/K between a layer and the room
	waterHeat   = 4.186  // kJ/(kg·K)
	layers      = 4
)

// pcmTemperature is T(h) of a material whose latent heat is latent.
func pcmTemperature(h, latent float64) float64 {
	switch {
	case h < 0:
		return pcmSolidus + h/pcmHeat
	case h <= latent:
		return pcmSolidus + (pcmLiquidus-pcmSolidus)*h/latent
	}
	return pcmLiquidus + (h-latent)/pcmHeat
}

// pcmEnthalpy is the inverse of pcmTemperature.
func pcmEnthalpy(temperature, latent float64) float64 {
	switch {
	case temperature < pcmSolidus:
		return (temperature - pcmSolidus) * pcmHeat
	case temperature <= pcmLiquidus:
		return (temperature - pcmSolidus) / (pcmLiquidus - pcmSolidus) * latent
	}
	return latent + (temperature-pcmLiquidus)*pcmHeat
}

// valve positions.
const (
	valveIdle = iota
	valveCharge
	valveDischarge
)

// cabinet is the state of one heat store; layer 0 is the lowest.
type cabinet struct {
	h     [layers]float64
	valve int
	flow  float64 // kg/s
	inlet float64 // °C
	out   float64 // °C
	// latent heat that is left, kJ/kg: the salt loses some over its cycles.
	latent float64
}

// charge returns the state of charge: enthalpy between empty (45 °C throughout, 0) and
// full (72 °C throughout, 1).
func (c *cabinet) charge() float64 {
	sum := 0.0
	for _, h := range c.h {
		sum += h
	}
	empty, full := pcmEnthalpy(45, c.latent), pcmEnthalpy(72, c.latent)
	return (sum/layers - empty) / (full - empty)
}

// step moves on by dt seconds and returns the heat that the water gave, in kJ, and the
// heat that was lost to the room.
func (c *cabinet) step(dt, roomTemperature float64) (given, lost float64) {
	water := c.inlet
	for i := range layers {
		k := layers - 1 - i // charging: hot water enters at the top
		if c.valve == valveDischarge {
			k = i
		}
		t := pcmTemperature(c.h[k], c.latent)
		if c.flow > 0 {
			capacity := c.flow * waterHeat
			q := capacity * (1 - math.Exp(-layerUA/capacity)) * (water - t)
			water -= q / capacity
			c.h[k] += q * dt / layerMass
			given += q * dt
		}
		loss := layerLoss * (t - roomTemperature)
		c.h[k] -= loss * dt / layerMass
		lost += loss * dt
	}
	c.out = water
	return given, lost
}

// operate sets valve, flow and inlet for a minute of the day: charge in the valley of
// the tariff (22-6 h) from a heat pump, discharge into the heating network at the
// peaks (6-9 h, 16-21 h); stop near the ends.
func (c *cabinet) operate(r *rand.Rand, minute int, outdoor float64) {
	hour := minute / 60
	switch soc := c.charge(); {
	case (hour >= 22 || hour < 6) && (soc < 0.93 || c.valve == valveCharge && soc < 0.97):
		c.valve, c.flow = valveCharge, 0.85
		c.inlet += 0.1 * (73.5 - c.inlet) // the heat pump needs ten minutes
	case (hour >= 6 && hour < 9 || hour >= 16 && hour < 21) && (soc > 0.12 || c.valve == valveDischarge && soc > 0.06):
		c.valve = valveDischarge
		c.flow = clamp(0.34-0.012*outdoor, 0.25, 0.8) // colder: more flow
		c.inlet += 0.15 * (39 - 0.15*outdoor - c.inlet)
	default:
		c.valve, c.flow = valveIdle, 0
		c.inlet += 0.01 * (24 - c.inlet) // pipes cool
	}
	if c.flow > 0 {
		c.flow *= 1 + 0.01*r.NormFloat64()
	}
}

func clamp(x, lo, hi float64) float64 { return math.Max(lo, math.Min(hi, x)) }

// reading is a row of the telemetry. Numbers are rounded to what the sensors resolve.
type reading struct {
	Time      int64    `parquet:"ts,timestamp(microsecond:local)"`
	T1        *float64 `parquet:"pcm_t1_c,dict,optional"` // 0.3 m above the floor
	T2        *float64 `parquet:"pcm_t2_c,dict,optional"` // 0.8 m
	T3        *float64 `parquet:"pcm_t3_c,dict,optional"` // 1.3 m
	T4        *float64 `parquet:"pcm_t4_c,dict,optional"` // 1.8 m
	Inlet     float64  `parquet:"inlet_c,dict"`
	OutletA   float64  `parquet:"outlet_a_c,dict"`
	OutletB   float64  `parquet:"outlet_b_c,dict"` // twin of outlet_a
	Flow      float64  `parquet:"flow_kg_s,dict"`
	Power     float64  `parquet:"power_kw,dict"` // heat from the water; negative when discharging
	SOC       float64  `parquet:"soc_pct,dict"`
	Valve     string   `parquet:"valve,dict"`
	Firmware  string   `parquet:"firmware,dict"`
	original  int64    // the true time, before a clock jump
	decimated bool     // lost in a gap
}

const microMinute = 60_000_000

// outdoorAt is an invented winter: −14 °C on average, colder in January, a daily wave
// of ±5 K and cold spells.
func outdoorAt(t time.Time) float64 {
	d := float64(t.YearDay()) + float64(t.Hour())/24
	return -14 - 4*math.Cos(2*math.Pi*(d-20)/90) + 5*math.Sin(2*math.Pi*(d-0.4)) + 4*math.Sin(d/3.1) + 2*math.Sin(d/1.7)
}

// simulate runs a cabinet for January and February 2024 in steps of a minute and
// keeps every fifth.
func simulate(r *rand.Rand, latent float64) []*reading {
	c := &cabinet{inlet: 30, latent: latent}
	for i := range c.h {
		c.h[i] = pcmEnthalpy(50+2*float64(i), latent)
	}
	var out []*reading
	for t := time.Date(2024, 1, 1, 0, 0, 0, 0, time.UTC); t.Month() < 3; t = t.Add(time.Minute) {
		c.operate(r, t.Hour()*60+t.Minute(), outdoorAt(t))
		c.step(60, 16+2*math.Sin(2*math.Pi*float64(t.YearDay())/60))
		if t.Minute()%5 == 0 {
			out = append(out, c.read(r, t))
		}
	}
	return out
}

// read measures: Pt100 sensors with 0.05 K noise and a resolution of 0.1 K.
func (c *cabinet) read(r *rand.Rand, t time.Time) *reading {
	temperature := func(x float64) float64 { return round(x+0.05*r.NormFloat64(), 1) }
	at := func(i int) *float64 { x := temperature(pcmTemperature(c.h[i], c.latent)); return &x }
	m := &reading{Time: t.UnixMicro(), original: t.UnixMicro(), T1: at(0), T2: at(1), T3: at(2), T4: at(3), Inlet: temperature(c.inlet),
		Flow: round(c.flow, 3), SOC: round(100*c.charge(), 1), Valve: []string{"idle", "charge", "discharge"}[c.valve], Firmware: "2.4.1"}
	out := c.out
	if c.flow == 0 {
		out = c.inlet
	}
	m.OutletA, m.OutletB = temperature(out), temperature(out)
	m.Power = round(c.flow*waterHeat*(c.inlet-out)+0.1*r.NormFloat64()*math.Min(1, c.flow*10), 2)
	return m
}

func round(x float64, digits int) float64 {
	p := math.Pow10(digits)
	y := math.Round(x*p) / p
	if y == 0 {
		return 0 // no −0
	}
	return y
}

// heat makes the telemetry of three cabinets, partitioned by cabinet and month, and
// the table of the cabinets.
func heat(seed func(string) *rand.Rand) ([]*table, map[string][]byte, error) {
	t := &table{dataset: "heat/telemetry", columns: []column{col("ts", timestamp), col("pcm_t1_c", float), col("pcm_t2_c", float), col("pcm_t3_c", float),
		col("pcm_t4_c", float), col("inlet_c", float), col("outlet_a_c", float), col("outlet_b_c", float), col("flow_kg_s", float),
		col("power_kw", float), col("soc_pct", float), col("valve", text), col("firmware", text), col("cabinet", text), col("month", text)}}
	files := map[string][]byte{}
	for i, id := range []string{"HS01", "HS02", "HS03"} {
		r := seed("heat " + id)
		list := simulate(r, pcmLatent*(1-0.03*float64(i)))
		months := t.plantHeat(r, id, list)
		for _, p := range months {
			b, err := p.parquet()
			if err != nil {
				return nil, nil, err
			}
			files[p.file] = b
			t.parts = append(t.parts, p)
		}
	}
	t.fileFlaw("constant", t.dataset, "firmware", 1, "one value in every row")
	specs := newTable("heat/cabinets.csv", "heat/cabinets.csv", col("cabinet", text), col("site", text), col("pcm", text), col("pcm_mass_kg", integer),
		col("latent_kwh", decimal), col("melting_c", integer), col("commissioned", date))
	for i, site := range []string{"星河街道换热站 3 号", "医谷路供热首站", "智驾大道 2666 号厂区"} {
		specs.first().add(fmt.Sprintf("HS%02d", i+1), site, "三水合醋酸钠 CH3COONa·3H2O", int(layers*layerMass), round(layers*layerMass*pcmLatent*(1-0.03*float64(i))/3600, 1), "58", fmt.Sprintf("2023-1%d-15", i))
	}
	files["heat/cabinets.csv"] = specs.delimited(specs.first(), style{delimiter: ","})
	return []*table{t, specs}, files, nil
}

// span is a run of readings by day and hour of 2024.
func span(list []*reading, from time.Time, d time.Duration) []*reading {
	lo, hi := from.UnixMicro(), from.Add(d).UnixMicro()
	var out []*reading
	for _, m := range list {
		if m.original >= lo && m.original < hi {
			out = append(out, m)
		}
	}
	return out
}

// planting is a flaw and the readings that carry it, until they become records.
type planting struct {
	name, column, note string
	readings           []*reading
}

func on(month, day, hour int) time.Time {
	return time.Date(2024, time.Month(month), day, hour, 0, 0, 0, time.UTC)
}

// plantHeat plants the flaws of a cabinet and turns its readings into monthly parts.
func (t *table) plantHeat(r *rand.Rand, id string, list []*reading) []*part {
	var plantings []planting
	plant := func(name, column, note string, readings []*reading, f func(i int, m *reading)) {
		for i, m := range readings {
			f(i, m)
		}
		plantings = append(plantings, planting{name, column, note, readings})
	}
	switch id {
	case "HS01":
		stuck := span(list, on(1, 17, 5), 11*time.Hour)
		v := *stuck[0].T3
		plant("stuck", "pcm_t3_c", "keeps one value from 2024-01-17 05:00 for 11 hours, through a discharge", stuck, func(_ int, m *reading) { m.T3 = &v })
		plant("spike", "inlet_c", "an impossible value for one reading", scattered(r, list, 9), func(i int, m *reading) { m.Inlet = []float64{-40, 150, 327.7}[i%3] })
		plant("null", "pcm_t2_c", "null: the sensor was unplugged", span(list, on(2, 6, 9), 2*time.Hour), func(_ int, m *reading) { m.T2 = nil })
	case "HS02":
		drift := span(list, on(1, 20, 0), 41*24*time.Hour)
		plant("drift", "outlet_b_c", "drifts from its twin outlet_a_c by 0.06 K a day from 2024-01-20 on", drift,
			func(_ int, m *reading) {
				m.OutletB = round(m.OutletB+0.06*float64(m.original-on(1, 20, 0).UnixMicro())/(24*60*microMinute), 1)
			})
		for _, g := range []struct {
			from time.Time
			d    time.Duration
		}{{on(1, 9, 13), 3 * time.Hour}, {on(1, 28, 2), 35 * time.Minute}, {on(2, 19, 18), 26 * time.Hour}} {
			for _, m := range span(list, g.from, g.d) {
				m.decimated = true
			}
			t.fileFlaw("gap", partFile(id, g.from), "ts", int(g.d/(5*time.Minute)), fmt.Sprintf("readings missing from %s for %v", g.from.Format("2006-01-02 15:04"), g.d))
		}
	case "HS03":
		plant("clock_jump", "ts", "the clock ran one hour ahead after the gateway restarted: 26 readings from 2024-02-11 07:00", span(list, on(2, 11, 7), 130*time.Minute),
			func(_ int, m *reading) { m.Time += 60 * microMinute })
		plant("spike", "pcm_t1_c", "an impossible value for one reading", scattered(r, list, 7), func(_ int, m *reading) { x := 999.9; m.T1 = &x })
		plant("offset", "flow_kg_s", "reads 0.042 where the pump stands still, after a zero was not set", span(list, on(1, 24, 10), 5*time.Hour), func(_ int, m *reading) { m.Flow = round(m.Flow+0.042, 3) })
	}
	list = slices.DeleteFunc(slices.Clone(list), func(m *reading) bool { return m.decimated })
	if id == "HS03" {
		moved := planting{name: "out_of_order", column: "ts", note: "the reading and the one behind it changed places"}
		for k := range 15 {
			i := 700 + 911*k
			list[i], list[i+1] = list[i+1], list[i]
			moved.readings = append(moved.readings, list[i+1])
		}
		plantings = append(plantings, moved)
	}
	if id == "HS01" {
		same := planting{name: "duplicate_row", note: "sent twice"}
		for k := range 8 {
			i := 500 + 1777*k
			c := *list[i]
			list = slices.Insert(list, i+1, &c)
			same.readings = append(same.readings, &c)
		}
		plantings = append(plantings, same)
	}
	return t.heatParts(id, list, plantings)
}

// scattered picks n readings while water flows, far from each other.
func scattered(r *rand.Rand, list []*reading, n int) []*reading {
	var out []*reading
	for k := range n {
		for {
			m := list[len(list)*k/n+r.IntN(len(list)/n)]
			if m.Flow > 0 && !slices.Contains(out, m) {
				out = append(out, m)
				break
			}
		}
	}
	return out
}

func partFile(id string, t time.Time) string {
	return fmt.Sprintf("heat/telemetry/cabinet=%s/month=%s/part-0.parquet", id, t.Format("2006-01"))
}

func (t *table) heatParts(id string, list []*reading, plantings []planting) []*part {
	var parts []*part
	records := map[*reading]*record{}
	for _, m := range list {
		when := time.UnixMicro(m.original).UTC()
		file := partFile(id, when)
		if len(parts) == 0 || parts[len(parts)-1].file != file {
			parts = append(parts, &part{file: file})
		}
		p := parts[len(parts)-1]
		rec := p.add(time.UnixMicro(m.Time).UTC().Format("2006-01-02 15:04:05"), number(m.T1), number(m.T2), number(m.T3), number(m.T4), number(&m.Inlet),
			number(&m.OutletA), number(&m.OutletB), number(&m.Flow), number(&m.Power), number(&m.SOC), m.Valve, m.Firmware, id, when.Format("2006-01"))
		rec.more = m
		records[m] = rec
	}
	for _, x := range plantings {
		f := t.flaw(x.name, x.column, x.note)
		for _, m := range x.readings {
			if rec := records[m]; rec != nil {
				f.on(rec)
			}
		}
	}
	return parts
}

func number(x *float64) any {
	if x == nil {
		return nil
	}
	return fmt.Sprint(*x)
}

// parquet writes a part as one file with one row group.
func (p *part) parquet() ([]byte, error) {
	var b bytes.Buffer
	w := parquet.NewGenericWriter[reading](&b, parquet.Compression(&parquet.Zstd), parquet.CreatedBy("assay examples", "1", "0"))
	var list []reading
	for _, rec := range p.rows() {
		list = append(list, *rec.more.(*reading))
	}
	if _, err := w.Write(list); err != nil {
		return nil, errors.Join(err, w.Close())
	}
	if err := w.Close(); err != nil {
		return nil, err
	}
	return b.Bytes(), nil
}
