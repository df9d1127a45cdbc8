package sim

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"laglab/client"
	"laglab/protocol/transport"
	"laglab/server"
	"laglab/sim/netem"
	"laglab/sim/spelling"
)

// Setting is one thing about the netcode that can be set by name: by a flag, and by what a run is to vary.
type Setting struct {
	Name  string
	Value string // what its values look like, the default first
	Doc   string

	server func(c *server.Config, value string) error
	client func(c *client.Config, value string) error
	group  func(g *Group, value string) error
}

// OfServer and OfPlayers tell whom a setting is about; some are about both.
func (s *Setting) OfServer() bool  { return s.server != nil }
func (s *Setting) OfPlayers() bool { return s.client != nil }

// SetServer sets it on a server.
func (s *Setting) SetServer(c *server.Config, value string) error { return s.named(s.server(c, value)) }

// SetPlayers sets it on players.
func (s *Setting) SetPlayers(c *client.Config, value string) error {
	return s.named(s.client(c, value))
}

func (s *Setting) named(err error) error {
	if err != nil {
		return fmt.Errorf("%s: %w", s.Name, err)
	}
	return nil
}

// Apply sets it in a scenario: on the server, and on the players of all groups.
func (s *Setting) Apply(to *Scenario, value string) error {
	if s.server != nil {
		if err := s.SetServer(&to.Server, value); err != nil {
			return err
		}
	}
	for i := range to.Groups {
		if s.client != nil {
			if err := s.SetPlayers(&to.Groups[i].Client, value); err != nil {
				return err
			}
		}
		if s.group != nil {
			if err := s.named(s.group(&to.Groups[i], value)); err != nil {
				return err
			}
		}
	}
	return nil
}

// FindSetting is the setting with a name, before which "server." or "players." may stand, whom it is about; the error names
// the one that may have been meant, or lists them all.
func FindSetting(name string) (*Setting, error) {
	bare, ofServer := strings.CutPrefix(name, "server.")
	bare, ofPlayers := strings.CutPrefix(bare, "players.")
	var names, whole []string
	for i := range Settings {
		s := &Settings[i]
		names, whole = append(names, s.Name), append(whole, s.Name)
		if s.OfServer() {
			whole = append(whole, "server."+s.Name)
		}
		if s.OfPlayers() {
			whole = append(whole, "players."+s.Name)
		}
		if s.Name == bare && (!ofServer || s.OfServer()) && (!ofPlayers || !s.OfServer() || s.OfPlayers()) {
			return s, nil
		}
	}
	if meant, ok := spelling.Closest(name, whole); ok {
		return nil, fmt.Errorf("there is no setting %q; did you mean %q?", name, meant)
	}
	return nil, fmt.Errorf("there is no setting %q: want one of %s", name, strings.Join(names, ", "))
}

