package server

import (
	"math"
	"math/bits"
	"slices"

	"laglab/protocol"
)

// places is where the entities of a tick are, numbered as in its frame, and finds those that are near each other.
// They are sorted into square cells of a grid over their first two coordinates.
type places struct {
	axes []int   // position fields
	at   []int32 // coordinates, len(axes) for each entity
	n    int

	left, top     int64 // of the grid
	side          int64 // of a cell
	columns, rows int
	starts        []int32 // by cell, row by row: where it begins in sorted; one more for the end
	sorted        []int32 // entities by cell

	// admits, when set, says whether an entity may be found at all from where another one is, at a squared distance.
	admits func(i, me int32, distance int64) bool
	within int64 // beyond this squared distance it never does; 0: at any it may

	// Of nearest.
	candidates []uint64 // bit sets over entities
	favoured   []uint64
	indexes    []int32
	distances  []int64
	scratch    []int64
	found      []int32
	sieve      sieve
}

// perCell is how many entities a cell has on average, if they are spread evenly.
const perCell = 3

// few is the number of entities up to which looking at all of them is faster than looking for the near ones.
const few = 192

func newPlaces(axes []int) places { return places{axes: axes} }

// gather takes the coordinates from rows of a width.
func (p *places) gather(rows []int32, width int) {
	p.at, p.n = p.at[:0], 0
	for from := 0; from < len(rows); from += width {
		for _, axis := range p.axes {
			p.at = append(p.at, rows[from+axis])
		}
		p.n++
	}
	p.makeSets()
	if p.gridded() {
		p.layOut()
		p.sort()
	}
}

// makeSets makes the bit sets large enough.
func (p *places) makeSets() {
	for words := (p.n + 63) / 64; len(p.candidates) < words; {
		p.candidates, p.favoured = append(p.candidates, 0), append(p.favoured, 0)
	}
}

// gridded reports whether there is a grid, or all entities are always looked at.
func (p *places) gridded() bool { return p.n > few && len(p.axes) > 0 }

// coordinate is one of an entity's first two coordinates; in one dimension all are in one row of cells.
func (p *places) coordinate(i, axis int) int64 {
	if axis >= len(p.axes) {
		return 0
	}
	return int64(p.at[i*len(p.axes)+axis])
}

// layOut chooses the cells, so that they cover everybody.
func (p *places) layOut() {
	var low, high [2]int64
	for axis := range low {
		low[axis], high[axis] = math.MaxInt64, math.MinInt64
		for i := range p.n {
			c := p.coordinate(i, axis)
			low[axis], high[axis] = min(low[axis], c), max(high[axis], c)
		}
	}
	width, height := high[0]-low[0]+1, high[1]-low[1]+1
	p.left, p.top = low[0], low[1]
	cells := max(float64(p.n)/perCell, 1)
	p.side = int64(math.Sqrt(float64(width)*float64(height)/cells)) + 1
	p.side = max(p.side, max(width, height)/int64(cells)+1)
	p.columns, p.rows = int((width-1)/p.side)+1, int((height-1)/p.side)+1
}

// sort is a counting sort of the entities by cell.
func (p *places) sort() {
	for len(p.starts) < p.columns*p.rows+1 {
		p.starts = append(p.starts, 0)
	}
	p.starts = p.starts[:p.columns*p.rows+1]
	clear(p.starts)
	for i := range p.n {
		p.starts[p.cell(i)]++
	}
	sum := int32(0)
	for i, n := range p.starts {
		p.starts[i] = sum
		sum += n
	}
	for len(p.sorted) < p.n {
		p.sorted = append(p.sorted, 0)
	}
	for i := range p.n {
		c := p.cell(i)
		p.sorted[p.starts[c]] = int32(i)
		p.starts[c]++
	}
	// Each start has moved to its cell's end, which is where the next one starts.
	copy(p.starts[1:], p.starts)
	p.starts[0] = 0
}

func (p *places) cell(i int) int { return p.row(i)*p.columns + p.column(i) }

func (p *places) column(i int) int { return int((p.coordinate(i, 0) - p.left) / p.side) }

func (p *places) row(i int) int { return int((p.coordinate(i, 1) - p.top) / p.side) }

