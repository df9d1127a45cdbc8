package server

import (
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/netip"
	"runtime"
	"time"

	"laglab/protocol"
	"laglab/protocol/transport"
	"laglab/protocol/transport/udp"
)

// DefaultAddr is where a server listens when Config does not say otherwise.
const DefaultAddr = "127.0.0.1:62893"

// Config says how a server behaves. The zero value runs.
type Config struct {
	// Addr is the UDP address to listen on. Default DefaultAddr; port 0 lets the system choose.
	Addr string
	// AllowRemote permits an address that is not loopback; it needs a JoinKey.
	AllowRemote bool
	// JoinKey, when set, must be known to whoever wants to connect.
	JoinKey string
	// TickRate is the number of simulation steps per second, 1 to 240. Default 60.
	TickRate int
	// SnapshotRate is the number of snapshots per second and player, 1 to TickRate. Default 20, or TickRate
	// if that is less.
	SnapshotRate int
	// Matches is how many matches run at once, 1 to 1024. Default 1.
	Matches int
	// PlayersPerMatch is the room in each, 1 to 4096. Default 100.
	PlayersPerMatch int
	// MaxVisible is the most entities in a snapshot, 1 to 256: the nearest ones. A snapshot always fits one
	// datagram, so that there may be fewer. Default 32.
	MaxVisible int
	// Radius is how far away, in world units, an entity may be and still be told of. Default 0: any distance.
	Radius float64
	// LineOfSight tells a player only of what it has in sight, or will have within a quarter of a second; the game's rules
	// must be game.Sighted.
	LineOfSight bool
	// Budget is the most bytes per second that the datagrams of one player's snapshots may take over any ten seconds, with all
	// headers: 28 bytes of IP and UDP, and the transport's own. At least 1000. What has no room is told later, the nearest and
	// longest waiting first; when there is room for less than a hundred bytes there is no snapshot at all, so that there are fewer
	// than SnapshotRate. It does not cover what goes over the reliable lane beside snapshots, in the same datagrams or in others:
	// events, who comes and goes, KCP's acknowledgements, and what KCP sends again. Default 0: no such limit.
	Budget int
	// NoDelta sends every snapshot whole instead of as differences to the newest that the player has.
	NoDelta bool
	// Rewind is how far back commands may be judged by what their player saw, 0 to 1 s: lag compensation's cap. Below it, a
	// player is believed what the arrival of its acknowledgements of snapshots, and of their datagrams, explains: a false one gains
	// what it makes the round trip look longer by.
	// Default 250 ms; negative: every command is judged by the present.
	Rewind time.Duration
	// Checksums is how often a player's snapshot carries a checksum of all that it then holds. Default 1 s; negative:
	// never.
	Checksums time.Duration
	// Options are the game's own, the same for all matches, see game.Settings.
	Options string
	// Seed determines the randomness of the matches' worlds.
	Seed uint64
	// Encoders is how many goroutines may encode a match's snapshots at the same time, 1 to 64; only a match with very many
	// players uses more than one. Default: one for each processor.
	Encoders int
	// MaxCatchUp is how many ticks a late match runs back to back before it skips time, 0 to 60. Default 4.
	MaxCatchUp int
	// ReliableData sends snapshots over the reliable lane, and asks players to send their commands so.
	ReliableData bool
	// Timeout ends a silent connection. Default 5 s.
	Timeout time.Duration
	// KCP tunes the reliable lane.
	KCP transport.KCP
	// Random gives connection ids and secrets, see transport.Config.
	Random io.Reader
	// Watch, when set, is told of each datagram that comes and goes. It is called by one goroutine at a time, holds
	// the server up, and may use the datagram during the call only.
	Watch func(from, to netip.AddrPort, datagram []byte)
	// Timed, when set, is told how long each tick took, by the goroutine of its match.
	Timed func(match int, t *TickTiming)
	// Logger is told of players coming and going. Default: nobody is.
	Logger *slog.Logger
}

func orDefault[T int | string | time.Duration](v *T, d T) {
	var zero T
	if *v == zero {
		*v = d
	}
}

// Check fills in the defaults. A bad value is an error that names the field, the value and its range.
func (c *Config) Check() error {
	orDefault(&c.Addr, DefaultAddr)
	orDefault(&c.TickRate, 60)
	orDefault(&c.SnapshotRate, min(20, c.TickRate))
	orDefault(&c.Matches, 1)
	orDefault(&c.PlayersPerMatch, 100)
	orDefault(&c.MaxVisible, 32)
	orDefault(&c.MaxCatchUp, 4)
	orDefault(&c.Encoders, min(runtime.GOMAXPROCS(0), 64))
	orDefault(&c.Timeout, 5*time.Second)
	orDefault(&c.Rewind, 250*time.Millisecond)
	orDefault(&c.Checksums, time.Second)
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
	for _, f := range []struct {
		name         string
		v, low, high int
	}{
		{"tick rate", c.TickRate, 1, protocol.MaxTickRate},
		{"snapshot rate", c.SnapshotRate, 1, c.TickRate},
		{"matches", c.Matches, 1, 1024},
		{"players per match", c.PlayersPerMatch, 1, 4096},
		{"most visible entities", c.MaxVisible, 1, 256},
		{"encoders", c.Encoders, 1, 64},
		{"most ticks to catch up", c.MaxCatchUp, 0, 60},
	} {
		if f.v < f.low || f.v > f.high {
			return fmt.Errorf("%s is %d: want %d to %d", f.name, f.v, f.low, f.high)
		}
	}
	if !(c.Radius >= 0 && c.Radius <= 1e6) {
		return fmt.Errorf("interest radius is %v: want 0 for none, or up to 1000000 world units", c.Radius)
	}
	if c.Budget != 0 && c.Budget < 1000 {
		return fmt.Errorf("budget is %d bytes per second: want 0 for none, or at least 1000", c.Budget)
	}
	if err := c.KCP.Check(); err != nil {
		return err
	}
	if c.Rewind > maxRewind {
		return fmt.Errorf("rewind is %v: want at most %v, or off (below 0)", c.Rewind, maxRewind)
	}
	if !protocol.ValidText(c.Options, protocol.MaxOptions) {
		return fmt.Errorf("game options %q: want at most %d printable characters", c.Options, protocol.MaxOptions)
	}
	_, err := c.resolve()
	return err
}

// tick is the length of a tick.
func (c *Config) tick() time.Duration { return time.Second / time.Duration(c.TickRate) }

// maxRewind is the most that lag compensation may reach back.
const maxRewind = time.Second

// ErrRemote refuses an address that others than this machine could reach.
var ErrRemote = errors.New("is not a loopback address")

// resolve parses the address and refuses one that is not loopback, unless that was asked for.
func (c *Config) resolve() (netip.AddrPort, error) {
	addr, err := udp.Resolve(c.Addr)
	if err != nil {
		return addr, err
	}
	if !addr.Addr().IsLoopback() {
		if !c.AllowRemote {
			return addr, fmt.Errorf("address %s %w: other machines could reach it; use 127.0.0.1, or allow remote players together with a join key", addr, ErrRemote)
		}
		if c.JoinKey == "" {
			return addr, fmt.Errorf("address %s %w: allowing remote players needs a join key as well", addr, ErrRemote)
		}
	}
	return addr, nil
}
