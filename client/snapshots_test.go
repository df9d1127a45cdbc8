package client

import (
	"testing"
	"time"

	"laglab/protocol"
	"laglab/protocol/game"
	"laglab/protocol/transport"
)

// TestSnapshotsAllocateNothing: a client takes snapshots of 32 entities, whole ones and differences, into the storage that it has.
func TestSnapshotsAllocateNothing(t *testing.T) {
	c := playing(t)
	schema := c.game.State
	w := protocol.NewWriter(protocol.MaxMessage)
	tick, now := protocol.Tick(103), time.Second
	next := func() {
		last := tick
		tick, now = tick+3, now+50*time.Millisecond
		h := protocol.SnapshotHeader{Tick: tick, Received: tick + 1, Slack: 20}
		var list game.EntityWriter
		w.Reset()
		if whole := tick%2 == 0; whole {
			h.Encode(w)
			list.Begin(w, 0)
			for id := range protocol.EntityID(32) {
				list.New(id + 1)
				schema.EncodeNew(w, []int32{int32(tick), int32(id), 0}, id == 0)
			}
		} else {
			h.Base = last
			h.Encode(w)
			list.Begin(w, 32)
			for id := range protocol.EntityID(32) {
				list.Told(id + 1)
				schema.EncodeTold(w, []int32{int32(last), int32(id), 0}, []int32{int32(tick), int32(id), 0}, id == 0)
			}
		}
		c.now = now
		(*listener[dot, push])(c).Message(c.conn, transport.Unreliable, w.Bytes())
	}
	for range 300 {
		next()
	}
	before := c.stats
	n := testing.AllocsPerRun(1000, next)
	if took := c.stats.Snapshots - before.Snapshots; n != 0 || took != 1001 || c.stats.Told-before.Told != 32*1001 {
		t.Errorf("%v allocations for a snapshot; %d of 1001 were taken, malformed %d, without a base %d, with %d entities", n, took, c.stats.Malformed, c.stats.Baseless, c.stats.Told-before.Told)
	}
}
