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
	axes []int     // position fields
	at   [][]int32 // coordinates, by axis
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
	everybody  []int32 // 0, 1, 2 ...
	some       []int32
	listed     []int32 // those to pick from: everybody, or some
	distances  []int64 // of listed
	scratch    []int64
	found      []int32
	sieve      sieve
}

// perCell is how many entities a cell has on average, if they are spread evenly.
const perCell = 3

// few is the number of entities up to which looking at all of them is faster than looking for the near ones.
const few = 192

func newPlaces(axes []int) places { return places{axes: axes, at: make([][]int32, len(axes))} }

// gather takes the coordinates from rows of a width.
func (p *places) gather(rows []int32, width int) {
	p.n = len(rows) / width
	for n, axis := range p.axes {
		p.at[n] = p.at[n][:0]
		for at := axis; at < len(rows); at += width {
			p.at[n] = append(p.at[n], rows[at])
		}
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
	return int64(p.at[axis][i])
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
	sum := int64(0)
	for _, at := range p.at {
		d := int64(at[a]) - int64(at[b])
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
// Ties go to the lower number, so that the choice is the same in every run. It is valid until the next call. rim is what the
// last call for this one left there, 0 at first: it makes the search shorter, but does not change what is found.
func (p *places) nearest(me int32, most int, rim *int64) []int32 {
	if p.n <= most && p.admits == nil {
		return p.first(most)
	}
	defer clear(p.favoured)
	if !p.gridded() {
		p.considerAll(me)
		p.pick(most, rim)
		return p.found
	}
	for reach := p.reach(me, 2*most); ; reach++ {
		p.look(me, reach)
		limit, certain := p.pick(most, rim), p.certain(me, reach)
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
	p.some, p.distances = p.some[:0], p.distances[:0]
	for word, set := range p.candidates {
		for ; set != 0; set &= set - 1 {
			p.consider(int32(word*64+bits.TrailingZeros64(set)), me)
		}
		p.candidates[word] = 0
	}
	p.listed = p.some
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
	p.some = append(p.some, i)
	p.distances = append(p.distances, d)
}

// considerAll is consider for all entities.
func (p *places) considerAll(me int32) {
	if len(p.axes) != 2 || p.admits != nil {
		p.some, p.distances = p.some[:0], p.distances[:0]
		for i := range int32(p.n) {
			p.consider(i, me)
		}
		p.listed = p.some
		return
	}
	for len(p.everybody) < p.n {
		p.everybody = append(p.everybody, int32(len(p.everybody)))
	}
	p.listed, p.distances = p.everybody[:p.n], slices.Grow(p.distances[:0], p.n)[:p.n]
	xs, ys := p.at[0], p.at[1]
	for word, favoured := range p.favoured[:(p.n+63)/64] {
		from, to := 64*word, min(64*word+64, p.n)
		measure(p.distances[from:to], xs[from:to], ys[from:to], int64(xs[me]), int64(ys[me]), favoured)
	}
	p.distances[me] = -1
}

// measure sets the distances from x, y, squared, of at most 64 entities.
func measure(distances []int64, xs, ys []int32, x, y int64, favoured uint64) {
	ys, distances = ys[:len(xs)], distances[:len(xs)]
	for i := range xs {
		dx, dy := int64(xs[i])-x, int64(ys[i])-y
		d := dx*dx + dy*dy
		// Without branches, which nobody could predict: a quarter less for the favoured.
		distances[i] = d - d>>2&-int64(favoured&1)
		favoured >>= 1
	}
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

// tooMany is how many more than wanted may be within the rim, for taking the farthest away one after the other to be
// faster than the sieve.
const tooMany = 16

// pick leaves in found those listed whose distances are the most smallest, and returns the largest of these; more than any
// distance, when there are no more than so many. Nobody goes far from one call to the next, so it tries those first who are
// not much farther away than the last who was found before, which is what it keeps in rim.
func (p *places) pick(most int, rim *int64) (limit int64) {
	if len(p.listed) < most {
		p.found = append(p.found[:0], p.listed...)
		return math.MaxInt64
	}
	p.found = within(*rim, p.distances, p.found)
	if n := len(p.found); n < most || n > most+tooMany {
		p.scratch = append(p.scratch[:0], p.distances...)
		p.found = within(p.sieve.nthSmallest(p.scratch, most-1), p.distances, p.found)
	}
	at, limit := p.farthest()
	for len(p.found) > most {
		p.found = slices.Delete(p.found, at, at+1)
		at, limit = p.farthest()
	}
	for i, place := range p.found {
		p.found[i] = p.listed[place]
	}
	*rim = limit + limit/4
	return limit
}

// within lists in into which distances are no longer than limit.
func within(limit int64, distances []int64, into []int32) []int32 {
	n, into := 0, slices.Grow(into[:0], len(distances))[:len(distances)]
	for i, d := range distances {
		into[n] = int32(i) // whoever comes next overwrites one who is too far
		if d <= limit {
			n++
		}
	}
	return into[:n]
}

// farthest is the longest of the distances that found lists, and where the last one of that length stands there.
func (p *places) farthest() (at int, distance int64) {
	distance = math.MinInt64
	for _, i := range p.found {
		distance = max(distance, p.distances[i])
	}
	at = len(p.found) - 1
	for p.distances[p.found[at]] != distance {
		at--
	}
	return at, distance
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

// nthSmallest finds the value that would stand at n if v were sorted; it disorders v.
func (s *sieve) nthSmallest(v []int64, n int) int64 {
	least, most := len(s), 0
	for _, d := range v {
		i := s.size(d)
		s[i]++
		least, most = min(least, i), max(most, i)
	}
	size := least
	for ; int(s[size]) <= n; size++ {
		n -= int(s[size])
	}
	clear(s[least : most+1])
	same := v[:0]
	for _, d := range v {
		if s.size(d) == size {
			same = append(same, d)
		}
	}
	return nthSmallest(same, n)
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