// Settings are all of them.
var Settings = []Setting{
	{Name: "tick", Value: "60", Doc: "simulation steps per second, 1 to 240", server: number(func(c *server.Config) *int { return &c.TickRate })},
	{Name: "snapshots", Value: "20", Doc: "snapshots per second and player, at most the tick rate", server: number(func(c *server.Config) *int { return &c.SnapshotRate })},
	{Name: "visible", Value: "32", Doc: "most entities in a snapshot: the nearest", server: number(func(c *server.Config) *int { return &c.MaxVisible })},
	{Name: "radius", Value: "off|30", Doc: "how far away, in world units, an entity may be and still be told of, or off", server: func(c *server.Config, value string) error {
		return orOff(value, func() { c.Radius = 0 }, func(value string) (err error) {
			if c.Radius, err = strconv.ParseFloat(value, 64); err != nil || !(c.Radius > 0) {
				return fmt.Errorf("%q: want a distance such as 30, or off", value)
			}
			return nil
		})
	}},
	{Name: "sight", Value: "off|on", Doc: "tell a player only of what it has in sight, or will have in a moment", server: func(c *server.Config, value string) error {
		return switched(value, &c.LineOfSight)
	}},
	{Name: "budget", Value: "off|3000", Doc: "most bytes per player and second of snapshots with all headers, not of events: when they are too few, snapshots get rarer; or off", server: func(c *server.Config, value string) error {
		return orOff(value, func() { c.Budget = 0 }, func(value string) error {
			if intTo(&c.Budget)(value) != nil {
				return fmt.Errorf("%q: want a number of bytes such as 4000, or off", value)
			}
			return nil
		})
	}},
	{Name: "delta", Value: "on|off", Doc: "tell snapshots by differences to the newest that the player has", server: func(c *server.Config, value string) error {
		return negated(value, &c.NoDelta)
	}},
	{Name: "rewind", Value: "250ms|off", Doc: "lag compensation: how far back shots may be judged by what the shooter saw", server: func(c *server.Config, value string) error {
		return orOff(value, func() { c.Rewind = -1 }, durationOrOn(&c.Rewind))
	}},
	{Name: "checksums", Value: "1s|off", Doc: "how often a snapshot carries a checksum of all that its player then holds", server: func(c *server.Config, value string) error {
		return orOff(value, func() { c.Checksums = -1 }, durationOrOn(&c.Checksums))
	}},
	{Name: "lanes", Value: "unreliable|kcp", Doc: "what carries snapshots and commands: plain datagrams, or KCP", server: func(c *server.Config, value string) error {
		if value != "unreliable" && value != "kcp" {
			return fmt.Errorf("%q: want unreliable or kcp", value)
		}
		c.ReliableData = value == "kcp"
		return nil
	}},
	{
		Name: "kcp", Value: "turbo|fast|normal", Doc: "KCP's own settings: a preset, then values, for instance turbo,interval=20,resend=1,nc=1,snd=64,rcv=128",
		server: func(c *server.Config, value string) (err error) { c.KCP, err = transport.ParseKCP(value); return err },
		client: func(c *client.Config, value string) (err error) { c.KCP, err = transport.ParseKCP(value); return err },
	},
	{Name: "prediction", Value: "on|off", Doc: "players see their own moves at once", client: func(c *client.Config, value string) error {
		return negated(value, &c.Switches.NoPrediction)
	}},
	{Name: "reconciliation", Value: "on|off", Doc: "players correct their predictions", client: func(c *client.Config, value string) error {
		return negated(value, &c.Switches.NoReconciliation)
	}},
	{Name: "interpolation", Value: "adaptive|2|off", Doc: "the others are shown as late as the network needs, or so many snapshot intervals late, or as the newest snapshot has them", client: setInterpolation},
	{Name: "extrapolation", Value: "100ms|off", Doc: "how long the others go on by themselves when no snapshot comes", client: func(c *client.Config, value string) error {
		return orOff(value, func() { c.Extrapolate = -1 }, durationOrOn(&c.Extrapolate))
	}},
	{Name: "smoothing", Value: "100ms|off", Doc: "time in which half of a correction becomes visible", client: func(c *client.Config, value string) error {
		return orOff(value, func() { c.SmoothHalfLife = -1 }, durationOrOn(&c.SmoothHalfLife))
	}},
	{Name: "snap", Value: "4|off", Doc: "corrections beyond so many world units are visible at once, however smoothly others are; off: none is", client: func(c *client.Config, value string) error {
		return orOff(value, func() { c.SnapDistance = math.Inf(1) }, func(value string) (err error) {
			if c.SnapDistance, err = strconv.ParseFloat(value, 64); err != nil || !(c.SnapDistance > 0) {
				return fmt.Errorf("%q: want a distance such as 4, or off", value)
			}
			return nil
		})
	}},
	{Name: "redundancy", Value: "all|3", Doc: "how many of the newest commands each message repeats, 1 to 32, or all that are not acknowledged", client: func(c *client.Config, value string) error {
		if value == "all" {
			c.Redundancy = 0
			return nil
		}
		if intTo(&c.Redundancy)(value) != nil {
			return fmt.Errorf("%q: want a number such as 3, or all", value)
		}
		return nil
	}},
	{
		Name: "timeout", Value: "5s", Doc: "how long a connection may be silent before it is ended",
		server: func(c *server.Config, value string) error { return lasting(&c.Timeout, value) },
		client: func(c *client.Config, value string) error { return lasting(&c.Timeout, value) },
	},
	{Name: "reconnect", Value: "on|off", Doc: "players try again when their connection ends", client: func(c *client.Config, value string) error {
		return negated(value, &c.NoReconnect)
	}},
	{Name: "max-catch-up", Value: "4", Doc: "ticks that a late match runs back to back before it skips time", server: number(func(c *server.Config) *int { return &c.MaxCatchUp })},
	{Name: "encoders", Value: "1", Doc: "goroutines that encode a match's snapshots (default: one for each processor)", server: number(func(c *server.Config) *int { return &c.Encoders })},
	{Name: "link", Value: "PROFILE", Doc: "the network of all groups: a preset, then what differs, for instance 4g,loss=3%", group: func(g *Group, value string) error {
		p, err := netem.ParsePath(value)
		g.Up, g.Down = p.Up, p.Down
		return err
	}},
}

func setInterpolation(c *client.Config, value string) error {
	c.Switches.NoInterpolation, c.Delay = false, 0
	switch value {
	case "off":
		c.Switches.NoInterpolation = true
	case "adaptive", "on":
	default:
		v, err := strconv.ParseFloat(value, 64)
		if err != nil || !(v > 0) {
			return fmt.Errorf("%q: want a number of snapshot intervals such as 2, adaptive, or off", value)
		}
		c.Delay = v
	}
	return nil
}

func number(field func(c *server.Config) *int) func(*server.Config, string) error {
	return func(c *server.Config, value string) error { return intTo(field(c))(value) }
}

// intTo sets a number that is at least 1: a zero in a config means its default.
func intTo(to *int) func(string) error {
	return func(value string) error {
		n, err := strconv.Atoi(value)
		if err != nil || n < 1 {
			return fmt.Errorf("%q: want a number, at least 1", value)
		}
		*to = n
		return nil
	}
}

// lasting sets a duration that cannot be switched off.
func lasting(to *time.Duration, value string) error {
	d, err := time.ParseDuration(value)
	if err != nil || d <= 0 {
		return fmt.Errorf("%q: want a duration such as 5s", value)
	}
	*to = d
	return nil
}

// durationOrOn sets a duration, whose default is what on means: a zero in a config.
func durationOrOn(to *time.Duration) func(string) error {
	return func(value string) error {
		if value == "on" {
			*to = 0
			return nil
		}
		d, err := time.ParseDuration(value)
		if err != nil || d <= 0 {
			return fmt.Errorf("%q: want a duration such as 100ms, or off", value)
		}
		*to = d
		return nil
	}
}

// orOff sets a value, or switches it off.
func orOff(value string, off func(), set func(string) error) error {
	if value == "off" {
		off()
		return nil
	}
	return set(value)
}

// switched sets a switch.
func switched(value string, on *bool) error {
	var off bool
	err := negated(value, &off)
	*on = !off
	return err
}

// negated sets a switch that a config keeps as its contrary.
func negated(value string, not *bool) error {
	if value != "on" && value != "off" {
		return fmt.Errorf("%q: want on or off", value)
	}
	*not = value == "off"
	return nil
}
