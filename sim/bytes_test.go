package sim

import (
	"encoding/binary"
	"maps"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"laglab/protocol"
	"laglab/protocol/game"
	"laglab/server"
	"laglab/sim/arena"
	"laglab/sim/netem"
)

// bill says what the bytes on their way to players are spent on.
type bill struct {
	datagrams, bytes int
	kinds            map[protocol.Kind]int // bytes of messages
	messages         map[protocol.Kind]int
	segments         int
	snapshots        map[string]int // bytes by what they are for
	told             int            // entities that snapshots tell of
	events           int64

	ids   map[uint64]map[protocol.Tick][]protocol.EntityID // by connection and snapshot
	conn  uint64
	reads game.EntityReader
	row   []int32
	tells func(h *protocol.SnapshotHeader, id protocol.EntityID, mask uint32) // when set, hears of whom each snapshot says how it is, and which fields have changed
}

func newBill() *bill {
	b := &bill{ids: map[uint64]map[protocol.Tick][]protocol.EntityID{}, row: make([]int32, arena.Game.State.Width())}
	b.reset()
	return b
}

// reset forgets what was counted, and keeps what differences refer to.
func (b *bill) reset() {
	b.datagrams, b.bytes, b.segments, b.told, b.events = 0, 0, 0, 0, 0
	b.kinds, b.messages, b.snapshots = map[protocol.Kind]int{}, map[protocol.Kind]int{}, map[string]int{}
}

// datagram counts a datagram as WIRE.md describes it.
func (b *bill) datagram(d []byte) {
	b.datagrams++
	b.bytes += len(d) + headers
	if d[0]&0x80 == 0 {
		return
	}
	b.conn = binary.BigEndian.Uint64(d[1:])
	rest := d[11 : len(d)-4]
	if d[0]&1 != 0 {
		rest = rest[6:]
	}
	if d[0]&2 != 0 {
		n := 2 + int(binary.BigEndian.Uint16(rest))
		for s := rest[2:n]; len(s) > 0; {
			size := 24 + int(binary.LittleEndian.Uint32(s[20:]))
			b.segments++
			b.message(s[24:size])
			s = s[size:]
		}
		rest = rest[n:]
	}
	if d[0]&4 != 0 {
		b.message(rest)
	}
}

func (b *bill) message(m []byte) {
	if len(m) == 0 {
		return
	}
	kind := protocol.Kind(m[0])
	b.kinds[kind] += len(m)
	b.messages[kind]++
	switch kind {
	case protocol.KindSnapshot:
		b.snapshot(m)
	case protocol.KindEvents:
		var r protocol.Reader
		var e protocol.Events
		if r.Reset(m[1:]); e.Decode(&r) == nil {
			b.events += int64(len(e))
		}
	}
}

// snapshot counts what a snapshot's bytes are for.
func (b *bill) snapshot(m []byte) {
	var r protocol.Reader
	var h protocol.SnapshotHeader
	r.Reset(m)
	protocol.ReadKind(&r)
	h.Decode(&r)
	spent := func(what string, before int) { b.snapshots[what] += before - r.Len() }
	spent("header", len(m))
	if b.ids[b.conn] == nil {
		b.ids[b.conn] = map[protocol.Tick][]protocol.EntityID{}
	}
	base := b.ids[b.conn][h.Base]
	var now []protocol.EntityID
	tells := func(id protocol.EntityID, mask uint32) {
		if b.tells != nil {
			b.tells(&h, id, mask)
		}
	}
	passed := func(ids []protocol.EntityID) { // a partial snapshot says nothing by that
		for i := 0; !h.Partial && i < len(ids); i++ {
			tells(ids[i], 0)
		}
	}
	schema, from := arena.Game.State, 0
	for b.reads.Begin(&r, base); ; {
		left := r.Len()
		switch op := b.reads.Next(); op {
		case game.EntityEnd:
			now = append(now, base[from:]...)
			passed(base[from:])
			b.ids[b.conn][h.Tick] = now
			return
		case game.EntityPassed:
			spent("passed over", left)
			now = append(now, base[from:b.reads.At]...)
			passed(base[from:b.reads.At])
		case game.EntityRemoved:
			spent("removed", left)
		case game.EntityNew:
			schema.DecodeNew(&r, b.row, b.reads.Mask, true)
			spent("new", left)
			now = append(now, b.reads.ID)
			tells(b.reads.ID, b.reads.Mask)
			b.told++
		case game.EntityTold:
			if b.told++; b.reads.Mask&^schema.Telling(false) != 0 {
				b.fields(&r, spent)
				spent("own", left)
			} else {
				spent("masks", left)
				b.fields(&r, spent)
			}
			now = append(now, b.reads.ID)
			tells(b.reads.ID, b.reads.Mask)
		}
		from = b.reads.At
	}
}