// distance is the square of the distance of two entities, in the position's own units.
func (p *places) distance(a, b int32) int64 {
	n := len(p.axes)
	if n == 2 { // as good as always
		i, j := 2*int(a), 2*int(b)
		dx, dy := int64(p.at[i])-int64(p.at[j]), int64(p.at[i+1])-int64(p.at[j+1])
		return dx*dx + dy*dy
	}
	x, y := p.at[int(a)*n:(int(a)+1)*n], p.at[int(b)*n:(int(b)+1)*n]
	sum := int64(0)
	for i := range x {
		d := int64(x[i]) - int64(y[i])
		sum += d * d
	}
	return sum
}

// favour makes the next nearest count those who are known as nearer than they are: their squared distance by a
// quarter, lest those at the rim come and go at every step. Both lists have their ids in ascending order.
func (p *places) favour(ids []protocol.EntityID, known []recorded) {
	at, ok := 0, false
	for i := range known {
		if at, ok = protocol.FindEntity(ids, known[i].id, at); ok {
			p.favoured[at/64] |= 1 << (at % 64)
			at++
		}
	}
}

// first are the first so many entities.
func (p *places) first(most int) []int32 {
	p.found = p.found[:0]
	for i := range min(p.n, most) {
		p.found = append(p.found, int32(i))
	}
	return p.found
}

// nearest finds the entities that are closest to one, itself among them, at most most, and gives them in their order.
// Ties go to the lower number, so that the choice is the same in every run. It is valid until the next call.
func (p *places) nearest(me int32, most int) []int32 {
	if p.n <= most && p.admits == nil {
		return p.first(most)
	}
	defer clear(p.favoured)
	if !p.gridded() {
		p.considerAll(me)
		p.pick(most)
		return p.found
	}
	for reach := p.reach(me, 2*most); ; reach++ {
		p.look(me, reach)
		limit, certain := p.pick(most), p.certain(me, reach)
		if limit <= certain || p.within > 0 && p.within <= certain {
			return p.found
		}
	}
}

// span is the cells within reach of an entity's, from the first to the last.
func (p *places) span(me int32, reach int) (x0, x1, y0, y1 int) {
	x, y := p.column(int(me)), p.row(int(me))
	return max(x-reach, 0), min(x+reach, p.columns-1), max(y-reach, 0), min(y+reach, p.rows-1)
}

// reach is how many cells away one has to look to find so many entities, or all.
func (p *places) reach(me int32, want int) int {
	for reach := 1; ; reach++ {
		x0, x1, y0, y1 := p.span(me, reach)
		n := int32(0)
		for y := y0; y <= y1; y++ {
			n += p.starts[y*p.columns+x1+1] - p.starts[y*p.columns+x0]
		}
		if int(n) >= min(want, p.n) {
			return reach
		}
	}
}

// look collects the entities within reach and their distances, in their order.
func (p *places) look(me int32, reach int) {
	x0, x1, y0, y1 := p.span(me, reach)
	for y := y0; y <= y1; y++ {
		for _, i := range p.sorted[p.starts[y*p.columns+x0]:p.starts[y*p.columns+x1+1]] {
			p.candidates[i/64] |= 1 << (i % 64)
		}
	}
	p.indexes, p.distances = p.indexes[:0], p.distances[:0]
	for word, set := range p.candidates {
		for ; set != 0; set &= set - 1 {
			p.consider(int32(word*64+bits.TrailingZeros64(set)), me)
		}
		p.candidates[word] = 0
	}
}

// consider adds an entity to those to pick from.
func (p *places) consider(i, me int32) {
	d := p.distance(i, me)
	if p.admits != nil && i != me && !p.admits(i, me, d) {
		return
	}
	if p.favoured[i/64]&(1<<(i%64)) != 0 {
		d -= d >> 2
	}
	if i == me {
		d = -1
	}
	p.indexes = append(p.indexes, i)
	p.distances = append(p.distances, d)
}

