package arena

import "math"

// Fixed-point arithmetic. Sines come from a table that integers alone made, so that no two processors differ.

// one is 1 as sine and cosine give it.
const (
	oneBits = 14
	one     = 1 << oneBits
)

// A turn is 65536, so angles are added and subtracted as uint16 and wrap by themselves.
const (
	quarterTurn = 1 << 14
	eighthTurn  = 1 << 13
)

// sines has the sine of i/256 of a quarter turn; one more closes the interpolation.
var sines = makeSines()

// makeSines sums the Taylor series with 30 bits after the point, whose error is far below the 14 bits kept.
func makeSines() (table [258]int32) {
	const halfPi = 1686629713 // π/2 · 2^30
	for i := range 257 {
		x := int64(i) * halfPi / 256
		square := x * x >> 30
		sum, term := x, x
		for k := int64(2); k <= 16; k += 2 {
			term = -(term * square >> 30) / (k * (k + 1))
			sum += term
		}
		table[i] = int32((sum + 1<<15) >> 16)
	}
	table[257] = table[256]
	return table
}

// sine of an angle, in 1/one.
func sine(angle uint16) int32 {
	phase := int32(angle & (quarterTurn - 1))
	if angle&quarterTurn != 0 {
		phase = quarterTurn - phase
	}
	i, part := phase>>6, phase&63
	v := sines[i] + ((sines[i+1]-sines[i])*part+32)>>6
	if angle&(2*quarterTurn) != 0 {
		return -v
	}
	return v
}

// cosine of an angle, in 1/one.
func cosine(angle uint16) int32 { return sine(angle + quarterTurn) }

// arcs has the angle whose tangent is i/256.
var arcs = makeArcs()

func makeArcs() (table [258]int32) {
	a := uint16(0)
	for i := range int32(257) {
		for sine(a)*256 < cosine(a)*i {
			a++
		}
		table[i] = int32(a)
	}
	table[257] = table[256]
	return table
}

// heading is the angle of the vector (dx, dy), within 3/65536 turn; 0 for no vector.
func heading(dx, dy int32) uint16 {
	long, short := max(dx, -dx), max(dy, -dy)
	if long == 0 && short == 0 {
		return 0
	}
	steep := short > long
	if steep {
		long, short = short, long
	}
	ratio := int32(int64(short) * 4096 / int64(long))
	i, part := ratio>>4, ratio&15
	a := arcs[i] + ((arcs[i+1]-arcs[i])*part+8)>>4
	if steep {
		a = quarterTurn - a
	}
	if dx < 0 {
		a = 2*quarterTurn - a
	}
	if dy < 0 {
		a = -a
	}
	return uint16(a)
}

// root is the square root, rounded down. It begins with a floating-point root, which is right or next to it, and
// ends with integers, so that the result is exact anywhere. v is at most 2^52.
func root(v int64) int64 {
	r := int64(math.Sqrt(float64(v)))
	for r*r > v {
		r--
	}
	for (r+1)*(r+1) <= v {
		r++
	}
	return r
}

// square is the squared length of a vector.
func square(x, y int32) int64 { return int64(x)*int64(x) + int64(y)*int64(y) }

// shorten scales a vector that is longer than limit down to it, never leaving it longer.
func shorten(x, y, limit int32) (int32, int32) {
	s := square(x, y)
	if s <= int64(limit)*int64(limit) {
		return x, y
	}
	length := root(s) + 1
	return int32(int64(x) * int64(limit) / length), int32(int64(y) * int64(limit) / length)
}

// scale is v·num/den, rounded to nearest; den is positive.
func scale(v, num, den int64) int32 {
	p := v * num
	if p < 0 {
		return int32(-((-p + den/2) / den))
	}
	return int32((p + den/2) / den)
}
