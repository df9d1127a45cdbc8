package truth

import (
	"slices"
	"sync/atomic"
	"time"

	"laglab/protocol"
)

// givenTicks is for how many ticks it is remembered when commands were given.
const givenTicks = 256

// given is when the players of a match gave their commands for the last ticks. Those for a tick lie side by side: whoever looks at
// one looks at many. Each player's owner writes, any may read. What is written while there is made room for one more may be lost.
type given struct{ table atomic.Pointer[givenTable] }

type givenTable struct {
	players int
	// cells are by tick, then by player: a time in nanoseconds, and the last 16 bits of the tick. 0 is none.
	cells []atomic.Uint64
}

// enter makes room for a player, of whom nothing is known yet. It is called by one at a time.
func (g *given) enter(id protocol.PlayerID) {
	t := g.table.Load()
	if t == nil {
		t = &givenTable{}
	}
	if int(id) >= t.players {
		more := &givenTable{players: max(int(id)+1, 2*t.players)}
		more.cells = make([]atomic.Uint64, givenTicks*more.players)
		for i := range t.cells {
			more.cells[i/t.players*more.players+i%t.players].Store(t.cells[i].Load())
		}
		t = more
		g.table.Store(t)
	}
	for i := range slices.Chunk(t.cells, t.players) {
		i[id].Store(0)
	}
}

func (t *givenTable) cell(tick protocol.Tick, id protocol.PlayerID) *atomic.Uint64 {
	return &t.cells[int(tick%givenTicks)*t.players+int(id)]
}

// set notes a command of a player who has entered. It is one store: it can be seen whole or not at all.
func (g *given) set(tick protocol.Tick, id protocol.PlayerID, at time.Duration) {
	g.table.Load().cell(tick, id).Store(uint64(at)<<16 | uint64(tick)&0xffff)
}

// get is when a player who has entered gave its command for a tick.
func (g *given) get(tick protocol.Tick, id protocol.PlayerID) (time.Duration, bool) {
	v := g.table.Load().cell(tick, id).Load()
	return time.Duration(v >> 16), v != 0 && uint16(v) == uint16(tick)
}
