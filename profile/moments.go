package profile

import "math"

// powers are the sums of powers of the distances to a shift, within one block. The
// shift is one of the values, which bounds the cancellation: the variance cannot be
// less than the squared distance of the mean to it divided by the count.
type powers struct {
	n              int64
	shift          float64
	s1, s2, s3, s4 float64
}

func (p *powers) add(x float64, w int64) {
	if p.n == 0 {
		p.shift = x
	}
	p.n += w
	d, fw := x-p.shift, float64(w)
	d1 := d * fw
	d2 := d1 * d
	d3 := d2 * d
	p.s1 += d1
	p.s2 += d2
	p.s3 += d3
	p.s4 += d3 * d
}

func (p *powers) moments() moments {
	if p.n == 0 {
		return moments{}
	}
	n := float64(p.n)
	a, b, c, d := p.s1/n, p.s2/n, p.s3/n, p.s4/n
	return moments{
		n:    p.n,
		mean: p.shift + a,
		m2:   max(0, n*(b-a*a)),
		m3:   n * (c - 3*a*b + 2*a*a*a),
		m4:   max(0, n*(d-4*a*c+6*a*a*b-3*a*a*a*a)),
	}
}

// moments are the count, the mean and the sums of the second to fourth powers of the
// distances to it. They merge by Pébay, "Formulas for robust, one-pass parallel
// computation of covariances and arbitrary-order statistical moments", Sandia
// SAND2008-6212, equations 2.1 and 3.1.
type moments struct {
	n                int64
	mean, m2, m3, m4 float64
}

func (a *moments) merge(b moments) {
	if b.n == 0 {
		return
	}
	if a.n == 0 {
		*a = b
		return
	}
	na, nb := float64(a.n), float64(b.n)
	n := na + nb
	d := b.mean - a.mean
	d2 := d * d
	m4 := a.m4 + b.m4 + d2*d2*na*nb*(na*na-na*nb+nb*nb)/(n*n*n) +
		6*d2*(na*na*b.m2+nb*nb*a.m2)/(n*n) + 4*d*(na*b.m3-nb*a.m3)/n
	m3 := a.m3 + b.m3 + d*d2*na*nb*(na-nb)/(n*n) + 3*d*(na*b.m2-nb*a.m2)/n
	a.m2 += b.m2 + d2*na*nb/n
	a.m3, a.m4 = m3, m4
	a.mean += d * nb / n
	a.n += b.n
}

func (a *moments) variance() float64 { return a.m2 / float64(a.n) }

func (a *moments) sampleStdDev() float64 {
	if a.n < 2 {
		return 0
	}
	return math.Sqrt(a.m2 / float64(a.n-1))
}

func (a *moments) skewness() float64 {
	if a.m2 == 0 {
		return 0
	}
	return math.Sqrt(float64(a.n)) * a.m3 / math.Pow(a.m2, 1.5)
}

func (a *moments) kurtosis() float64 {
	if a.m2 == 0 {
		return 0
	}
	return float64(a.n)*a.m4/(a.m2*a.m2) - 3
}
