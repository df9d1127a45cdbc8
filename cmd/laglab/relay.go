package main

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"laglab/protocol/transport/udp"
	"laglab/sim"
	"laglab/sim/dashboard"
	"laglab/sim/netem"
	"laglab/sim/netem/pcapng"
	"laglab/sim/netem/relay"
)

func newRelay() *cobra.Command {
	var (
		c        relay.Config
		links    []string
		byAddr   []string
		todo     []string
		duration time.Duration
		pcap     string
		page     pageFlags
	)
	cmd := runnable(newCommand("relay", "Put bad networks in front of any UDP server",
		`relay carries any UDP protocol between clients and a server, each client over a pair of links of its own and from
a socket of its own. Point the clients at --listen. It runs until Ctrl-C, or --duration, and ends with what each client's
links did. While it runs, the page that it names shows what passes and changes links, and so does laglab ctl --addr with the
address of --listen. Datagrams of any length pass, up to UDP's 65,507 bytes, and count as one whatever their length; a link
with mtu=1500 drops those that would not fit one packet of a usual path.`,
		`  laglab relay --listen 127.0.0.1:7000 --to 127.0.0.1:7777 --link 4g
  laglab relay --to 127.0.0.1:7777 --link wifi --link bad              # clients get these in turn
  laglab relay --to 127.0.0.1:7777 --client 127.0.0.1:5000=bad         # one by its address
  laglab relay --to 127.0.0.1:7777 --do "20s blackout 2s" --do "30s client=2 link 3g"
  laglab relay --to 127.0.0.1:7777 --link "4g,schedule=(10s blackout 2s every 30s; 20s rebind)"`, nil))
	f := cmd.Flags()
	f.StringVar(&c.Listen, "listen", relay.DefaultListen, "UDP address for the clients; port 0 is any free one")
	f.StringVar(&c.To, "to", "", "UDP address of the server")
	f.StringArrayVar(&links, "link", nil, "the clients' links: a preset, settings, or a line of tc's netem; several are given out in turn; see laglab presets")
	f.StringArrayVar(&byAddr, "client", nil, "ADDRESS=LINK for the client of that address, or of any port of it")
	f.StringArrayVar(&todo, "do", nil, `what to do at a time, to all clients or to client=N: "20s blackout 2s", "30s client=2 link 3g"; may be given again`)
	f.IntVar(&c.MaxClients, "max-clients", 256, "most clients at once")
	f.DurationVar(&c.Idle, "idle", time.Minute, "forget a client that is silent for so long")
	f.Uint64Var(&c.Seed, "seed", 1, "what decides the links' luck")
	f.DurationVar(&duration, "duration", 0, "how long to run (default: until Ctrl-C)")
	f.BoolVar(&c.AllowRemote, "allow-remote", false, "permit addresses that are not on this machine")
	f.StringVar(&pcap, "pcap", "", pcapHelp)
	page.addOpen(f)
	cmd.RunE = func(cmd *cobra.Command, _ []string) (err error) {
		if err := positive("duration", duration); err != nil {
			return err
		}
		if c.To == "" {
			return usage(fmt.Errorf("--to is missing: want the server's address, for instance --to 127.0.0.1:7777"))
		}
		if err := relayLinks(&c, links, byAddr); err != nil {
			return badConfig(err)
		}
		if err := relayChanges(&c, todo); err != nil {
			return badConfig(err)
		}
		capture, err := openCapture(pcap, pcapng.Sides...)
		if err != nil {
			return err
		}
		defer func() { err = errors.Join(err, capture.close(cmd.ErrOrStderr())) }()
		if capture != nil {
			c.Watch = watchRelay(capture.Writer)
		}
		return runRelay(cmd, c, duration, &page)
	}
	return cmd
}

// relayLinks reads the links of a relay's flags.
func relayLinks(c *relay.Config, links, byAddr []string) error {
	for _, text := range links {
		path, err := linkParser.Path(text)
		if err != nil {
			return err
		}
		c.Links = append(c.Links, path)
	}
	c.ByAddr = map[netip.AddrPort]netem.Path{}
	for _, text := range byAddr {
		addr, link, ok := strings.Cut(text, "=")
		if !ok {
			return fmt.Errorf("--client is %q: want ADDRESS=LINK, for instance 127.0.0.1:5000=4g", text)
		}
		if _, err := netip.ParseAddr(addr); err == nil {
			addr = netip.AddrPortFrom(netip.MustParseAddr(addr), 0).String()
		}
		from, err := udp.Resolve(addr)
		if err != nil {
			return fmt.Errorf("--client: %w", err)
		}
		if c.ByAddr[from], err = linkParser.Path(link); err != nil {
			return err
		}
	}
	return nil
}

