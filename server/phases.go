package server

import (
	"time"

	"laglab/protocol"
)

// Phase is a part of a tick's work.
type Phase uint8

// The phases, in the order in which a tick passes through them; rewinding happens within the simulation, and choosing
// what a player sees alternates with encoding it.
const (
	PhaseReceive  Phase = iota // taking what arrived since the last tick
	PhaseSimulate              // moves and step
	PhaseRewind                // finding out who was where, for lag compensation
	PhaseInterest              // choosing what each player is told of
	PhaseEncode                // encoding it
	PhaseSend                  // handing it to the transport and the socket
	Phases        = iota
)

// String names the phase.
func (p Phase) String() string {
	return [...]string{"receive", "simulate", "rewind", "interest", "encode", "send"}[p]
}

// laps measure how long each phase of a tick takes, by a stopwatch that the shell brings; a core has no clock.
type laps struct {
	now   func() time.Duration // nil: nothing is measured
	at    time.Duration
	spent [Phases]time.Duration
}

// begin starts a tick.
func (l *laps) begin() {
	if l.now != nil {
		l.spent = [Phases]time.Duration{}
		l.at = l.now()
	}
}

// lap adds the time since the lap before to a phase.
func (l *laps) lap(p Phase) {
	if l.now != nil {
		now := l.now()
		l.spent[p] += now - l.at
		l.at = now
	}
}

// TickTiming is when a tick ran, by the shell's clock, and how long it took.
type TickTiming struct {
	Tick    protocol.Tick
	Started time.Duration
	Late    time.Duration // after it was due
	Cost    time.Duration // with the sending
	Phases  [Phases]time.Duration
}
