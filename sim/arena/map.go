package arena

import (
	"fmt"
	"math/bits"
	"strings"
	"sync"
)

// Wall is an axis-aligned box that nothing passes, in 1/256 m from the map's centre; X0 < X1 and Y0 < Y1.
type Wall struct {
	X0, Y0, X1, Y1 int32
}

// grown is the wall with a margin all around.
func (w Wall) grown(by int32) Wall { return Wall{w.X0 - by, w.Y0 - by, w.X1 + by, w.Y1 + by} }

// crosses reports whether the segment from a to b passes through the wall's inside. The test is that of
// separating axes: a box and a segment are apart exactly when they are apart along X, along Y, or across the
// segment.
func (w *Wall) crosses(ax, ay, bx, by int32) bool {
	if max(ax, bx) <= w.X0 || min(ax, bx) >= w.X1 || max(ay, by) <= w.Y0 || min(ay, by) >= w.Y1 {
		return false
	}
	dx, dy := int64(bx-ax), int64(by-ay)
	side := func(x, y int32) int64 { return dx*int64(y-ay) - dy*int64(x-ax) }
	a, b, c, d := side(w.X0, w.Y0), side(w.X1, w.Y0), side(w.X0, w.Y1), side(w.X1, w.Y1)
	return min(a, b, c, d) < 0 && max(a, b, c, d) > 0
}

// Map is a field to play on: a rectangle around (0, 0) with walls. It never changes, and all matches share it.
type Map struct {
	name          string
	width, height int32
	walls         []Wall
	solid         []Wall // grown by a player's radius: a player's centre is never inside one

	// The cells of the drawing serve as an index of the walls and as places to spawn and to walk to.
	cell          int32 // side of a cell
	columns, rows int32
	across        band    // by column: which walls' solids are there
	down          band    // by row, likewise
	open          []bool  // by cell: no wall in it
	spawns        []int32 // cells with no wall in or around them
	routes        func() *routes
}

// band is where walls begin and end along one axis, as masks of walls: by column or row, those that begin in it or before it, and
// those that end in it or after it.
type band struct{ begun, left []uint64 }

// maxWalls is how many walls a band's masks have bits for.
const maxWalls = 64

func newBand(cells int32) band { return band{make([]uint64, cells), make([]uint64, cells)} }

// add adds the i-th wall, which reaches from one cell to another.
func (b *band) add(i int, from, to int32) {
	for c := range b.begun {
		if from <= int32(c) {
			b.begun[c] |= 1 << i
		}
		if int32(c) <= to {
			b.left[c] |= 1 << i
		}
	}
}

// among are the walls that are somewhere from one cell to another.
func (b *band) among(from, to int32) uint64 { return b.begun[to] & b.left[from] }

// Name is what an option calls the map.
func (m *Map) Name() string { return m.name }

// Size is the map's width and height in 1/256 m; (0, 0) is in its middle.
func (m *Map) Size() (width, height int32) { return m.width, m.height }

// Walls lists the walls inside the map, whose edge is a wall as well. The list must not be changed.
func (m *Map) Walls() []Wall { return m.walls }

// drawing is a map as its author drew it.
type drawing struct {
	name   string
	metres int32 // side of a cell
	art    string
	load   func() *Map
}

// draw keeps a drawing until it is first asked for.
func draw(name string, metres int32, art string) *drawing {
	d := &drawing{name: name, metres: metres, art: art}
	d.load = sync.OnceValue(func() *Map {
		m, err := parseMap(d.name, d.metres, d.art)
		if err != nil {
			panic(err) // the drawings are part of the program, and a test loads them all
		}
		return m
	})
	return d
}

// MapNames lists the maps, the default one first.
func MapNames() []string {
	names := make([]string, len(drawings))
	for i, d := range drawings {
		names[i] = d.name
	}
	return names
}

// parseMap makes a map of lines of equal length, in which '#' is a cell full of wall and '.' an open one.
func parseMap(name string, metres int32, art string) (*Map, error) {
	lines := strings.Fields(art)
	m := &Map{name: name, cell: metres * Metre, columns: int32(len(lines[0])), rows: int32(len(lines))}
	m.width, m.height = m.columns*m.cell, m.rows*m.cell
	for y, line := range lines {
		if len(line) != int(m.columns) || strings.Trim(line, "#.") != "" {
			return nil, fmt.Errorf("map %s, line %d: want %d cells, each # or . alone", name, y+1, m.columns)
		}
		for _, c := range line {
			m.open = append(m.open, c == '.')
		}
	}
	m.mergeWalls()
	if len(m.walls) > maxWalls {
		return nil, fmt.Errorf("map %s has %d walls, at most %d are possible", name, len(m.walls), maxWalls)
	}
	m.index()
	m.routes = sync.OnceValue(m.newRoutes)
	return m, nil
}

