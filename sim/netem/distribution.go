package netem

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"strconv"
	"strings"
)

// Shape is how a delay varies: a quantile function in units of the jitter.
type Shape uint8

// The shapes. All are bounded, so that a profile can be checked for delays below zero.
const (
	// Uniform is even over ±1.
	Uniform Shape = iota
	// Normal is the standard normal distribution within ±4; what is beyond counts as the bound.
	Normal
	// Pareto is that of shape 3, shifted and scaled to mean 0 and a scale of 4/3, from -2/3 to 4, where it is cut:
	// what tc's netem calls pareto. Its mean is -0.0329.
	Pareto
	// ParetoNormal is three parts Pareto and one part Normal at the same quantile, up to 4: tc's paretonormal.
	ParetoNormal
	// Tabled is a Table.
	Tabled
)

var shapeNames = [...]string{"uniform", "normal", "pareto", "paretonormal", "table"}

// String is the shape's name, which is tc's.
func (s Shape) String() string {
	if int(s) < len(shapeNames) {
		return shapeNames[s]
	}
	return "shape " + strconv.Itoa(int(s))
}

// farthest is how many units a delay varies at most: what tc's tables of 16 bits reach.
const farthest = 4

// quantile is the distribution's quantile function at u, 0 to 1, in units of the jitter.
func (p *Profile) quantile(u float64) float64 {
	switch p.Shape {
	case Normal:
		return probit(u)
	case Pareto:
		return pareto(u)
	case ParetoNormal:
		return min((3*pareto(u)+probit(u))/4, farthest)
	case Tabled:
		return p.Table.quantile(u)
	}
	return 2*u - 1
}

// probit is the quantile function of the standard normal distribution, within ±farthest.
func probit(u float64) float64 {
	return min(max(math.Sqrt2*math.Erfinv(2*u-1), -farthest), farthest)
}

// phi is the distribution function of the standard normal distribution.
func phi(x float64) float64 { return math.Erfc(-x/math.Sqrt2) / 2 }

// pareto is the quantile function of Shape Pareto.
func pareto(u float64) float64 { return min((1/math.Cbrt(1-u)-1.5)*4/3, farthest) }

// Table is a distribution that is given by the values of its quantile function at equal distances, in units of the
// jitter. Between them it is linear.
type Table struct {
	name   string
	points []float64 // ascending
}

// The size of a table, and how far its values may go.
const (
	minPoints  = 2
	maxPoints  = 1 << 16
	farthestIn = 1000
)

// NewTable makes a table from 2 to 65,536 values of -1,000 to 1,000, in any order: that of a sample will do.
func NewTable(values []float64) (*Table, error) {
	if len(values) < minPoints || len(values) > maxPoints {
		return nil, fmt.Errorf("distribution has %d values: want %d to %d", len(values), minPoints, maxPoints)
	}
	for i, v := range values {
		if !(math.Abs(v) <= farthestIn) {
			return nil, fmt.Errorf("distribution: value %d is %v: want -%d to %d, in units of the jitter", i+1, v, farthestIn, farthestIn)
		}
	}
	points := slices.Clone(values)
	slices.Sort(points)
	return &Table{points: points}, nil
}

func (t *Table) quantile(u float64) float64 {
	at := u * float64(len(t.points)-1)
	i := min(int(at), len(t.points)-2)
	part := at - float64(i)
	return t.points[i]*(1-part) + t.points[i+1]*part
}

// distUnit is what one unit of the jitter is in a .dist file of tc.
const distUnit = 8192

// ReadDist reads a distribution in the format of tc's .dist files: integers separated by white space, 8192 of which
// are one standard deviation; from a # on a line is a comment. The numbers are usually the quantiles of 4,096 equal
// steps, but their order does not matter.
func ReadDist(r io.Reader) (*Table, error) {
	var values []float64
	lines := bufio.NewScanner(r)
	for number := 1; lines.Scan(); number++ {
		line, _, _ := strings.Cut(lines.Text(), "#")
		for word := range strings.FieldsSeq(line) {
			v, err := strconv.ParseInt(word, 10, 32)
			if err != nil || v < math.MinInt16 || v > math.MaxInt16 {
				return nil, fmt.Errorf("distribution, line %d: %q: want whole numbers from %d to %d", number, word, math.MinInt16, math.MaxInt16)
			}
			if len(values) == maxPoints {
				return nil, fmt.Errorf("distribution, line %d: more than %d values", number, maxPoints)
			}
			values = append(values, float64(v)/distUnit)
		}
	}
	if err := lines.Err(); err != nil {
		if errors.Is(err, bufio.ErrTooLong) {
			err = errors.New("a line is longer than 64 KiB")
		}
		return nil, fmt.Errorf("distribution: %w", err)
	}
	return NewTable(values)
}