// considerAll is consider for all entities.
func (p *places) considerAll(me int32) {
	p.indexes, p.distances = p.indexes[:0], p.distances[:0]
	if len(p.axes) != 2 || p.admits != nil {
		for i := range int32(p.n) {
			p.consider(i, me)
		}
		return
	}
	p.indexes, p.distances = slices.Grow(p.indexes, p.n)[:p.n], slices.Grow(p.distances, p.n)[:p.n]
	indexes, distances, at := p.indexes, p.distances, p.at[:2*p.n]
	x, y := int64(at[2*me]), int64(at[2*me+1])
	for word, favoured := range p.favoured[:(p.n+63)/64] {
		for i := 64 * word; i < min(64*word+64, p.n); i++ {
			dx, dy := int64(at[2*i])-x, int64(at[2*i+1])-y
			d := dx*dx + dy*dy
			// Without branches, which nobody could predict: a quarter less for the favoured.
			distances[i] = d - d>>2&-int64(favoured>>(i%64)&1)
			indexes[i] = int32(i)
		}
	}
	distances[me] = -1
}

// certain is the distance below which nobody can be who is not within reach, squared, if known: a favoured one counts
// as nearer than it is.
func (p *places) certain(me int32, reach int) int64 {
	x0, x1, y0, y1 := p.span(me, reach)
	x, y := p.coordinate(int(me), 0)-p.left, p.coordinate(int(me), 1)-p.top
	d := int64(math.MaxInt64)
	if x0 > 0 {
		d = min(d, x-int64(x0)*p.side)
	}
	if y0 > 0 {
		d = min(d, y-int64(y0)*p.side)
	}
	if x1 < p.columns-1 {
		d = min(d, int64(x1+1)*p.side-1-x)
	}
	if y1 < p.rows-1 {
		d = min(d, int64(y1+1)*p.side-1-y)
	}
	if d == math.MaxInt64 {
		return d // everybody is within reach
	}
	return d*d - d*d>>2
}

// pick leaves in found those of indexes whose distances are the most smallest, and returns the largest of these; more than
// any distance, when there are no more than so many.
func (p *places) pick(most int) (limit int64) {
	if len(p.indexes) < most {
		p.found = append(p.found[:0], p.indexes...)
		return math.MaxInt64
	}
	p.scratch = append(p.scratch[:0], p.distances...)
	limit, below := p.sieve.nthSmallest(p.scratch, most-1)
	ties := most - below // of those at the limit
	found, n := slices.Grow(p.found[:0], len(p.distances))[:len(p.distances)], 0
	for i, d := range p.distances {
		found[n] = p.indexes[i] // whoever comes next overwrites one who is too far
		if d < limit {
			n++
		} else if d == limit && ties > 0 {
			n++
			ties--
		}
	}
	p.found = found[:n]
	return limit
}

// sieve finds the n-th smallest of squared distances. Those spread over many powers of two, so it first counts how many there are of
// each size and then looks only at those of the size that it is of. To compare them one by one, as a quickselect does, takes several
// times as long: half of the comparisons are predicted wrong.
type sieve [64 << sieveBits]int32

// sieveBits is how many bits after the first one also make a size.
const sieveBits = 2

// size is the number of a distance's size.
func (*sieve) size(d int64) int {
	if d < 1<<sieveBits {
		return int(max(d, 0))
	}
	n := bits.Len64(uint64(d))
	return n<<sieveBits | int(d>>(n-1-sieveBits))&(1<<sieveBits-1)
}

// nthSmallest finds the value that would stand at n if v were sorted, and how many are smaller; it disorders v.
func (s *sieve) nthSmallest(v []int64, n int) (nth int64, smaller int) {
	least, most := len(s), 0
	for _, d := range v {
		i := s.size(d)
		s[i]++
		least, most = min(least, i), max(most, i)
	}
	size := least
	for smaller+int(s[size]) <= n {
		smaller += int(s[size])
		size++
	}
	clear(s[least : most+1])
	same := v[:0]
	for _, d := range v {
		if s.size(d) == size {
			same = append(same, d)
		}
	}
	nth = nthSmallest(same, n-smaller)
	for _, d := range same {
		if d < nth {
			smaller++
		}
	}
	return nth, smaller
}

// nthSmallest finds the value that would stand at n if v were sorted, and disorders v (Hoare's quickselect).
func nthSmallest(v []int64, n int) int64 {
	for low, high := 0, len(v)-1; low < high; {
		pivot := v[(low+high)/2]
		i, j := low, high
		for i <= j {
			for v[i] < pivot {
				i++
			}
			for pivot < v[j] {
				j--
			}
			if i <= j {
				v[i], v[j] = v[j], v[i]
				i++
				j--
			}
		}
		switch {
		case n <= j:
			high = j
		case n >= i:
			low = i
		default:
			return v[n]
		}
	}
	return v[n]
}
