package sim

import (
	"context"
	"errors"
	"testing"
	"time"

	"laglab/client"
	"laglab/protocol/game"
	"laglab/protocol/transport"
	"laglab/server"
	"laglab/sim/arena"
)

// TestSession: a program that uses the client as a library connects, plays and leaves.
func TestSession(t *testing.T) {
	l := startServer(t, server.Config{JoinKey: "k"}, nil)
	s, err := client.Dial(arena.Game, l.srv.Addr().String(), client.Config{Name: "anna", JoinKey: "k"})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	var from, to arena.Entity
	err = s.Run(ctx, func(v *game.View[arena.Entity]) arena.Command {
		if from == (arena.Entity{}) {
			from = v.Self.State
		}
		if to = v.Self.State; to != from && v.Tick > 100 {
			cancel()
		}
		return arena.Command{MoveX: 127}
	})
	if err != nil || to.X == from.X {
		t.Errorf("it went from %d to %d, and ended with %v", from.X, to.X, err)
	}
	waitFor(t, 5*time.Second, "the server to know", func() bool { return l.srv.Stats().Players == 0 })
}

// TestSessionIsRefused: the reason arrives as an error.
func TestSessionIsRefused(t *testing.T) {
	l := startServer(t, server.Config{JoinKey: "k"}, nil)
	s, err := client.Dial(arena.Game, l.srv.Addr().String(), client.Config{JoinKey: "wrong"})
	if err != nil {
		t.Fatal(err)
	}
	err = s.Run(context.Background(), func(*game.View[arena.Entity]) arena.Command { return arena.Command{} })
	if !errors.Is(err, transport.ReasonWrongKey) {
		t.Errorf("ended with %v", err)
	}
}

// TestServerSaysWhyItEnds: players hear that the server shuts down.
func TestServerSaysWhyItEnds(t *testing.T) {
	l := startServer(t, server.Config{}, nil)
	s, err := client.Dial(arena.Game, l.srv.Addr().String(), client.Config{NoReconnect: true})
	if err != nil {
		t.Fatal(err)
	}
	stopping := false
	err = s.Run(context.Background(), func(*game.View[arena.Entity]) arena.Command {
		if !stopping {
			stopping = true
			go l.stop()
		}
		return arena.Command{}
	})
	if !errors.Is(err, transport.ReasonShutdown) {
		t.Errorf("ended with %v", err)
	}
}
