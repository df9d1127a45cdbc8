package bench

import (
	"context"
	"fmt"
	"net/netip"
	"time"

	"laglab/protocol/clock"
	"laglab/server"
	"laglab/sim"
	"laglab/sim/arena"
)

// playersPerMatch is the size of the matches that are measured.
const playersPerMatch = 50

// visible is how many entities a snapshot shows, which makes a whole one about 850 bytes, and one by differences about
// 160.
const visible = 48

// served is this project's server.
type served struct {
	srv  *server.Server[arena.Entity, arena.Command]
	end  context.CancelFunc
	done chan error
}

func startServer(t *Task) (subject, error) {
	srv, err := server.New(arena.Game, server.Config{
		Addr: "127.0.0.1:0", TickRate: tickRate, SnapshotRate: snapshotRate,
		Matches: (t.Players + playersPerMatch - 1) / playersPerMatch, PlayersPerMatch: playersPerMatch, MaxVisible: visible, NoDelta: t.Whole,
	})
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithCancel(context.Background())
	s := &served{srv: srv, end: cancel, done: make(chan error, 1)}
	go func() { s.done <- srv.Run(ctx) }()
	return s, nil
}

func (s *served) ready() (string, error) { return s.srv.Addr().String(), nil }
func (s *served) reset()                 { s.srv.ResetTiming() }
func (s *served) stop()                  { s.end(); <-s.done }

func (s *served) read() Reading {
	st := s.srv.Stats()
	return Reading{
		DatagramsIn: int64(st.Socket.DatagramsIn), DatagramsOut: int64(st.Socket.DatagramsOut),
		BytesIn: int64(st.Socket.BytesIn), BytesOut: int64(st.Socket.BytesOut),
		Ticks: st.Match.Ticks, Skipped: st.Skipped, Drops: int64(st.Socket.ReceiveDrops),
		Playing: st.Players, Cost: spreadOf(st.Cost), Late: spreadOf(st.Late),
	}
}

// botted is this project's bots: whole clients that predict, with a brain each, on perfect links.
type botted struct {
	fleet *sim.Fleet[arena.Entity, arena.Command]
	want  int
	end   context.CancelFunc
	done  chan error
}

func startBots(t *Task) (subject, error) {
	addr, err := netip.ParseAddrPort(t.Addr)
	if err != nil {
		return nil, err
	}
	fleet, err := sim.NewFleet(arena.Game, sim.FleetConfig{
		Server: addr, Seed: 1, Workers: max(t.Sockets, 1), Apart: t.Sockets > 0, Load: true,
		Groups: []sim.Group{{Name: "bots", Count: t.Players, Brain: "strafe", Ramp: time.Duration(t.Players) * 2 * time.Millisecond}},
	}, nil)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithCancel(context.Background())
	b := &botted{fleet: fleet, want: t.Players, end: cancel, done: make(chan error, 1)}
	go func() { b.done <- fleet.Run(ctx) }()
	return b, nil
}

// readyWithin is how long all players may take to play.
const readyWithin = 60 * time.Second

func (b *botted) ready() (string, error) {
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for deadline := clock.Now() + readyWithin; b.fleet.Playing() < b.want; <-tick.C {
		if clock.Now() > deadline {
			return "", fmt.Errorf("only %d of %d bots play: %s", b.fleet.Playing(), b.want, b.fleet.LastEnd())
		}
	}
	return "load", nil
}

func (b *botted) reset() { b.fleet.ResetTiming() }
func (b *botted) stop()  { b.end(); <-b.done }

func (b *botted) read() Reading {
	s := b.fleet.Socket()
	late := b.fleet.BotLate()
	return Reading{
		DatagramsIn: int64(s.DatagramsIn), DatagramsOut: int64(s.DatagramsOut), BytesIn: int64(s.BytesIn), BytesOut: int64(s.BytesOut),
		Drops: int64(s.ReceiveDrops), Playing: b.fleet.Playing(),
		Late: Spread{late.TimeAt(50).Microseconds(), late.TimeAt(99).Microseconds(), late.TimeAt(100).Microseconds()},
	}
}
