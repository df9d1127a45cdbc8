package sim

import (
	"sync"

	"laglab/sim/measure"
)

// roster is who plays in a run, when each of them is measured by itself: the groups' own figures stand first then, and after them
// those of each player, see bot.Config.Slot. A nil one is of a run in which only groups are measured.
type roster struct {
	groups int

	mu      sync.Mutex
	players []member
}

// member is a player: its group, and its number in it.
type member struct{ group, number int }

// newRoster is for a run of so many groups.
func newRoster(groups int, perPlayer bool) *roster {
	if !perPlayer {
		return nil
	}
	return &roster{groups: groups}
}

// enter adds a player, and returns its slot, 0 on a nil roster.
func (r *roster) enter(group, number int) (slot int) {
	if r == nil {
		return 0
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.players = append(r.players, member{group, number})
	return len(r.players)
}

// list is who plays, by slot.
func (r *roster) list() []member {
	if r == nil {
		return nil
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.players[:len(r.players):len(r.players)]
}

// groupOf is the group that the i-th of what is measured belongs to.
func (r *roster) groupOf(i int) int {
	if r == nil || i < r.groups {
		return i
	}
	return r.list()[i-r.groups].group
}

// cutAll ends a window of the timeline of all that an owner measured, and adds each cut to its group's. cut ends the one of the i-th.
func (r *roster) cutAll(cuts [][]*measure.Cut, storage cutStorage, owner any, n int, cut func(i int, c *measure.Cut)) {
	for i := range n {
		c := storage.at(owner, i)
		cut(i, c)
		group := r.groupOf(i)
		cuts[group] = append(cuts[group], c)
	}
}

// cutStorage is storage for cuts that is used again: by who measured, and which of what it measured.
type cutStorage map[whose]*measure.Cut

type whose struct {
	owner any
	i     int
}

func (k cutStorage) at(owner any, i int) *measure.Cut {
	c := k[whose{owner, i}]
	if c == nil {
		c = new(measure.Cut)
		k[whose{owner, i}] = c
	}
	return c
}
