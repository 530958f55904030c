package main

import (
	"math"
	"testing"
)

// Heat in, heat out and what the salt holds must agree: the first law.
func TestHeatStoreConservesEnergy(t *testing.T) {
	r := stream("test")
	c := &cabinet{inlet: 30, latent: pcmLatent}
	for i := range c.h {
		c.h[i] = pcmEnthalpy(50, c.latent)
	}
	held := func() (sum float64) {
		for _, h := range c.h {
			sum += h * layerMass
		}
		return sum
	}
	before, given, lost, moved := held(), 0.0, 0.0, 0.0
	for minute := range 7 * 1440 {
		c.operate(r, minute%1440, -14)
		g, l := c.step(60, 16)
		given, lost, moved = given+g, lost+l, moved+math.Abs(g)
	}
	if diff := held() - before - (given - lost); math.Abs(diff) > 1e-9*moved {
		t.Errorf("%.6g kJ appeared out of nothing (%.3g kJ moved)", diff, moved)
	}
	if moved < 1e6 {
		t.Errorf("only %.3g kJ moved in a week: the store does not work", moved)
	}
}

// The melting salt holds its latent heat within two kelvin of 58 °C.
func TestSaltMeltsAt58Degrees(t *testing.T) {
	for _, x := range []float64{20, 56.9, 57, 58, 59, 59.1, 80} {
		if got := pcmTemperature(pcmEnthalpy(x, pcmLatent), pcmLatent); math.Abs(got-x) > 1e-9 {
			t.Errorf("T(h(%v)) = %v", x, got)
		}
	}
	if got := pcmEnthalpy(59, pcmLatent) - pcmEnthalpy(57, pcmLatent); math.Abs(got-260) > 1e-9 {
		t.Errorf("latent heat %v kJ/kg, want 260", got)
	}
}

// Inclinations of sun-synchronous circular orbits as printed in tables (Vallado,
// section 11.4; Wertz, SMAD): 500 km 97.40°, 600 km 97.79°, 700 km 98.19°, 800 km
// 98.60°; tolerance one unit of the last printed digit.
func TestSunSynchronousInclination(t *testing.T) {
	for height, want := range map[float64]float64{500: 97.40, 600: 97.79, 700: 98.19, 800: 98.60} {
		if got := (satellite{height: height}).inclination() / radian; math.Abs(got-want) > 0.011 {
			t.Errorf("%v km: %.3f°, want %.2f°", height, got, want)
		}
	}
}

// Passes begin and end at the mask and last as long as a low orbit allows.
func TestPassesStandAboveTheHorizonMask(t *testing.T) {
	for _, s := range satellites {
		list := passesOf(s, 10)
		if len(list) < 30 || len(list) > 60 {
			t.Errorf("%s: %d passes in ten days; a polar orbiter has 4 to 6 a day at 44° N", s.name, len(list))
		}
		for _, p := range list {
			for name, at := range map[string]float64{"aos": p.aos, "los": p.los} {
				if e, _ := s.look(at); math.Abs(e-minElevation) > 0.2 {
					t.Errorf("%s: %.2f° at %s, want %v°", s.name, e, name, minElevation)
				}
			}
			if p.elevation < minElevation || p.elevation > 90 || p.los-p.aos > 780 {
				t.Errorf("%s: a pass of %v s up to %.1f°", s.name, p.los-p.aos, p.elevation)
			}
		}
	}
}

// The blends end where they should, at rest.
func TestMotionReachesItsPoses(t *testing.T) {
	for k, pose := range poses {
		for j := range joints {
			for _, early := range []float64{0, restTime / 2} { // on leaving the pose, and resting at it
				q, v, a := motion(j, float64(k+len(poses))*(moveTime+restTime)-early)
				if math.Abs(q-pose[j])+math.Abs(v)+math.Abs(a) > 1e-9 {
					t.Errorf("pose %d, joint %d: %v, %v, %v", k, j, q, v, a)
				}
			}
		}
	}
}

// The mean of a clear day is the factor of the province; the tariff floats as stated.
func TestCarbonAndPriceKeepTheirMeans(t *testing.T) {
	for _, c := range clusters {
		sum := 0.0
		for h := range 24 {
			sum += c.carbon(h, 1)
		}
		if math.Abs(sum/24-1000*c.factor) > 1e-6 {
			t.Errorf("%s: mean %v g, want %v", c.name, sum/24, 1000*c.factor)
		}
	}
	// Guizhou: energy 0.36 at 1.6 / 0.4, 0.13 fixed.
	for hour, want := range map[int]float64{3: 0.274, 9: 0.49, 11: 0.706} {
		if got := clusters[7].price(hour); math.Abs(got-want) > 1e-9 {
			t.Errorf("贵安 %d h: %v, want %v", hour, got, want)
		}
	}
}

// The model of space-energy.md A1 gives 9.1 ms from Qingpu to Zhangjiakou and 12.2 ms
// to Zhongwei.
func TestDelaysAgreeWithTheReference(t *testing.T) {
	table, _ := delayTable()
	want := map[string]float64{"长三角一体化示范区→张家口": 9.1, "长三角一体化示范区→中卫": 12.2, "韶关→贵安": 5.5, "张家口→和林格尔": 2.0}
	seen := 0
	for _, r := range table.rows() {
		if w, ok := want[r.cells[0].text+"→"+r.cells[1].text]; ok {
			seen++
			m, _ := numberOf(r.cells[3].text)
			if x, _ := m.number.Float64(); math.Abs(x-w) > 0.11 {
				t.Errorf("%s to %s: %v ms, want %v", r.cells[0].text, r.cells[1].text, x, w)
			}
		}
	}
	if seen != len(want) {
		t.Errorf("%d of %d pairs found", seen, len(want))
	}
}
