package arena

import "laglab/protocol/game"

// crowd is the living players of one tick, sorted into square cells row by row, so that those in neighbouring
// cells of a row stand next to each other: asking for a rectangle gives one slice per row. Its cells are its own
// and larger than the map's, because players reach further than walls do.
type crowd struct {
	living  []*body // by id
	rockets []*body // by id
	sorted  []*body // the living by cell
	starts  []int32 // by cell: where it begins in sorted; one more for the end
	found   []*body // what along collected

	field         *Map
	columns, rows int32
}

// crowdCell is the side of a crowd's cell. 4 m is some five players wide: a push or a blast looks at four cells,
// and a ray at few that it does not touch.
const crowdCell = 4 * Metre

// gather fills the crowd from a world.
func (c *crowd) gather(w *game.World[Entity], m *Map) {
	if c.field != m {
		c.field = m
		c.columns, c.rows = (m.width+crowdCell-1)/crowdCell, (m.height+crowdCell-1)/crowdCell
		c.starts = make([]int32, c.columns*c.rows+1)
	}
	c.living, c.rockets = c.living[:0], c.rockets[:0]
	for e := range w.All() {
		switch {
		case e.State.Kind == KindRocket:
			c.rockets = append(c.rockets, e)
		case e.State.Health > 0:
			c.living = append(c.living, e)
		}
	}
	c.sort()
}

// sort is a counting sort, which keeps the order of ids within a cell.
func (c *crowd) sort() {
	clear(c.starts)
	for _, b := range c.living {
		c.starts[c.cellOf(&b.State)]++
	}
	sum := int32(0)
	for i, n := range c.starts {
		c.starts[i] = sum
		sum += n
	}
	for len(c.sorted) < len(c.living) {
		c.sorted = append(c.sorted, nil)
	}
	for _, b := range c.living {
		i := c.cellOf(&b.State)
		c.sorted[c.starts[i]] = b
		c.starts[i]++
	}
	// Each start has moved to its cell's end, which is where the next one starts.
	copy(c.starts[1:], c.starts)
	c.starts[0] = 0
}

func (c *crowd) cellOf(e *Entity) int32 { return c.row(e.Y)*c.columns + c.column(e.X) }

// column and row are where a coordinate lies, or the nearest that there is.
func (c *crowd) column(x int32) int32 {
	return min(max((x+c.field.width/2)/crowdCell, 0), c.columns-1)
}
func (c *crowd) row(y int32) int32 {
	return min(max((y+c.field.height/2)/crowdCell, 0), c.rows-1)
}

// span is where the living of a row's cells from x0 to x1 stand in sorted.
func (c *crowd) span(row, x0, x1 int32) (from, to int32) {
	return c.starts[row*c.columns+c.column(x0)], c.starts[row*c.columns+c.column(x1)+1]
}

// along collects the living who stand in cells within margin of a ray. It is valid until the next call.
func (c *crowd) along(s ray, margin int32) []*body {
	c.found = c.found[:0]
	ex, ey := s.end()
	for row := c.row(min(s.y, ey) - margin); row <= c.row(max(s.y, ey)+margin); row++ {
		top := row*crowdCell - c.field.height/2
		xa, xb := s.x, ex
		if ey != s.y {
			xa = s.xAt(top-margin, ey)
			xb = s.xAt(top+crowdCell+margin, ey)
		}
		from, to := c.span(row, min(xa, xb)-margin, max(xa, xb)+margin)
		c.found = append(c.found, c.sorted[from:to]...)
	}
	return c.found
}