// mergeWalls covers the full cells with few boxes: each begins at the first cell not yet covered and grows to the
// right, then down.
func (m *Map) mergeWalls() {
	covered := make([]bool, len(m.open))
	free := func(x, y int32) bool {
		return x < m.columns && y < m.rows && !m.open[y*m.columns+x] && !covered[y*m.columns+x]
	}
	for y := range m.rows {
		for x := range m.columns {
			if !free(x, y) {
				continue
			}
			x1, y1 := x+1, y+1
			for free(x1, y) {
				x1++
			}
			for allFree(free, x, x1, y1) {
				y1++
			}
			for i := y; i < y1; i++ {
				for j := x; j < x1; j++ {
					covered[i*m.columns+j] = true
				}
			}
			m.walls = append(m.walls, Wall{m.left(x), m.top(y), m.left(x1), m.top(y1)})
		}
	}
}

// allFree reports whether a row's cells from x to before x1 are all free.
func allFree(free func(x, y int32) bool, x, x1, y int32) bool {
	for ; x < x1; x++ {
		if !free(x, y) {
			return false
		}
	}
	return true
}

// index derives from the walls what makes them quick to find.
func (m *Map) index() {
	m.across, m.down = newBand(m.columns), newBand(m.rows)
	for i, w := range m.walls {
		s := w.grown(PlayerRadius)
		m.solid = append(m.solid, s)
		m.across.add(i, m.column(s.X0), m.column(s.X1))
		m.down.add(i, m.row(s.Y0), m.row(s.Y1))
	}
	for c := range int32(len(m.open)) {
		if x, y := c%m.columns, c/m.columns; m.across.among(x, x)&m.down.among(y, y) == 0 {
			m.spawns = append(m.spawns, c)
		}
	}
}

// left and top are the edges of a cell.
func (m *Map) left(column int32) int32 { return column*m.cell - m.width/2 }
func (m *Map) top(row int32) int32     { return row*m.cell - m.height/2 }

// column and row are where a coordinate lies, or the nearest that there is.
func (m *Map) column(x int32) int32 { return min(max((x+m.width/2)/m.cell, 0), m.columns-1) }
func (m *Map) row(y int32) int32    { return min(max((y+m.height/2)/m.cell, 0), m.rows-1) }

// cellAt is the cell that a point lies in.
func (m *Map) cellAt(x, y int32) int32 { return m.row(y)*m.columns + m.column(x) }

// centre is the middle of a cell.
func (m *Map) centre(cell int32) (x, y int32) {
	return m.left(cell%m.columns) + m.cell/2, m.top(cell/m.columns) + m.cell/2
}

// wallsNear is the mask of the walls whose solid can touch the rectangle between two points.
func (m *Map) wallsNear(ax, ay, bx, by int32) uint64 {
	return m.across.among(m.column(min(ax, bx)), m.column(max(ax, bx))) & m.down.among(m.row(min(ay, by)), m.row(max(ay, by)))
}

// slideX is how far along X a player at (x, y) gets of dx, and whether something stopped it.
func (m *Map) slideX(x, y, dx int32) (to int32, blocked bool) {
	edge := m.width/2 - PlayerRadius
	want := x + dx
	to = min(max(want, -edge), edge)
	for mask := m.wallsNear(x, y, to, y); mask != 0; mask &= mask - 1 {
		s := &m.solid[bits.TrailingZeros64(mask)]
		if y <= s.Y0 || y >= s.Y1 {
			continue
		}
		to = stop(x, to, s.X0, s.X1)
	}
	return to, to != want
}

// slideY is slideX along Y.
func (m *Map) slideY(x, y, dy int32) (to int32, blocked bool) {
	edge := m.height/2 - PlayerRadius
	want := y + dy
	to = min(max(want, -edge), edge)
	for mask := m.wallsNear(x, y, x, to); mask != 0; mask &= mask - 1 {
		s := &m.solid[bits.TrailingZeros64(mask)]
		if x <= s.X0 || x >= s.X1 {
			continue
		}
		to = stop(y, to, s.Y0, s.Y1)
	}
	return to, to != want
}

// stop is how far a motion from one coordinate to another gets if what lies between low and high is closed.
func stop(from, to, low, high int32) int32 {
	if from <= low && to > low {
		return low
	}
	if from >= high && to < high {
		return high
	}
	return to
}

// passable reports whether a player can go straight from a to b.
func (m *Map) passable(ax, ay, bx, by int32) bool {
	for mask := m.wallsNear(ax, ay, bx, by); mask != 0; mask &= mask - 1 {
		if m.solid[bits.TrailingZeros64(mask)].crosses(ax, ay, bx, by) {
			return false
		}
	}
	edgeX, edgeY := m.width/2-PlayerRadius, m.height/2-PlayerRadius
	return bx >= -edgeX && bx <= edgeX && by >= -edgeY && by <= edgeY
}

// Sight reports whether no wall stands between two points.
func (m *Map) Sight(ax, ay, bx, by int32) bool {
	for mask := m.wallsNear(ax, ay, bx, by); mask != 0; mask &= mask - 1 {
		if m.walls[bits.TrailingZeros64(mask)].crosses(ax, ay, bx, by) {
			return false
		}
	}
	return true
}
