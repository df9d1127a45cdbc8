package server

import (
	"math/rand/v2"
	"net/netip"
	"slices"
	"testing"

	"laglab/protocol"
	"laglab/protocol/game"
)

// TestAnyRoomIsEnough: however little room there is, down to what not even the removals fit in, a snapshot fits it, and
// its player, who has some snapshot of the last, understands it and knows of the entities that the record says.
func TestAnyRoomIsEnough(t *testing.T) {
	g := game.MustDefine("race", 1, func(game.Settings) (game.Rules[runner, press], error) { return race{}, nil })
	c := Config{PlayersPerMatch: 60, MaxVisible: 40}
	h, err := NewHost(g, &c, func(netip.AddrPort, []byte) {})
	if err != nil {
		t.Fatal(err)
	}
	m := h.matches[0]
	for range c.PlayersPerMatch {
		m.inbox.post(letterJoin, &player[runner, press]{match: m}, nil, 0)
	}
	m.Tick(0)
	p, rng, w := m.players[17], rand.New(rand.NewPCG(5, 6)), protocol.NewWriter(protocol.MaxMessage)
	partial, anew, full := 0, 0, 0
	for range 5000 {
		m.sim.Advance(nil)
		m.scene.capture(m.sim.World)
		tick := m.sim.World.Tick()
		base := p.told.find(p.told.records[rng.IntN(recordsKept)].tick)
		if base != nil && tick.Sub(base.tick) > m.scene.base {
			base = nil
		}
		header := protocol.SnapshotHeader{Tick: tick, Slack: protocol.SlackNone}
		if base != nil {
			header.Base = base.tick
		}
		w.SetLimit(16 + rng.IntN(1+rng.IntN(900)))
		rec := p.told.fresh(tick)
		m.scene.snapshot(w, header, base, rec, p.entity, c.MaxVisible)
		if w.Err() != nil {
			t.Fatalf("tick %d: %v with room for %d bytes", tick, w.Err(), w.Limit())
		}

		got, has := understand(t, g.State, w.Bytes(), base, p.entity)
		if header.Base != 0 && got.Base == 0 {
			anew++
		}
		if !slices.Equal(has, rec.ids()) {
			t.Fatalf("tick %d: the player knows %v, the record says %v", tick, has, rec.entities)
		}
		if got.Partial {
			partial++
		} else {
			full++
		}
	}
	if partial < 100 || full < 100 || anew < 10 {
		t.Errorf("%d were partial, %d told of everything, %d started anew: something was not tested", partial, full, anew)
	}
}

func (r *record) ids() (ids []protocol.EntityID) {
	for _, e := range r.entities {
		ids = append(ids, e.id)
	}
	return ids
}

// understand decodes a snapshot as its player does, and returns its header and whom the player knows after it.
func understand(t *testing.T, s *game.Schema[runner], message []byte, base *record, self protocol.EntityID) (h protocol.SnapshotHeader, has []protocol.EntityID) {
	t.Helper()
	var r protocol.Reader
	r.Reset(message)
	protocol.ReadKind(&r)
	h.Decode(&r)
	var had []protocol.EntityID
	if h.Base != 0 {
		had = base.ids()
	}
	var list game.EntityReader
	list.Begin(&r, had)
	row := make([]int32, s.Width())
	for from := 0; ; from = list.At {
		switch op := list.Next(); op {
		case game.EntityTold:
			s.DecodeTold(&r, row, list.Mask, list.ID == self)
			has = append(has, list.ID)
		case game.EntityNew:
			s.DecodeNew(&r, row, list.Mask, list.ID == self)
			has = append(has, list.ID)
		case game.EntityPassed:
			has = append(has, had[from:list.At]...)
		case game.EntityEnd:
			if err := r.End(); err != nil {
				t.Fatalf("tick %d: %v", h.Tick, err)
			}
			return h, append(has, had[from:]...)
		}
		clear(row) // what the differences were to is nothing to this test
	}
}

// TestCarriedSnapshots: a datagram's number leads to the snapshot that it carried, for as long as that is remembered, and to no other.
func TestCarriedSnapshots(t *testing.T) {
	var k told
	if k.carriedBy(0) != 0 || k.carriedBy(-1) != 0 {
		t.Error("something was carried before there was anything")
	}
	for i := range 3 * recordsKept {
		tick := protocol.Tick(10 + 3*i)
		k.fresh(tick)
		if i%4 != 0 { // some are not sent
			k.carried(int64(2 * i))
		}
		for j := range i + 1 {
			want := protocol.Tick(10 + 3*j)
			if j%4 == 0 || i-j >= recordsKept {
				want = 0
			}
			if got := k.carriedBy(int64(2 * j)); got != want {
				t.Fatalf("after snapshot %d datagram %d carried %d, want %d", i, 2*j, got, want)
			}
		}
		if k.carriedBy(int64(2*i+1)) != 0 || k.carriedBy(-1) != 0 {
			t.Fatal("a datagram without a snapshot carried one")
		}
	}
}

// TestRecordsShareStorage: what is remembered of the snapshots under way is right whatever is acknowledged, and takes the storage of as
// many records as were ever under way.
func TestRecordsShareStorage(t *testing.T) {
	rng := rand.New(rand.NewPCG(7, 8))
	for range 200 {
		var k told
		ack, tick, most := protocol.Tick(0), protocol.Tick(0), 1+rng.IntN(2*recordsKept)
		storage := map[*recorded]bool{}
		for range 300 {
			if rng.IntN(2) == 0 || int(tick-ack) >= 3*most {
				ack = max(ack, tick-min(tick, protocol.Tick(rng.IntN(3*most))))
			}
			k.release(ack)
			tick += 3
			r := k.fresh(tick)
			for id := range protocol.EntityID(8) {
				r.entities = append(r.entities, recorded{id: id, age: uint16(tick % 1000)})
			}
			storage[&r.entities[0]] = true
			for back := range recordsKept - 1 {
				at := tick - min(tick, 3*protocol.Tick(back))
				r := k.find(at)
				if known := at != 0; known != (r != nil) {
					t.Fatalf("after tick %d, of %d there is a record: %v", tick, at, r != nil)
				}
				if at < ack || r == nil {
					continue
				}
				if len(r.entities) != 8 || r.entities[7].age != uint16(at%1000) || r.tick != at {
					t.Fatalf("ack %d, tick %d: of %d it says %+v", ack, tick, at, *r)
				}
			}
		}
		if limit := min(most+2, recordsKept) + 1; len(storage) > limit {
			t.Errorf("%d under way at most took the storage of %d", most, len(storage))
		}
	}
}