// watchRelay writes what passes on a relay's links, with the addresses of the side at which it is seen.
func watchRelay(w *pcapng.Writer) func(*relay.Client, netem.Direction, *netem.Sighting) {
	links := pcapng.Links{Writer: w}
	var name []byte
	return func(c *relay.Client, d netem.Direction, s *netem.Sighting) {
		name = strconv.AppendInt(append(name[:0], "client "...), int64(c.Number), 10)
		if pcapng.Side(d, s) == pcapng.NearServer {
			links.Write(name, d, s, c.Upstream(), c.Server())
		} else {
			links.Write(name, d, s, c.Addr, c.Relay())
		}
	}
}

// relayChanges reads what is to be done at some time.
func relayChanges(c *relay.Config, todo []string) error {
	for _, text := range todo {
		words := strings.Fields(text)
		if len(words) < 2 {
			return fmt.Errorf("--do is %q: want TIME [client=N] ACTION VALUE, for instance 20s blackout 2s", text)
		}
		at, err := time.ParseDuration(words[0])
		if err != nil || at < 0 {
			return fmt.Errorf("--do is %q: want a time first, for instance 20s", text)
		}
		e := sim.Event{At: at, Group: sim.All}
		words = words[1:]
		if number, ok := strings.CutPrefix(words[0], "client="); ok {
			n, err := strconv.Atoi(number)
			if err != nil || len(words) < 2 {
				return fmt.Errorf("--do is %q: want client=N and an action, for instance client=2 link 3g", text)
			}
			e.Group, e.Bots, words = "client", []int{n}, words[1:]
		}
		if e.Do, err = sim.ParseAction(words[0], strings.Join(words[1:], " ")); err != nil {
			return fmt.Errorf("--do is %q: %w", text, err)
		}
		changes, err := dashboard.Changes(&e)
		if err != nil {
			return fmt.Errorf("--do is %q, which %w", text, err)
		}
		c.Changes = append(c.Changes, changes...)
	}
	return nil
}

func runRelay(cmd *cobra.Command, c relay.Config, duration time.Duration, page *pageFlags) error {
	var r *relay.Relay
	listener, err := page.bind(c.Listen, func(addr string) (err error) {
		c.Listen = addr
		r, err = c.New()
		return err
	})
	if err != nil {
		err = bindErrorOf("--listen 127.0.0.1:", "7000", c.Listen, err)
		if exitCode(err) == exitFailed {
			err = badConfig(err)
		}
		return err
	}
	fmt.Fprintf(cmd.ErrOrStderr(), "relaying UDP %s to %s; Ctrl-C ends with a summary\n", r.Addr(), c.To)
	ctx, cancel := context.WithCancel(cmd.Context())
	defer cancel()
	if duration > 0 {
		defer time.AfterFunc(duration, cancel).Stop()
	}
	if listener != nil {
		defer page.serveRelay(cmd, r, &c, listener)()
	}
	done := make(chan error, 1)
	go func() { done <- r.Run(ctx) }()
	line := newStatus(cmd.ErrOrStderr())
	tick := time.NewTicker(500 * time.Millisecond)
	defer tick.Stop()
	for last := r.Glance(); ; {
		select {
		case err := <-done:
			line.end()
			s := r.Summary()
			if text := s.WriteText(cmd.OutOrStdout()); err == nil {
				err = text
			}
			return err
		case <-tick.C:
			now := r.Glance()
			line.line(now.Elapsed, relayLine(last, now))
			last = now
		}
	}
}

// relayLine is the status line, with rates since the glance before.
func relayLine(last, now relay.Glance) string {
	seconds := max((now.Elapsed - last.Elapsed).Seconds(), 1e-9)
	per := func(a, b int64) float64 { return float64(b-a) / seconds }
	offered := now.Up + now.Down
	loss := 0.0
	if offered > 0 {
		loss = float64(now.Lost) / float64(offered)
	}
	return fmt.Sprintf("%6.1fs  %d clients  up %.0f/s %.0f kB/s  down %.0f/s %.0f kB/s  loss %.1f%%", now.Elapsed.Seconds(), now.Clients,
		per(last.Up, now.Up), per(last.UpBytes, now.UpBytes)/1000, per(last.Down, now.Down), per(last.DownBytes, now.DownBytes)/1000, loss*100)
}
