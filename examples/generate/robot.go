package main

import (
	"fmt"
	"math"
	"math/rand/v2"
)

// The robot is a six-joint arm that takes parts from a belt: it moves between four
// poses along quintic blends, s(u) = 10u³ − 15u⁴ + 6u⁵, so that speed and acceleration
// are zero at the poses. Torque is τ = J·q̈ + b·q̇ + f·sign(q̇) + g·cos(q): inertia,
// viscous and Coulomb friction, weight; each joint on its own (no coupling).
const (
	joints    = 6
	logHertz  = 50
	logSecond = 300
	moveTime  = 1.6 // s from pose to pose
	restTime  = 0.4 // s at a pose
)

var poses = [][joints]float64{ // rad
	{0.00, -1.20, 1.55, 0.00, 1.20, 0.00},
	{0.62, -0.85, 1.30, 0.21, 1.12, 0.80},
	{0.62, -0.62, 1.48, 0.21, 0.72, 0.80},
	{-0.95, -1.05, 1.20, -0.15, 1.35, -0.60},
}

// inertia (kg·m²), viscous (N·m·s), Coulomb (N·m) and weight (N·m) of the joints.
var jointModel = [joints][4]float64{
	{2.8, 5.0, 3.0, 0}, {3.2, 5.5, 3.4, 62}, {1.6, 3.2, 2.1, 24}, {0.3, 1.1, 0.9, 1.2}, {0.24, 0.9, 0.8, 2.6}, {0.08, 0.5, 0.5, 0},
}

// motion gives position, speed and acceleration of a joint at a time.
func motion(j int, t float64) (q, v, a float64) {
	const leg = moveTime + restTime
	k := int(t / leg)
	from, to := poses[k%len(poses)][j], poses[(k+1)%len(poses)][j]
	u := math.Min(1, (t-float64(k)*leg)/moveTime)
	d := to - from
	q = from + d*(u*u*u*(10+u*(-15+6*u)))
	v = d * (30 * u * u * (1 - u) * (1 - u)) / moveTime
	a = d * (60 * u * (1 - u) * (1 - 2*u)) / (moveTime * moveTime)
	return q, v, a
}

// robot makes the joint log: CSV in zstd, 50 lines a second.
func robot(r *rand.Rand) (*table, []byte, error) {
	const file = "robot/arm07_joint_log_20240618.csv.zst"
	columns := []column{col("t_s", decimal), col("cycle", integer)}
	for _, q := range []string{"q", "dq", "tau"} {
		for j := range joints {
			columns = append(columns, col(fmt.Sprintf("%s%d", q, j+1), decimal))
		}
	}
	t := newTable(file, file, columns...)
	jump := t.flaw("encoder_jump", "q3", "0.35 rad too large for 1.2 s: the encoder lost counts and was homed again")
	stuck := t.flaw("stuck", "tau5", "keeps one value for 4 s")
	held := ""
	for i := range logSecond * logHertz {
		s := float64(i) / logHertz
		if dropped(i) {
			continue
		}
		rec := t.first().add(sample(r, i, s)...)
		if i >= 6100 && i < 6160 {
			q, _, _ := motion(2, s)
			rec.cells[t.at("q3")] = toCell(fixed4(q + 0.35))
			jump.on(rec)
		}
		if i >= 11000 && i < 11200 {
			c := &rec.cells[t.at("tau5")]
			if held == "" {
				held = c.text
			}
			c.text = held
			stuck.on(rec)
		}
	}
	for _, d := range drops {
		t.fileFlaw("dropped_samples", file, "t_s", d[1], fmt.Sprintf("%d samples missing from t = %.2f s on", d[1], float64(d[0])/logHertz))
	}
	rows := t.rows()
	t.change("null_word", "tau2", "not a number where the driver had none", []*record{rows[3000], rows[3001], rows[9999], rows[14000]}, func(int, string) any { return "NA" })
	b, err := inZstd(t.delimited(t.first(), style{delimiter: ","}))
	return t, b, err
}

// drops are the samples that the log lost: first index, how many.
var drops = [][2]int{{812, 3}, {2950, 1}, {4400, 25}, {7777, 2}, {12345, 140}, {13001, 1}, {14650, 6}}

func dropped(i int) bool {
	for _, d := range drops {
		if i >= d[0] && i < d[0]+d[1] {
			return true
		}
	}
	return false
}

func fixed4(x float64) fixed { return fixed{int64(math.Round(x * 1e4)), 4} }

// sample measures all joints: encoders of 0.1 mrad, torque from the motor current.
func sample(r *rand.Rand, i int, s float64) []any {
	// The scheduler is late by up to 2 ms; the stamp is kept in milliseconds.
	out := []any{fixed{int64(1000*i/logHertz + r.IntN(3)), 3}, i / (logHertz * 8)}
	var speed, torque []any
	for j := range joints {
		q, v, a := motion(j, s)
		m := jointModel[j]
		tau := m[0]*a + m[1]*v + m[2]*clamp(v*50, -1, 1) + m[3]*math.Cos(q)
		out = append(out, fixed4(q+0.00008*r.NormFloat64()))
		speed = append(speed, fixed{int64(math.Round((v + 0.0012*r.NormFloat64()) * 1e3)), 3})
		torque = append(torque, fixed{int64(math.Round((tau + 0.06*(1+m[0])*r.NormFloat64()) * 10)), 1})
	}
	return append(append(out, speed...), torque...)
}
