package measure

import (
	"math"
	"math/rand/v2"
	"testing"
)

// TestIncompleteBeta: against closed forms, and the quantiles of Student's distribution that every table has.
func TestIncompleteBeta(t *testing.T) {
	near := func(what string, got, want float64) {
		t.Helper()
		if math.Abs(got-want) > 1e-4*math.Max(want, 1e-3) {
			t.Errorf("%s is %v, want %v", what, got, want)
		}
	}
	near("I(1,1)", incompleteBeta(1, 1, 0.3), 0.3)
	near("I(2,3)", incompleteBeta(2, 3, 0.4), 0.5248)
	near("I(0.5,0.5)", incompleteBeta(0.5, 0.5, 0.25), 1.0/3)
	for _, c := range []struct{ freedom, t, p float64 }{{1, 12.7062, 0.05}, {4, 2.7764, 0.05}, {10, 3.1693, 0.01}, {30, 3.645959, 0.001}, {1000, 1.9623, 0.05}} {
		near("Student's p", incompleteBeta(c.freedom/2, 0.5, c.freedom/(c.freedom+c.t*c.t)), c.p)
	}
}

// TestWelch: of pairs of samples that do not differ, as many seem to as the probability says; and those that do are told.
func TestWelch(t *testing.T) {
	if p := Welch(3, 1, 0, 3, 1, 0); p != 1 {
		t.Errorf("equal values differ by chance with %v", p)
	}
	if p := Welch(3, 1, 0, 3, 2, 0); p != 0 {
		t.Errorf("values without deviation that differ do so by chance with %v", p)
	}
	random := rand.New(rand.NewPCG(1, 2))
	draw := func(n int, mean, deviation float64) (m, d float64) {
		values := make([]float64, n)
		for i := range values {
			values[i] = mean + deviation*random.NormFloat64()
			m += values[i] / float64(n)
		}
		for _, v := range values {
			d += (v - m) * (v - m) / float64(n-1)
		}
		return m, math.Sqrt(d)
	}
	count := func(shift float64) (found int) {
		for range 4000 {
			m1, d1 := draw(5, 10, 1)
			m2, d2 := draw(12, 10+shift, 3)
			if Welch(5, m1, d1, 12, m2, d2) < 0.05 {
				found++
			}
		}
		return found
	}
	if n := count(0); n < 140 || n > 260 {
		t.Errorf("%d of 4000 pairs that do not differ seem to, want about 200", n)
	}
	if n := count(6); n < 3900 {
		t.Errorf("only %d of 4000 pairs that differ seem to", n)
	}
}
