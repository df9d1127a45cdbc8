package arena

import (
	"sync"
	"sync/atomic"
)

// routes say, for each two cells of a map, which way the first step from one to the other goes. They come of one breadth-first search
// from each cell that somebody wants to go to, when the first one does: to search from all takes half as long as to simulate a second of a
// hundred bots. All matches share them. They are a megabyte for a yard.
type routes struct {
	cells int32
	first []uint8       // by goal and cell: index into steps, or noStep
	known []atomic.Bool // by goal: first is found

	finding sync.Mutex
	open    []bool
	from    [][len(steps)]int32 // by cell: see Map.neighbours
	queue   []int32
}

// noStep says that no step leads nearer: one is there, or there is no way.
const noStep = 255

// steps are the neighbours of a cell, the straight ones first so that ways do not zigzag without need.
var steps = [8]struct{ x, y int32 }{{1, 0}, {0, 1}, {-1, 0}, {0, -1}, {1, 1}, {-1, 1}, {-1, -1}, {1, -1}}

// newRoutes knows no way yet.
func (m *Map) newRoutes() *routes {
	n := int32(len(m.open))
	return &routes{
		cells: n, first: make([]uint8, n*n), known: make([]atomic.Bool, n), open: m.open, from: m.neighbours(), queue: make([]int32, 0, n),
	}
}

// to is, for each cell, the first step from it to a goal.
func (r *routes) to(goal int32) []uint8 {
	first := r.first[goal*r.cells:][:r.cells]
	if !r.known[goal].Load() {
		r.find(goal, first)
	}
	return first
}

// find searches from a goal, unless somebody else has meanwhile.
func (r *routes) find(goal int32, first []uint8) {
	r.finding.Lock()
	defer r.finding.Unlock()
	if r.known[goal].Load() {
		return
	}
	for i := range first {
		first[i] = noStep
	}
	if r.open[goal] {
		r.flood(goal, first)
	}
	r.known[goal].Store(true)
}

// nowhere stands for a neighbour that is not there.
const nowhere = -1

// neighbours are, for each cell, those from which each of the steps leads to it.
func (m *Map) neighbours() [][len(steps)]int32 {
	from := make([][len(steps)]int32, len(m.open))
	for cell := range from {
		for i, s := range steps {
			from[cell][i] = nowhere
			if n, ok := m.neighbour(int32(cell), -s.x, -s.y); ok {
				from[cell][i] = n
			}
		}
	}
	return from
}

// flood enters for each cell the step towards the goal.
func (r *routes) flood(goal int32, first []uint8) {
	first[goal] = 0 // anything but noStep: no way leads there
	queue := append(r.queue[:0], goal)
	for len(queue) > 0 {
		at := queue[0]
		queue = queue[1:]
		for i, n := range &r.from[at] {
			if n != nowhere && first[n] == noStep {
				first[n] = uint8(i)
				queue = append(queue, n)
			}
		}
	}
	first[goal] = noStep
}

// neighbour is the cell next to another, if one can walk between them. A diagonal step needs both cells beside it
// to be open: players are not points.
func (m *Map) neighbour(cell, dx, dy int32) (int32, bool) {
	x, y := cell%m.columns+dx, cell/m.columns+dy
	if x < 0 || y < 0 || x >= m.columns || y >= m.rows || !m.open[y*m.columns+x] {
		return 0, false
	}
	if dx != 0 && dy != 0 && (!m.open[cell+dx] || !m.open[cell+dy*m.columns]) {
		return 0, false
	}
	return cell + dx + dy*m.columns, true
}

// lookAhead is how many cells of a way are looked at to cut its corners.
const lookAhead = 6

// towards is a point to walk straight to on the way from one point to another: the furthest of the next few cells
// that can be reached straight, or the goal itself.
func (m *Map) towards(x, y, goalX, goalY int32) (int32, int32) {
	if m.passable(x, y, goalX, goalY) {
		return goalX, goalY
	}
	cell, first := m.cellAt(x, y), m.routes().to(m.cellAt(goalX, goalY))
	toX, toY := goalX, goalY
	for i := range lookAhead {
		step := first[cell]
		if step == noStep {
			break
		}
		cell += steps[step].x + steps[step].y*m.columns
		nextX, nextY := m.centre(cell)
		if i > 0 && !m.passable(x, y, nextX, nextY) {
			break
		}
		toX, toY = nextX, nextY
	}
	return toX, toY
}