// fields counts the values of one entity by field, unless spent is called for the whole.
func (b *bill) fields(r *protocol.Reader, spent func(string, int)) {
	own := b.reads.Mask&^arena.Game.State.Telling(false) != 0
	for i, f := range arena.Game.State.Fields() {
		if left := r.Len(); b.reads.Mask&(1<<i) != 0 {
			r.Int32()
			if !own {
				spent(f.Name, left)
			}
		}
	}
}

// log writes the shares.
func (b *bill) log(t *testing.T, updates, playerSeconds float64) {
	for _, what := range slices.Sorted(maps.Keys(b.snapshots)) {
		t.Logf("  of an update, %-12s %5.2f bits", what, float64(b.snapshots[what])*8/updates)
	}
	rest := b.bytes
	for _, kind := range slices.Sorted(maps.Keys(b.kinds)) {
		t.Logf("  %-12s %5.1f%%, %5.0f bytes, %.1f messages", kind, share(int64(b.kinds[kind]), int64(b.bytes))*100, float64(b.kinds[kind])/playerSeconds, float64(b.messages[kind])/playerSeconds)
		rest -= b.kinds[kind]
	}
	t.Logf("  %-12s %5.1f%%, %5.0f bytes, %.1f segments", "headers", share(int64(rest), int64(b.bytes))*100, float64(rest)/playerSeconds, float64(b.segments)/playerSeconds)
}

// TestBytes: in a match of 200 who all hunt each other, of whom each sees 32, an entity update takes less than 56 bits
// and a player less than 6 kB/s, with IP and UDP headers. An update is an entity of which a snapshot lets its player
// know another state than before; what the snapshot's whole message takes, header and removals included, is shared by
// its updates. Those who are dead and those who stand still are none. Bits per entity that has bytes of its own are
// more, because who moves on as expected has none; they are held to the same.
func TestBytes(t *testing.T) {
	inOneGoroutine(t)
	synctest.Test(t, func(t *testing.T) {
		const players, window = 200, 8 * time.Second
		up, down := both(netem.Profile{Delay: 20 * ms, Jitter: 2 * ms, Loss: 0.01})
		m := newMemory(t, arena.Game, server.Config{Seed: 1, PlayersPerMatch: players, MaxVisible: 32, Options: "map=plain"},
			Group{Name: "hunters", Count: players, Brain: "hunter", Up: up, Down: down})
		b := newBill()
		m.tap = b.datagram
		m.run(5 * time.Second)
		b.reset()
		before := m.host.Matches()[0].Stats()
		m.run(window)
		after := m.host.Matches()[0].Stats()

		updates, size := after.Entities-before.Entities, after.SnapshotBytes-before.SnapshotBytes
		bits, toldBits := float64(size)*8/float64(updates), float64(size)*8/float64(b.told)
		playerSeconds := players * window.Seconds()
		perSecond := float64(b.bytes) / playerSeconds
		t.Logf("%.1f bits an update, %.1f for each that is told of; %.1f updates in a snapshot of %.0f bytes",
			bits, toldBits, float64(updates)/float64(after.Snapshots-before.Snapshots), float64(size)/float64(after.Snapshots-before.Snapshots))
		t.Logf("%.0f bytes per player and second, in %.1f datagrams", perSecond, float64(b.datagrams)/playerSeconds)
		b.log(t, float64(updates), playerSeconds)
		if b.kinds[protocol.KindSnapshot] != int(size) || after.Snapshots-before.Snapshots < players*20*7 {
			t.Errorf("%d bytes of snapshots were seen, %d sent in %d", b.kinds[protocol.KindSnapshot], size, after.Snapshots-before.Snapshots)
		}
		if kills := share(b.events, players); kills < 100 {
			t.Errorf("a player hears of %.0f kills: that is no fight", kills)
		}
		if bits >= 56 || toldBits >= 56 {
			t.Errorf("%.1f bits an update, and %.1f for each that is told of", bits, toldBits)
		}
		if perSecond >= 6000 {
			t.Errorf("%.0f bytes per player and second", perSecond)
		}
	})
}
