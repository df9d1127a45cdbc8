package sim

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"net/netip"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"laglab/client"
	"laglab/protocol"
	"laglab/protocol/game"
	"laglab/server"
	"laglab/sim/arena"
)

// theatre is a server and clients whose datagrams get lost and overtake each other, and the world's whole past.
type theatre struct {
	t       *testing.T
	rng     *rand.Rand
	host    *server.Host[arena.Entity, arena.Command]
	clients []*client.Client[arena.Entity, arena.Command]
	brains  []game.Brain[arena.Entity, arena.Command]
	air     []parcel
	past    []map[protocol.EntityID][]int32 // by tick
	loss    float64
	start   time.Time
	seen    int // entities compared
	old     int // of these: shown in an older state, because a snapshot was partial
}

type parcel struct {
	at   time.Duration
	to   int // client, -1: the host
	from netip.AddrPort
	data []byte
}

func newTheatre(t *testing.T, seed uint64, players int, loss float64, c server.Config) *theatre {
	s := &theatre{t: t, rng: rand.New(rand.NewPCG(seed, 2)), loss: loss, start: time.Now()}
	c.PlayersPerMatch, c.Seed, c.Random = players, seed, rand.NewChaCha8([32]byte{byte(seed)})
	var err error
	s.host, err = server.NewHost(arena.Game, &c, func(to netip.AddrPort, b []byte) { s.post(int(to.Port())-1000, virtualServer, b) })
	if err != nil {
		t.Fatal(err)
	}
	match := s.host.Matches()[0]
	s.past = append(s.past, nil)
	match.Watch(server.Observer[arena.Command]{Ticked: func(time.Duration, []game.Command[arena.Command]) {
		now := map[protocol.EntityID][]int32{}
		for e := range match.Simulation().World.All() {
			row := make([]int32, arena.Game.State.Width())
			arena.Game.State.Load(&e.State, row)
			now[e.ID] = row
		}
		s.past = append(s.past, now)
	}})
	for i := range players {
		addr := netip.AddrPortFrom(virtualBots.Addr(), uint16(1000+i))
		p, err := client.New(arena.Game, client.Config{Switches: client.Switches{NoInterpolation: true}, Random: rand.NewChaCha8([32]byte{byte(i), byte(seed)})},
			0, virtualServer, func(_ netip.AddrPort, b []byte) { s.post(-1, addr, b) })
		if err != nil {
			t.Fatal(err)
		}
		s.clients = append(s.clients, p)
		s.brains = append(s.brains, nil)
	}
	return s
}

// post puts a datagram on its way: some are lost, and they overtake each other.
func (s *theatre) post(to int, from netip.AddrPort, b []byte) {
	if s.rng.Float64() >= s.loss {
		at := time.Since(s.start) + time.Duration(20+s.rng.IntN(60))*ms
		s.air = append(s.air, parcel{at, to, from, bytes.Clone(b)})
	}
}

func (s *theatre) run(d time.Duration) {
	match, due := s.host.Matches()[0], time.Duration(0)
	for end := d; time.Since(s.start) < end; {
		time.Sleep(ms)
		now := time.Since(s.start)
		air := s.air
		s.air = nil
		for _, p := range air {
			switch {
			case p.at > now:
				s.air = append(s.air, p)
			case p.to < 0:
				s.host.Receive(now, p.from, p.data)
			default:
				s.clients[p.to].Receive(now, virtualServer, p.data)
			}
		}
		if now >= due {
			match.Tick(due)
			s.host.Transmit(now, match, 0, 1000)
			due += time.Second / 60
		}
		s.host.Update(now)
		for i, c := range s.clients {
			c.Update(now)
			c.Step(now, func(v *game.View[arena.Entity]) arena.Command { return s.think(i, v) })
		}
	}
}

// think compares what a player sees with what was true, and has a bot decide.
func (s *theatre) think(i int, v *game.View[arena.Entity]) arena.Command {
	s.compare(v)
	if s.brains[i] == nil {
		var err error
		if s.brains[i], err = s.clients[i].Rules().(game.Brains[arena.Entity, arena.Command]).Brain("hunter", uint64(i)); err != nil {
			s.t.Fatal(err)
		}
	}
	return s.brains[i].Think(v)
}

// compare finds what is shown in the world's past: after the tick that is shown, or, when snapshots may be partial, a
// little earlier.
func (s *theatre) compare(v *game.View[arena.Entity]) {
	if v.Shown == 0 {
		return
	}
	schema := arena.Game.State
	row := make([]int32, schema.Width())
	tick := int(v.Shown.Tick())
	for _, o := range v.Others() {
		schema.Load(&o.State, row)
		s.seen++
		age := 0
		for ; age <= 61; age++ {
			if was := s.past[tick-age][o.ID]; was != nil && sameToOthers(was, row) {
				break
			}
		}
		if age > 61 {
			s.t.Fatalf("tick %d: entity %d is shown as it never was in the last second: %v, true is %v", tick, o.ID, row, s.past[tick][o.ID])
		}
		if age > 0 {
			s.old++
		}
	}
}

// sameToOthers compares the fields that others than the owner are told, as exactly as they are.
func sameToOthers(was, shown []int32) bool {
	schema := arena.Game.State
	told := slices.Clone(was)
	schema.Blur(told)
	return schema.Changed(told, shown, schema.Telling(false)) == 0
}

// TestWhatIsSeenWasTrue: whatever is lost and in whatever order the rest arrives, a player never sees an entity in a
// state that it was not in: entities enter, leave, are told by differences and extrapolation, and told again.
func TestWhatIsSeenWasTrue(t *testing.T) {
	inOneGoroutine(t)
	for seed := uint64(1); seed <= 6; seed++ {
		for _, c := range []struct {
			name    string
			loss    float64
			config  server.Config
			partial bool
		}{
			{"few visible", 0.2, server.Config{MaxVisible: 8}, false},
			{"bad", 0.5, server.Config{MaxVisible: 20}, false},
			{"small budget", 0.1, server.Config{MaxVisible: 24, Budget: 3000}, true},
		} {
			t.Run(fmt.Sprint(c.name, seed), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					s := newTheatre(t, seed, 24, c.loss, c.config)
					s.run(6 * time.Second)
					if s.seen < 10_000 {
						t.Fatalf("only %d entities were seen", s.seen)
					}
					if !c.partial && s.old > 0 {
						t.Errorf("%d of %d were shown in an older state, though there was room", s.old, s.seen)
					}
					if c.partial && s.old == 0 {
						t.Error("the budget left nothing out")
					}
					for _, p := range s.clients {
						if st := p.Stats(); st.Malformed > 0 || st.Baseless > 0 {
							t.Errorf("%d messages malformed, %d without their baseline", st.Malformed, st.Baseless)
						}
					}
				})
			})
		}
	}
}
