package main

import (
	"errors"
	"fmt"
	"net/netip"
	"time"

	"github.com/spf13/cobra"

	"laglab/protocol/transport/udp"
	"laglab/server"
	"laglab/sim"
	"laglab/sim/arena"
	"laglab/sim/netem/pcapng"
)

func newBots() *cobra.Command {
	var (
		addr, joinKey string
		bots          botFlags
		set           settings
		thresholds    thresholdsFlag
		duration      time.Duration
		seed          uint64
		remote        bool
		out           results
		witness       witnessFlags
		keys          keyFlags
		pcap          string
		perPlayer     bool
	)
	cmd := runnable(newCommand("bots", "Run bots against a server that runs elsewhere",
		`bots connects bots to a running server, each with a link of its own. It runs until Ctrl-C, or --duration, and
ends with what the bots experienced. What only the server knows is not measured: --full shows it as ~, and the
verdict says what was not judged.`,
		"  laglab bots --count 200 --delay 80ms --jitter 20ms --loss 2%\n  laglab bots --count 20 --link 4g,loss=3%,burst=5\n  laglab bots --count 50 --up-loss 10% --ramp 30s --duration 1m", nil))
	f := cmd.Flags()
	f.StringVar(&addr, "addr", server.DefaultAddr, "UDP address of the server")
	f.StringVar(&joinKey, "join-key", "", "key that the server asks for")
	f.BoolVar(&remote, "allow-remote", false, "permit a server that is not on this machine")
	bots.add(f, 16)
	set.add(f, false, true)
	thresholds.add(f)
	f.DurationVar(&duration, "duration", 0, "how long to play (default: until Ctrl-C)")
	f.Uint64Var(&seed, "seed", 1, "what decides the links' and the bots' luck")
	out.add(f)
	witness.add(f)
	keys.add(f)
	f.StringVar(&pcap, "pcap", "", pcapHelp)
	f.BoolVar(&perPlayer, "per-player", false, perPlayerHelp)
	cmd.RunE = func(cmd *cobra.Command, args []string) (err error) {
		if err := positive("duration", duration); err != nil {
			return err
		}
		to, err := serverAddr(addr, remote)
		if err != nil {
			return badConfig(err)
		}
		group, err := bots.group(f)
		if err != nil {
			return err
		}
		group.Client.JoinKey = joinKey
		alone := sim.Scenario{Groups: []sim.Group{group}}
		set.apply(&alone)
		c := sim.FleetConfig{Server: to, Groups: alone.Groups, Seed: seed}
		if err := sim.Check(arena.Game, &alone); err != nil {
			return badConfig(err)
		}
		capture, err := openCapture(pcap, pcapng.Sides...)
		if err != nil {
			return err
		}
		defer func() { err = errors.Join(err, capture.close(cmd.ErrOrStderr())) }()
		c.Capture = capture.writer()
		run := sim.Scenario{Duration: duration, Thresholds: thresholds.Thresholds, PerPlayer: perPlayer}
		if err := witness.open(&run); err != nil {
			return err
		}
		defer func() { err = errors.Join(err, witness.close(&run, cmd.ErrOrStderr())) }()
		lab, err := sim.NewBots(arena.Game, c, run)
		if err != nil {
			return err
		}
		line := newStatus(cmd.ErrOrStderr())
		release := keys.steer(cmd, lab, line)
		defer release()
		report, err := sim.RunBots(cmd.Context(), lab, line.show)
		release()
		line.end()
		if err != nil {
			return unreachable(addr, err)
		}
		return out.publishRun(cmd, args, report)
	}
	return cmd
}

// serverAddr parses the address of a server, which is on this machine unless asked otherwise.
func serverAddr(addr string, remote bool) (netip.AddrPort, error) {
	to, err := udp.Resolve(addr)
	if err != nil {
		return to, err
	}
	if !to.Addr().IsLoopback() && !remote {
		return to, fmt.Errorf("address %s is not on this machine; bots are a load, send them elsewhere only where you may, with --allow-remote", addr)
	}
	return to, nil
}
