package main

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"laglab/server"
	"laglab/sim"
	"laglab/sim/netem"
)

// percent is a share that is given and shown as "2%"; a bare number is a percentage too.
type percent float64

func (p *percent) String() string { return strconv.FormatFloat(float64(*p)*100, 'g', -1, 64) + "%" }
func (p *percent) Type() string   { return "percent" }
func (p *percent) Set(s string) error {
	v, err := strconv.ParseFloat(strings.TrimSuffix(s, "%"), 64)
	if err != nil || !(v >= 0 && v <= 100) {
		return errors.New("want 0% to 100%, for instance 2%")
	}
	*p = percent(v / 100)
	return nil
}

// serverFlags fill a server's Config.
func serverFlags(f *pflag.FlagSet, c *server.Config) {
	f.StringVar(&c.Addr, "addr", server.DefaultAddr, "UDP address to listen on; port 0 is any free one")
	f.IntVar(&c.TickRate, "tick", 60, "simulation steps per second, 1 to 240")
	f.IntVar(&c.SnapshotRate, "snapshots", 0, "snapshots per second and player, at most the tick rate (default 20)")
	f.IntVar(&c.Matches, "matches", 1, "matches that run at once")
	f.IntVar(&c.PlayersPerMatch, "players-per-match", 0, "room in each match (default 100, or what the bots need)")
	f.IntVar(&c.MaxVisible, "visible", 0, "most entities in a snapshot: the nearest (default 32)")
	f.IntVar(&c.Budget, "budget", 0, "most bytes of snapshots per player and second, 0 for no limit")
	f.BoolVar(&c.NoDelta, "no-delta", false, "send every snapshot whole")
	f.BoolVar(&c.ReliableData, "reliable", false, "send snapshots and commands over KCP instead of plain datagrams")
	f.StringVar(&c.Options, "options", "", "the game's own options, for instance map=hall")
	f.BoolVar(&c.AllowRemote, "allow-remote", false, "permit an address that other machines can reach; needs --join-key")
	f.StringVar(&c.JoinKey, "join-key", "", "key that players must know")
}

// notZero refuses a zero that was asked for in words: in a Config it means the default.
func notZero(f *pflag.FlagSet, names ...string) error {
	for _, name := range names {
		if flag := f.Lookup(name); flag != nil && flag.Changed && flag.Value.String() == "0" {
			return badConfig(fmt.Errorf("--%s is 0: want at least 1", name))
		}
	}
	return nil
}

// linkFlags are the two directions of a link.
type linkFlags struct {
	delay, upDelay, downDelay    time.Duration
	jitter, upJitter, downJitter time.Duration
	loss, upLoss, downLoss       percent
}

func (l *linkFlags) add(f *pflag.FlagSet) {
	f.DurationVar(&l.delay, "delay", 0, "one-way delay of the bots' links, in both directions")
	f.DurationVar(&l.jitter, "jitter", 0, "delay varies evenly by so much either way")
	f.Var(&l.loss, "loss", "share of datagrams lost, for instance 2%")
	f.DurationVar(&l.upDelay, "up-delay", 0, "the same, to the server only")
	f.DurationVar(&l.upJitter, "up-jitter", 0, "the same, to the server only")
	f.Var(&l.upLoss, "up-loss", "the same, to the server only")
	f.DurationVar(&l.downDelay, "down-delay", 0, "the same, from the server only")
	f.DurationVar(&l.downJitter, "down-jitter", 0, "the same, from the server only")
	f.Var(&l.downLoss, "down-loss", "the same, from the server only")
}

// profiles are the links that the flags ask for: a flag of one direction goes before that of both.
func (l *linkFlags) profiles(f *pflag.FlagSet) (up, down netem.Profile) {
	up = netem.Profile{Delay: l.delay, Jitter: l.jitter, Loss: float64(l.loss)}
	down = up
	for name, set := range map[string]func(){
		"up-delay": func() { up.Delay = l.upDelay }, "up-jitter": func() { up.Jitter = l.upJitter }, "up-loss": func() { up.Loss = float64(l.upLoss) },
		"down-delay": func() { down.Delay = l.downDelay }, "down-jitter": func() { down.Jitter = l.downJitter }, "down-loss": func() { down.Loss = float64(l.downLoss) },
	} {
		if f.Changed(name) {
			set()
		}
	}
	return up, down
}

// botFlags describe one group of bots.
type botFlags struct {
	linkFlags
	count int
	brain string
	ramp  time.Duration
}

func (b *botFlags) add(f *pflag.FlagSet, count int) {
	f.IntVar(&b.count, "count", count, "number of bots")
	f.StringVar(&b.brain, "brain", "hunter", "what the bots do: wander, strafe, hunter or idle")
	f.DurationVar(&b.ramp, "ramp", 0, "spread the connects over so long (default up to 1s)")
	b.linkFlags.add(f)
}

func (b *botFlags) group(f *pflag.FlagSet) sim.Group {
	up, down := b.profiles(f)
	return sim.Group{Name: "bots", Count: b.count, Brain: b.brain, Ramp: b.ramp, Up: up, Down: down}
}

// newCommand makes a subcommand without arguments.
func newCommand(use, short, long, example string, do func(cmd *cobra.Command) error) *cobra.Command {
	return &cobra.Command{
		Use: use, Short: short, Long: long, Example: example, Args: noArguments,
		PreRunE: func(cmd *cobra.Command, _ []string) error {
			return notZero(cmd.Flags(), "tick", "snapshots", "matches", "players-per-match", "visible", "count")
		},
		RunE: func(cmd *cobra.Command, _ []string) error { return do(cmd) },
	}
}

// runnable marks a command that runs until it is interrupted.
func runnable(c *cobra.Command) *cobra.Command {
	c.Annotations = map[string]string{runs: "yes"}
	return c
}

// positive checks a duration flag.
func positive(name string, d time.Duration) error {
	if d < 0 {
		return usage(fmt.Errorf("--%s is %v: want a positive duration such as 30s", name, d))
	}
	return nil
}
