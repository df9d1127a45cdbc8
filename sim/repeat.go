package sim

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"time"

	"laglab/protocol/game"
	"laglab/server"
)

// happening is one thing that happened in a run in simulated time, with what it consisted of.
type happening struct {
	at   time.Duration
	kind happeningKind
	what []byte
}

type happeningKind uint8

const (
	toServer happeningKind = iota
	toPlayers
	ticked
	directed
)

// String is the happening in words.
func (h *happening) String() string {
	switch h.kind {
	case toServer:
		return fmt.Sprintf("a datagram of %d bytes to the server", len(h.what))
	case toPlayers:
		return fmt.Sprintf("a datagram of %d bytes to the players", len(h.what))
	case ticked:
		return fmt.Sprintf("match %d, tick %d, checksum of the world %016x", binary.BigEndian.Uint32(h.what), binary.BigEndian.Uint32(h.what[4:]), binary.BigEndian.Uint64(h.what[8:]))
	}
	return string(h.what)
}

// Parting is where two runs of the same scenario part.
type Parting struct {
	// Number counts what happened before, the same in both.
	Number int64
	At     time.Duration // of the first one's
	One    string        // what happened then in the one run, in words, and in the other
	Other  string
}

// String is the parting in words.
func (p *Parting) String() string {
	return fmt.Sprintf("after %d things that happened alike, at %v: one run has %s, the other %s", p.Number, p.At, p.One, p.Other)
}

// happeningsAtOnce is how many happenings go from a run to the comparison at once.
const happeningsAtOnce = 512

// Repeat runs a scenario twice in simulated time, side by side, and compares everything that happens: each datagram between
// the server and the links, each world after each tick, each event. It returns how many things happened alike, and where the
// two part, nil if they do not.
func Repeat[E, C any](ctx context.Context, g *game.Game[E, C], s Scenario) (alike int64, p *Parting, err error) {
	if err := prepareVirtual(g, &s); err != nil {
		return 0, nil, err
	}
	s.Trace, s.Chronicle = nil, nil // of one run each
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	one, other := startTrace(ctx, g, s), startTrace(ctx, g, s)
	for {
		a, b := <-one.batches, <-other.batches
		n, parting := compareHappenings(a, b)
		alike += n
		if parting != nil || len(a) == 0 {
			cancel()
			err := errors.Join(one.end(), other.end())
			if parting != nil {
				parting.Number = alike
				err = nil // both were stopped
			}
			return alike, parting, err
		}
	}
}

// tracing is a run that tells what happens in it.
type tracing struct {
	batches chan []happening // all but the last are of one length; closed at the end
	done    <-chan struct{}
	err     error // once batches is closed
}

func startTrace[E, C any](ctx context.Context, g *game.Game[E, C], s Scenario) *tracing {
	t := &tracing{batches: make(chan []happening, 2), done: ctx.Done()} // made here: a bubble's channels are its own
	go func() {
		defer close(t.batches)
		t.err = t.run(func(tell func(happening) bool) error { return traced(ctx, g, s, tell) })
	}()
	return t
}

// run hands on in batches what happens in do.
func (t *tracing) run(do func(tell func(happening) bool) error) error {
	var batch []happening
	send := func() bool {
		select {
		case t.batches <- batch:
			batch = nil
			return true
		case <-t.done:
			return false
		}
	}
	err := do(func(h happening) bool {
		batch = append(batch, h)
		return len(batch) < happeningsAtOnce || send()
	})
	if len(batch) > 0 {
		send()
	}
	return err
}

// end waits for the run to end.
func (t *tracing) end() error {
	for range t.batches {
	}
	return t.err
}

// traced runs a scenario and tells all that happens.
func traced[E, C any](ctx context.Context, g *game.Game[E, C], s Scenario, tell func(happening) bool) error {
	return inBubble(func() error {
		v, err := newVirtual(g, s)
		if err != nil {
			return err
		}
		v.tap = func(players bool, datagram []byte) bool {
			kind := toServer
			if players {
				kind = toPlayers
			}
			return tell(happening{v.now, kind, bytes.Clone(datagram)})
		}
		v.ticked = func(m *server.Match[E, C]) {
			sum := binary.BigEndian.AppendUint32(nil, uint32(m.Number))
			sum = binary.BigEndian.AppendUint32(sum, uint32(m.Simulation().World.Tick()))
			tell(happening{v.now, ticked, binary.BigEndian.AppendUint64(sum, m.Simulation().Checksum())})
		}
		v.director.tell = func(e *Event) { tell(happening{v.now, directed, []byte(e.String())}) }
		return v.run(ctx, s.Duration)
	})
}

// compareHappenings says how many are alike, and where the first difference is.
func compareHappenings(one, other []happening) (alike int64, p *Parting) {
	for i := range max(len(one), len(other)) {
		a, b := happening{what: []byte("ended"), kind: directed}, happening{what: []byte("ended"), kind: directed}
		if i < len(one) {
			a = one[i]
		}
		if i < len(other) {
			b = other[i]
		}
		if a.at == b.at && a.kind == b.kind && bytes.Equal(a.what, b.what) {
			alike++
			continue
		}
		p = &Parting{At: a.at, One: a.String(), Other: b.String()}
		switch {
		case i >= len(one):
			p.At = b.at
		case i >= len(other):
		case a.at != b.at:
			p.At = min(a.at, b.at)
			p.One, p.Other = p.One+" at "+a.at.String(), p.Other+" at "+b.at.String()
		case a.kind == b.kind && len(a.what) == len(b.what):
			p.Other = fmt.Sprintf("another, from byte %d on: %s", firstByteThatDiffers(a.what, b.what), p.Other)
		}
		return alike, p
	}
	return alike, nil
}

func firstByteThatDiffers(a, b []byte) int {
	for i := range a {
		if a[i] != b[i] {
			return i
		}
	}
	return len(a)
}
