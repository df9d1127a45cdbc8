package main

import (
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/netip"
	"time"

	"github.com/lmittmann/tint"
	"github.com/spf13/cobra"

	"laglab/protocol/clock"
	"laglab/server"
	"laglab/sim"
	"laglab/sim/arena"
	"laglab/sim/netem/pcapng"
	"laglab/sim/recording"
)

func newServe() *cobra.Command {
	var (
		c        server.Config
		set      settings
		verbose  bool
		pcap     string
		recorded string
		page     pageFlags
	)
	cmd := runnable(newCommand("serve", "Run the server alone",
		`serve runs the server until Ctrl-C. Bots and players of other processes connect to it. Its page shows the
matches, shots as they are judged, and the players as the server knows them; people can join from it and play.`,
		"  laglab serve\n  laglab serve --tick 128 --snapshots 64 --matches 4", nil))
	f := cmd.Flags()
	serverFlags(f, &c)
	set.add(f, true, false)
	f.BoolVarP(&verbose, "verbose", "v", false, "log each player who comes and goes")
	f.Uint64Var(&c.Seed, "seed", 1, "what decides the worlds' luck")
	f.StringVar(&pcap, "pcap", "", pcapHelp)
	f.StringVar(&recorded, "record", "", recordHelp)
	page.add(f)
	cmd.RunE = func(cmd *cobra.Command, _ []string) (err error) {
		capture, err := openCapture(pcap, "server")
		if err != nil {
			return err
		}
		defer func() { err = errors.Join(err, capture.close(cmd.ErrOrStderr())) }()
		if capture != nil {
			c.Watch = func(from, to netip.AddrPort, datagram []byte) {
				capture.Write(&pcapng.Packet{Time: time.Now(), From: from, To: to, Payload: datagram})
			}
		}
		served := sim.Scenario{Server: c}
		set.apply(&served)
		c = served.Server
		c.Logger = newLogger(cmd.ErrOrStderr(), verbose)
		if err := sim.Check(arena.Game, &sim.Scenario{Server: c}); err != nil {
			return badConfig(err)
		}
		var srv *server.Server[arena.Entity, arena.Command]
		listener, err := page.bind(c.Addr, func(addr string) (err error) {
			c.Addr = addr
			srv, err = server.New(arena.Game, c)
			return err
		})
		if err != nil {
			return bindError(c.Addr, err)
		}
		record, err := openRecord(recorded, c.Seed, clock.Now())
		if err != nil {
			return err
		}
		defer func() { err = errors.Join(err, record.close(cmd.ErrOrStderr())) }()
		recording.Record(record.writer(), arena.Game, srv.Matches()...)
		config := srv.Config()
		fmt.Fprintf(cmd.ErrOrStderr(), "serving %s on UDP %s: %d Hz, %d snapshots/s, %d × %d players; Ctrl-C ends\n",
			arena.Game.Name, srv.Addr(), config.TickRate, config.SnapshotRate, config.Matches, config.PlayersPerMatch)
		if listener != nil {
			defer page.serveServer(cmd, srv, listener)()
		}
		if err := srv.Run(cmd.Context()); err != nil {
			return err
		}
		return writeServed(cmd.OutOrStdout(), srv.Stats(), config)
	}
	return cmd
}

// writeServed is the server's own summary.
func writeServed(w io.Writer, st server.Stats, c server.Config) error {
	micros := func(v int64) time.Duration { return time.Duration(v) * time.Microsecond }
	_, err := fmt.Fprintf(w, "%d ticks of %d Hz, %d skipped; a tick cost %v p50, %v p99; started %v p50, %v p99 late\n%d datagrams in, %d out; %d strangers challenged, %d datagrams were garbage; %d desyncs\n",
		st.Match.Ticks, c.TickRate, st.Skipped, micros(st.Cost.ValueAtQuantile(50)), micros(st.Cost.ValueAtQuantile(99)),
		micros(st.Late.ValueAtQuantile(50)), micros(st.Late.ValueAtQuantile(99)),
		st.Traffic.DatagramsIn, st.Traffic.DatagramsOut, st.Refusals.Hellos, st.Refusals.Garbage, st.Match.Desyncs)
	return err
}

func newLogger(w io.Writer, verbose bool) *slog.Logger {
	level := slog.LevelInfo
	if verbose {
		level = slog.LevelDebug
	}
	return slog.New(tint.NewTextHandler(w, &tint.Options{Level: level, TimeFormat: "15:04:05.000", NoColor: !isTerminal(w)}))
}
