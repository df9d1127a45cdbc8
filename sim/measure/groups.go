package measure

// Groups are groups by number, each made when it is first asked for. They have one owner.
type Groups struct{ list []*Group }

// NewGroups makes so many.
func NewGroups(n int) *Groups {
	g := new(Groups)
	if n > 0 {
		g.At(n - 1)
	}
	return g
}

// At is one of them; those before it are there, too, from then on.
func (g *Groups) At(i int) *Group {
	for len(g.list) <= i {
		g.list = append(g.list, NewGroup())
	}
	return g.list[i]
}

// Len is how many there are.
func (g *Groups) Len() int { return len(g.list) }

// All are those that there are. The list must not be changed.
func (g *Groups) All() []*Group { return g.list }

// Merge adds the groups of o, each to that with its number.
func (g *Groups) Merge(o *Groups) {
	for i, m := range o.list {
		g.At(i).Merge(m)
	}
}
