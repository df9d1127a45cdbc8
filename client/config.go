package client

import (
	"fmt"
	"io"
	"time"

	"laglab/protocol"
	"laglab/protocol/transport"
)

// Switches turn features off, to show what they are worth. The zero value has everything on.
type Switches struct {
	NoPrediction     bool // the own entity is shown as the newest snapshot has it
	NoReconciliation bool // the server's corrections are ignored
	NoInterpolation  bool // the others are shown as the newest snapshot has them
}

// Config says how a client behaves. The zero value runs.
type Config struct {
	// Name is the player's name; what is not printable or beyond 24 runes is dropped.
	Name string
	// JoinKey is what the server may ask for.
	JoinKey string
	// Switches to begin with.
	Switches Switches
	// Redundancy is how many of the newest commands each message repeats, 1 to 32. Default 0: all that the
	// server has not acknowledged, at most 32.
	Redundancy int
	// Delay is how far in the past the others are shown, in snapshot intervals, 0.5 to 20. Default 0: as far as the
	// network needs, from 1 to 10 intervals, which is the mean wait from one snapshot to the next and four of its
	// standard deviations.
	Delay float64
	// Extrapolate is how long the others go on at their velocities when no newer snapshot is there, up to 1 s; after
	// that they stand still. Default 100 ms; negative: they stand still at once.
	Extrapolate time.Duration
	// SmoothHalfLife is the time in which half of a correction becomes visible. Default 100 ms; negative:
	// corrections are visible at once.
	SmoothHalfLife time.Duration
	// SnapDistance is the correction, in world units, beyond which it is visible at once. Default 4.
	SnapDistance float64
	// NoReconnect: do not try again when the connection ends.
	NoReconnect bool
	// Timeout ends a silent connection. Default 5 s.
	Timeout time.Duration
	// KCP tunes the reliable lane.
	KCP transport.KCP
	// Random gives nonces and spreads reconnects, see transport.Config.
	Random io.Reader
	// Observer is told what the client's netcode does. Default: nobody.
	Observer Observer
	// Stopwatch, when set, is read around the replay of commands, to know what it costs; a core has no clock of its own.
	Stopwatch func() time.Duration
}

// Observer is told what a client's netcode does, from within the client's calls.
type Observer interface {
	// Confirmed: a snapshot told the true state of the own entity at a tick.
	Confirmed(Confirmation)
	// Arrived: a snapshot newer than all before it came.
	Arrived(Arrival)
	// Stalled: a reliable message had been here for so long and had to wait for one before it.
	Stalled(d time.Duration)
	// Ended: the connection, or the attempt to connect, ended.
	Ended(reason transport.Reason, byPeer bool)
}

// Arrival is a newer snapshot than the ones before.
type Arrival struct {
	Tick protocol.Tick
	// Gap is how long the snapshot before was the newest. First: there was none, and Gap and Needed mean nothing.
	Gap   time.Duration
	First bool
	// Needed is the interpolation delay with which the others could have been shown until now without extrapolating.
	Needed time.Duration
}

// Confirmation compares what was predicted for a tick with what was true.
type Confirmation struct {
	Match  int // the match and the player in it, as the server numbers them
	Player protocol.PlayerID
	Tick   protocol.Tick
	// Base is the confirmed tick from which the prediction was made: commands and the world's interference
	// after it, up to Tick, decide whether the two agree.
	Base protocol.Tick
	// Predicted tells whether there was a prediction to compare with; the rest is zero when there was not.
	Predicted bool
	Equal     bool    // to the bit, all replicated fields
	Field     int     // the first field that is not equal, an index into the schema's fields
	Error     float64 // distance of the positions, world units
	// Drifted: an earlier difference was not corrected, so that this one says nothing new.
	Drifted  bool
	Teleport bool          // the true one jumped, so that Error means nothing
	Replayed int           // commands applied again
	Cost     time.Duration // of that, by Config.Stopwatch
	Moved    float64       // how far the present prediction jumped by the correction, world units
	Snapped  bool          // too far to smooth
}

func orDefault[T int | float64 | time.Duration](v *T, d T) {
	if *v == 0 {
		*v = d
	}
}

// Check fills in the defaults. A bad value is an error that names the field, the value and its range.
func (c *Config) Check() error {
	if err := c.KCP.Check(); err != nil {
		return err
	}
	c.Name = protocol.CleanName(c.Name)
	orDefault(&c.SmoothHalfLife, 100*time.Millisecond)
	orDefault(&c.SnapDistance, 4)
	if c.Redundancy < 0 || c.Redundancy > protocol.MaxCommands {
		return fmt.Errorf("redundancy is %d: want 0 to %d", c.Redundancy, protocol.MaxCommands)
	}
	if c.Delay != 0 && !(c.Delay >= 0.5 && c.Delay <= 20) {
		return fmt.Errorf("interpolation delay is %v: want 0.5 to 20 snapshot intervals, or 0 for what the network needs", c.Delay)
	}
	orDefault(&c.Extrapolate, 100*time.Millisecond)
	if c.Extrapolate > time.Second {
		return fmt.Errorf("extrapolation is %v: want at most 1s, or off (below 0)", c.Extrapolate)
	}
	if c.SnapDistance < 0 {
		return fmt.Errorf("snap distance is %v: want at least 0", c.SnapDistance)
	}
	return nil
}
