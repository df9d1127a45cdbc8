package server

import (
	"math"
	"math/bits"

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
}

// perCell is how many entities a cell has on average, if they are spread evenly.
const perCell = 3

// few is the number of entities up to which looking at all of them is faster than looking for the near ones.
const few = 64

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
	at := 0
	for i := range known {
		id := known[i].id
		step := 1
		for at+step < len(ids) && ids[at+step] < id { // it is mostly one of the next few
			at += step
			step *= 2
		}
		for at < len(ids) && ids[at] < id {
			at++
		}
		if at < len(ids) && ids[at] == id {
			p.favoured[at/64] |= 1 << (at % 64)
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
		p.indexes, p.distances = p.indexes[:0], p.distances[:0]
		for i := range int32(p.n) {
			p.consider(i, me)
		}
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
	if over := len(p.distances) - most; over < len(farthest{}) {
		limit = nthLargest(p.distances, over)
	} else {
		p.scratch = append(p.scratch[:0], p.distances...)
		limit = nthSmallest(p.scratch, most-1)
	}
	atLimit := most
	for _, d := range p.distances {
		if d < limit {
			atLimit--
		}
	}
	p.found = p.found[:0]
	for i, d := range p.distances {
		if d < limit || d == limit && atLimit > 0 {
			p.found = append(p.found, p.indexes[i])
			if d == limit {
				atLimit--
			}
		}
	}
	return limit
}

// farthest is room for the largest of some values. Mostly a match has hardly more entities than a snapshot shows: then
// finding the few that it does not is several times faster than a quickselect.
type farthest [8]int64

// nthLargest finds the value that would stand n before the end if v were sorted; n is less than farthest has room for.
func nthLargest(v []int64, n int) int64 {
	var top farthest // the first n+1 of it, in descending order
	for i := range top {
		top[i] = math.MinInt64
	}
	for _, d := range v {
		if d <= top[n] {
			continue
		}
		at := n
		for ; at > 0 && top[at-1] < d; at-- {
			top[at] = top[at-1]
		}
		top[at] = d
	}
	return top[n]
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
