package arena

// routes say, for each two cells of a map, which way the first step from one to the other goes. They come of one
// breadth-first search from each cell, once for each map and only when there are bots who walk: a megabyte for a yard.
type routes struct {
	cells int32
	first []uint8 // by goal and cell: index into steps, or noStep
}

// noStep says that no step leads nearer: one is there, or there is no way.
const noStep = 255

// steps are the neighbours of a cell, the straight ones first so that ways do not zigzag without need.
var steps = [8]struct{ x, y int32 }{{1, 0}, {0, 1}, {-1, 0}, {0, -1}, {1, 1}, {-1, 1}, {-1, -1}, {1, -1}}

// findRoutes searches from every open cell.
func (m *Map) findRoutes() *routes {
	n := int32(len(m.open))
	r := &routes{cells: n, first: make([]uint8, n*n)}
	from, queue, first := m.neighbours(), make([]int32, n), make([]uint8, n+1)
	for goal := range n {
		to := r.first[goal*n:][:n]
		if m.open[goal] {
			flood(from, goal, first, queue)
			copy(to, first)
		} else {
			fill(to, noStep)
		}
	}
	return r
}

// neighbours are, for each cell, those from which each of the steps leads to it. Where there is none it is the cell after the last,
// which is none.
func (m *Map) neighbours() [][len(steps)]int32 {
	from := make([][len(steps)]int32, len(m.open))
	for cell := range from {
		for i, s := range steps {
			from[cell][i] = int32(len(m.open))
			if n, ok := m.neighbour(int32(cell), -s.x, -s.y); ok {
				from[cell][i] = n
			}
		}
	}
	return from
}

// flood enters for each cell the step towards the goal. first has one cell more, which is none: a step is noted there and at the goal
// beforehand, so that whether there is one already is all that is asked of a neighbour.
func flood(from [][len(steps)]int32, goal int32, first []uint8, queue []int32) {
	fill(first, noStep)
	first[goal], first[len(first)-1] = 0, 0
	queue[0] = goal
	for head, tail := 0, 1; head < tail; head++ {
		for i, n := range &from[queue[head]] {
			if first[n] == noStep {
				first[n] = uint8(i)
				queue[tail] = n
				tail++
			}
		}
	}
	first[goal] = noStep
}

func fill(to []uint8, with uint8) {
	for i := range to {
		to[i] = with
	}
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
	r := m.routes()
	cell, goal := m.cellAt(x, y), m.cellAt(goalX, goalY)
	toX, toY := goalX, goalY
	for i := range lookAhead {
		step := r.first[goal*r.cells+cell]
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
