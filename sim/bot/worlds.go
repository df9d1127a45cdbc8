package bot

import (
	"laglab/client"
	"laglab/protocol"
)

// CompareWorlds compares the world as each player holds it with the server's, at the end of a run; a difference counts as a
// desync.
func (c *Crowd[E, C]) CompareWorlds() {
	for _, b := range c.bots {
		if b.client != nil && b.client.State() == client.Playing && b.rules == b.client.Rules() { // else it has not looked around yet
			b.client.Held(func(id protocol.EntityID, known protocol.Tick, row []int32, own bool) {
				b.screen.Holds(id, known, row, own)
			})
		}
	}
}

// Held calls do for what one player holds of each entity, see client.Client.
func (c *Crowd[E, C]) Held(group, number int, do func(id protocol.EntityID, known protocol.Tick, row []int32, own bool)) {
	if b := c.find(group, number); b != nil && b.client != nil {
		b.client.Held(do)
	}
}
