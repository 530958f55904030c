package main

import (
	"fmt"
	"math"
	"path/filepath"
	"testing"
	"time"

	"github.com/parquet-go/parquet-go"
)

// telemetry reads the committed months of a cabinet.
func telemetry(t *testing.T, id string) (list []reading) {
	t.Helper()
	for _, month := range []int{1, 2} {
		file := partFile(id, on(month, 1, 0))
		part, err := parquet.ReadFile[reading](filepath.Join(committed, "zone", filepath.FromSlash(file)))
		if err != nil {
			t.Fatal(err)
		}
		list = append(list, part...)
	}
	return list
}

// listed sums the counts of a flaw over the files of a cabinet.
func listed(t *testing.T, id, name, column string) (n int) {
	t.Helper()
	for _, f := range committedJSON[[]flawEntry](t, "flaws.json") {
		for _, month := range []int{1, 2} {
			if f.File == partFile(id, on(month, 1, 0)) && f.Flaw == name && f.Column == column {
				n += f.Count
			}
		}
	}
	return n
}

// Gaps and disorder are counted from the time stamps alone.
func TestTimeStampsHaveTheListedFlaws(t *testing.T) {
	const step = 5 * microMinute
	for id, want := range map[string]struct{ missing, back, same int }{
		"HS01": {0, 0, listed(t, "HS01", "duplicate_row", "")},
		"HS02": {listed(t, "HS02", "gap", "ts"), 0, 0},
		// The clock jump ends with one step back; it begins with a gap of an hour.
		"HS03": {12 + listed(t, "HS03", "out_of_order", "ts"), listed(t, "HS03", "out_of_order", "ts") + 1, 0},
	} {
		missing, back, same := 0, 0, 0
		list := telemetry(t, id)
		for i := range list[1:] {
			switch d := list[i+1].Time - list[i].Time; {
			case d < 0:
				back++
			case d == 0:
				same++
			case d > step:
				missing += int(d/step) - 1
			}
		}
		if id == "HS03" { // a changed pair leaves a hole before and one behind
			missing -= listed(t, "HS03", "out_of_order", "ts")
		}
		if missing != want.missing || back != want.back || same != want.same {
			t.Errorf("%s: %d missing, %d back, %d repeated; want %+v", id, missing, back, same, want)
		}
	}
}

// The stuck sensor stands still while the layer below it moves by several kelvin.
func TestStuckSensorStandsStill(t *testing.T) {
	run, longest, moved := 0, 0, 0.0
	list := telemetry(t, "HS01")
	for i := 1; i < len(list); i++ {
		if *list[i].T3 != *list[i-1].T3 {
			run = 0
			continue
		}
		if run++; run > longest {
			longest = run
			if run == 131 {
				lo, hi := math.Inf(1), math.Inf(-1)
				for _, m := range list[i-131 : i+1] {
					lo, hi = min(lo, *m.T2), max(hi, *m.T2)
				}
				moved = hi - lo
			}
		}
	}
	if want := listed(t, "HS01", "stuck", "pcm_t3_c"); longest+1 < want || longest+1 > want+2 {
		t.Errorf("one value for %d readings, want %d", longest+1, want)
	}
	if moved < 3 {
		t.Errorf("the layer below moved by %.1f K only", moved)
	}
}

// The drifting sensor leaves its twin by 0.06 K a day from 20 January on, and does not
// before.
func TestDriftingSensorLeavesItsTwin(t *testing.T) {
	by := map[string][]float64{}
	for _, m := range telemetry(t, "HS02") {
		day := time.UnixMicro(m.Time).UTC().Format("01-02")
		by[day] = append(by[day], m.OutletB-m.OutletA)
	}
	for day, want := range map[string]float64{"01-10": 0, "01-19": 0, "01-30": 0.06 * 10.5, "02-28": 0.06 * 39.5} {
		sum := 0.0
		for _, d := range by[day] {
			sum += d
		}
		// 288 differences of two sensors with 0.05 K noise: standard error 0.004 K.
		if got := sum / float64(len(by[day])); math.Abs(got-want) > 0.02 {
			t.Errorf("%s: twin is %.3f K off, want %.3f", day, got, want)
		}
	}
}

// A day must look like a heat store: charged at six, poor at nine in the evening, flat
// near 58 °C while it melts.
func TestStoreFollowsTheTariff(t *testing.T) {
	for _, id := range []string{"HS01", "HS02", "HS03"} {
		full, poor, days := 0.0, 0.0, 0.0
		plateau := 0
		list := telemetry(t, id)
		for _, m := range list {
			switch at := time.UnixMicro(m.Time).UTC(); {
			case at.Hour() == 6 && at.Minute() == 0:
				full, days = full+m.SOC, days+1
			case at.Hour() == 21 && at.Minute() == 0:
				poor += m.SOC
			}
			if math.Abs(*m.T3-58) <= 1.2 {
				plateau++
			}
		}
		if days < 55 || full/days < 85 || poor/days > 40 {
			t.Errorf("%s: %.0f %% at six, %.0f %% at 21 h over %v days", id, full/days, poor/days, days)
		}
		if share := float64(plateau) / float64(len(list)); share < 0.25 {
			t.Errorf("%s: in the melting range %s of the time", id, fmt.Sprintf("%.0f %%", 100*share))
		}
	}
}
