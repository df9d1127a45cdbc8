package measure

import "math"

// Welch is the probability that two sets of values differ in their means by chance at least as much as they do, if they do not
// differ in truth: Welch's t-test (1947), two-sided, from their numbers, means and standard deviations. Both have at least two
// values. When neither has a deviation, it is 0 for means that differ and 1 for equal ones.
func Welch(n1 int, mean1, deviation1 float64, n2 int, mean2, deviation2 float64) float64 {
	v1, v2 := deviation1*deviation1/float64(n1), deviation2*deviation2/float64(n2)
	if v1+v2 == 0 {
		if mean1 == mean2 {
			return 1
		}
		return 0
	}
	t := (mean1 - mean2) / math.Sqrt(v1+v2)
	freedom := (v1 + v2) * (v1 + v2) / (v1*v1/float64(n1-1) + v2*v2/float64(n2-1)) // Satterthwaite 1946
	return incompleteBeta(freedom/2, 0.5, freedom/(freedom+t*t))
}

// incompleteBeta is the regularized incomplete beta function I_x(a, b), by its continued fraction (Abramowitz and Stegun
// 26.5.8, evaluated as by Lentz 1976).
func incompleteBeta(a, b, x float64) float64 {
	switch {
	case !(x > 0):
		return 0
	case x >= 1:
		return 1
	case x > (a+1)/(a+b+2): // where the fraction converges slowly, the other side's does not
		return 1 - incompleteBeta(b, a, 1-x)
	}
	lga, _ := math.Lgamma(a)
	lgb, _ := math.Lgamma(b)
	lgab, _ := math.Lgamma(a + b)
	front := math.Exp(lgab-lga-lgb+a*math.Log(x)+b*math.Log1p(-x)) / a
	const tiny, enough = 1e-300, 1e-12
	f, c, d := 1.0, 1.0, 0.0
	for i := range 400 {
		m := float64(i / 2)
		var numerator float64
		switch {
		case i == 0:
			numerator = 1
		case i%2 == 0:
			numerator = m * (b - m) * x / ((a + 2*m - 1) * (a + 2*m))
		default:
			numerator = -(a + m) * (a + b + m) * x / ((a + 2*m) * (a + 2*m + 1))
		}
		if d = 1 + numerator*d; math.Abs(d) < tiny {
			d = tiny
		}
		d = 1 / d
		if c = 1 + numerator/c; math.Abs(c) < tiny {
			c = tiny
		}
		f *= c * d
		if math.Abs(1-c*d) < enough {
			break
		}
	}
	return front * (f - 1)
}
