package arena

import (
	"math"
	"testing"
)

func TestSineAndCosine(t *testing.T) {
	for a := range 1 << 16 {
		angle := float64(a) / 65536 * 2 * math.Pi
		if d := math.Abs(float64(sine(uint16(a))) - one*math.Sin(angle)); d > 1.2 {
			t.Fatalf("sine of %d is %d, off by %.2f", a, sine(uint16(a)), d)
		}
		if d := math.Abs(float64(cosine(uint16(a))) - one*math.Cos(angle)); d > 1.2 {
			t.Fatalf("cosine of %d is %d, off by %.2f", a, cosine(uint16(a)), d)
		}
	}
}

func TestHeading(t *testing.T) {
	d := dice(3)
	for range 200_000 {
		x, y := int32(d.between(-40000, 40000)), int32(d.between(-40000, 40000))
		want := int32(math.Round(math.Atan2(float64(y), float64(x)) / (2 * math.Pi) * 65536))
		off := int32(int16(heading(x, y) - uint16(want)))
		if max(off, -off) > 3 {
			t.Fatalf("heading of (%d, %d) is %d, want %d", x, y, heading(x, y), uint16(want))
		}
	}
	for _, c := range []struct {
		x, y int32
		want uint16
	}{{0, 0, 0}, {1, 0, 0}, {0, 1, quarterTurn}, {-1, 0, 2 * quarterTurn}, {0, -1, 3 * quarterTurn}, {5, 5, eighthTurn}} {
		if got := heading(c.x, c.y); got != c.want {
			t.Errorf("heading of (%d, %d) is %d, want %d", c.x, c.y, got, c.want)
		}
	}
}

func TestRoot(t *testing.T) {
	d := dice(4)
	for i := range 100_000 {
		v := int64(i)
		if i > 50_000 {
			v = int64(d.below(1<<26)) * int64(d.below(1<<26))
		}
		if r := root(v); r*r > v || (r+1)*(r+1) <= v {
			t.Fatalf("root of %d is %d", v, r)
		}
	}
}

func TestShortenNeverLeavesItLonger(t *testing.T) {
	d := dice(5)
	for range 100_000 {
		limit := int32(d.between(1, 50_000))
		x, y := shorten(int32(d.between(-90_000, 90_000)), int32(d.between(-90_000, 90_000)), limit)
		if square(x, y) > int64(limit)*int64(limit) {
			t.Fatalf("(%d, %d) is longer than %d", x, y, limit)
		}
	}
}
