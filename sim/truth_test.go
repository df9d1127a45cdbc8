package sim

import (
	"fmt"
	"sync"
	"time"

	"laglab/client"
	"laglab/protocol"
	"laglab/protocol/game"
	"laglab/protocol/transport"
	"laglab/server"
	"laglab/sim/arena"
)

// interference notes, for each player and tick, whether something happened to the player's entity that the player
// could not know when it predicted that tick: the world's step changed it (another player's push or shot), or the
// server had to use another command than the player's own.
type interference struct {
	mu      sync.Mutex
	marks   map[protocol.PlayerID]*[8192]bool
	moved   map[protocol.PlayerID][]int32
	checked int
	unequal int
	wrong   []string
	ends    []string
}

// watch has a match of a server that does not run yet fill in the notes.
func (n *interference) watch(m *server.Match[arena.Entity, arena.Command]) {
	n.marks, n.moved = map[protocol.PlayerID]*[8192]bool{}, map[protocol.PlayerID][]int32{}
	simulation := m.Simulation()
	schema := arena.Game.State
	row := make([]int32, schema.Width())
	each := func(do func(e *game.Entity[arena.Entity])) {
		for e := range simulation.World.All() {
			if e.Owner != 0 && simulation.World.Player(e.Owner) == e {
				do(e)
			}
		}
	}
	simulation.AfterMoves = func() {
		each(func(e *game.Entity[arena.Entity]) {
			if n.moved[e.Owner] == nil {
				n.moved[e.Owner] = make([]int32, schema.Width())
			}
			schema.Load(&e.State, n.moved[e.Owner])
		})
	}
	observe := m.Observe
	m.Observe = func(due time.Duration, commands []game.Command[arena.Command]) {
		if observe != nil {
			observe(due, commands)
		}
		n.mu.Lock()
		defer n.mu.Unlock()
		tick := simulation.World.Tick()
		for _, c := range commands {
			if n.marks[c.Player] == nil {
				n.marks[c.Player] = new([8192]bool)
			}
			n.marks[c.Player][tick%8192] = c.Repeated
		}
		each(func(e *game.Entity[arena.Entity]) {
			schema.Load(&e.State, row)
			for i, v := range n.moved[e.Owner] {
				if v != row[i] {
					n.marks[e.Owner][tick%8192] = true
				}
			}
		})
	}
}

// Confirmed checks that a wrong prediction has a reason.
func (n *interference) Confirmed(c client.Confirmation) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if !c.Predicted {
		return
	}
	n.checked++
	if c.Equal {
		return
	}
	n.unequal++
	for t := c.Base + 1; t <= c.Tick; t++ {
		if n.marks[c.Player][t%8192] {
			return
		}
	}
	n.wrong = append(n.wrong, fmt.Sprintf("player %d, tick %d predicted from %d: off by %.3f without a reason", c.Player, c.Tick, c.Base, c.Error))
}

func (n *interference) Ended(reason transport.Reason, byPeer bool) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if reason != transport.ReasonLeft {
		n.ends = append(n.ends, reason.String())
	}
}
