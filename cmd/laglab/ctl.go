package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"laglab/server"
	"laglab/sim"
	"laglab/sim/bot"
	"laglab/sim/dashboard"
	"laglab/sim/lesson"
)

// ctlFlags are those of all subcommands of ctl.
type ctlFlags struct {
	addr    string
	joinKey string
	json    bool
}

func newCtl() *cobra.Command {
	var f ctlFlags
	cmd := newCommand("ctl", "Ask and steer a run, a server or a relay that goes on",
		`ctl talks to the API of laglab demo, run and serve, and of laglab relay with --addr and its address: it tells how it goes, changes links,
and lets things happen. WHO is all, a group, or some of a group by their numbers: home, home=1,3. The clients of a relay are client=1,
client=2 and so on. The exit code is 5 when nothing answers.`,
		"  laglab ctl status\n  laglab ctl link train 4g,loss=3%\n  laglab ctl blackout home=1,3 4s\n  laglab ctl --addr 127.0.0.1:7000 link client=2 bad,loss=10%", nil)
	cmd.RunE = func(cmd *cobra.Command, _ []string) error { return cmd.Help() }
	p := cmd.PersistentFlags()
	p.StringVar(&f.addr, "addr", server.DefaultAddr, "address of the run, or of the relay")
	p.StringVar(&f.joinKey, "join-key", "", "key that a server on another machine asks for")
	p.BoolVar(&f.json, "json", false, "what was answered, as JSON")
	cmd.AddCommand(
		f.command("status", "Tell how it goes", "laglab ctl status --json", 0, 0, ctlStatus),
		f.command("players", "List the players, or a relay's clients, with their figures", "laglab ctl players", 0, 0, ctlPlayers),
		f.command("link WHO PROFILE", "Change links: a preset, then what differs; up or down before it is one direction", "laglab ctl link client=2 bad,loss=10%", 1, -1, doing("link")),
		f.command("spike WHO DELAY for TIME", "Let links take longer for a time", "laglab ctl spike all 200ms for 2s", 1, -1, doing("spike")),
		f.command("blackout WHO TIME", "Let nothing pass for a time", "laglab ctl blackout train 4s", 1, -1, doing("blackout")),
		f.command("kick WHO", "Have the server put players out", "laglab ctl kick bad=2", 1, 1, doing("kick")),
		f.command("add GROUP COUNT [over TIME] [for TIME]", "Let more bots of a group join", "laglab ctl add home 20 over 2s for 30s", 2, -1, doing("add")),
		f.command("remove WHO COUNT|all [over TIME]", "Let bots leave, the newest first", "laglab ctl remove home 5", 1, -1, doing("remove")),
		f.command("do [WHO] ACTION [VALUE…]", "Do anything that can be done; laglab ctl do alone lists it", "laglab ctl do home hold 300ms", 0, -1, ctlDo),
		f.command("pause", "Stop a run in simulated time", "laglab ctl pause", 0, 0, pacing(func(p *sim.Pace, _ []string) error { p.Paused = true; return nil })),
		f.command("resume", "Let it go on", "laglab ctl resume", 0, 0, pacing(func(p *sim.Pace, _ []string) error { p.Paused = false; return nil })),
		f.command("step [TICKS]", "Let so many ticks of a run that is paused pass", "laglab ctl step 10", 0, 1, pacing(stepping)),
		f.command("speed FACTOR", "Let its time pass slower or faster, 0.01 to 4", "laglab ctl speed 0.1", 1, 1, pacing(speeding)),
		f.command("lesson [NAME|off] [SETTING=VALUE…]", "Begin a lesson, or list them", "laglab ctl lesson lag-compensation rewind=off", 0, -1, ctlLesson),
		f.command("report", "The report as if the run ended now", "laglab ctl report --json", 0, 0, ctlReport),
	)
	return cmd
}

// command makes a subcommand with least to most arguments, -1 for any number.
func (f *ctlFlags) command(use, short, example string, least, most int, do func(*ctl, []string) error) *cobra.Command {
	name, _, _ := strings.Cut(use, " ")
	return &cobra.Command{
		Use: use, Short: short, Long: short + ".", Example: "  " + example,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) < least || most >= 0 && len(args) > most {
				return usage(fmt.Errorf("ctl %s has %d arguments: want %s, for instance %s", name, len(args), use, example))
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			c := &ctl{api: newAPI(f.addr, f.joinKey), out: cmd.OutOrStdout(), json: f.json}
			if err := c.meet(cmd.Context()); err != nil {
				return err
			}
			return do(c, args)
		},
	}
}

// ctl is a subcommand at work.
type ctl struct {
	*api
	out  io.Writer
	json bool
	run  struct {
		Token  string
		Run    *sim.Description
		Relay  *dashboard.RelayDescription
		Lesson string
	}
}

// meet finds out whom it talks to.
func (c *ctl) meet(ctx context.Context) error {
	c.ctx = ctx
	if _, err := c.get("/api/run", &c.run); err != nil {
		return err
	}
	c.token = c.run.Token
	if c.run.Run == nil && c.run.Relay == nil {
		return fmt.Errorf("%s is neither a run nor a relay of laglab", c.addr)
	}
	return nil
}

// errNotOfRelays says that only a run has what was asked for.
var errNotOfRelays = errors.New("this is a relay, which has no players' play, no time and no lessons: want status, players, link, spike, blackout or do")

// tell prints what was answered: as JSON, or as text.
func (c *ctl) tell(answered []byte, text func() error) error {
	if c.json {
		_, err := c.out.Write(answered)
		return err
	}
	return text()
}

func ctlStatus(c *ctl, _ []string) error {
	if c.run.Relay != nil {
		var s dashboard.RelaySummary
		b, err := c.get("/api/summary", &s)
		if err != nil {
			return err
		}
		return c.tell(b, func() error { return c.writeRelay(&s) })
	}
	var p struct {
		Progress sim.Progress
		Pace     sim.Pace
	}
	b, err := c.get("/api/progress", &p)
	if err != nil {
		return err
	}
	return c.tell(b, func() error {
		fmt.Fprintln(c.out, strings.TrimSpace(statusLine(p.Progress)))
		what := c.run.Run.Game
		if c.run.Lesson != "" {
			what = "lesson " + c.run.Lesson
		}
		time := "in real time"
		if c.run.Run.Paced {
			if time = fmt.Sprintf("in simulated time, at %g times the speed of real time", p.Pace.Speed); p.Pace.Paused {
				time = "in simulated time, paused"
			}
		}
		fmt.Fprintf(c.out, "%s, %s; the server is %s\n", what, time, p.Progress.Health.Server)
		for _, g := range c.run.Run.Groups {
			if g.Name == sim.People && g.Count == 0 {
				continue
			}
			fmt.Fprintf(c.out, "  %s: %d at first, up %s, down %s\n", g.Name, g.Count, orPerfect(g.Up), orPerfect(g.Down))
		}
		return c.writeHealth(&p.Progress.Health)
	})
}

func orPerfect(link string) string {
	if link == "" {
		return "perfect"
	}
	return link
}

func (c *ctl) writeHealth(h *sim.Health) error {
	words := map[sim.Trust]string{sim.Good: "figures can be trusted", sim.Strained: "the machine has little left", sim.Void: "VOID: the machine is measured, and not the network"}
	_, err := fmt.Fprintf(c.out, "%s: links late by %s and bots by %s at p99; %d ticks late, %d skipped, %d overrun; %d datagrams dropped by the kernel\n", words[h.Word],
		short(h.LinkLateP99), short(h.BotLateP99), h.LateTicks, h.SkippedTicks, h.Overruns, h.SocketDrops)
	for _, why := range h.Why {
		fmt.Fprintf(c.out, "  - %s\n", why)
	}
	return err
}

func (c *ctl) writeRelay(s *dashboard.RelaySummary) error {
	fmt.Fprintf(c.out, "relay on UDP %s to %s for %v, %d clients\n", c.run.Relay.Addr, c.run.Relay.To, s.Elapsed.Round(100*time.Millisecond), s.Earlier+len(s.Clients))
	if err := c.writeClients(s); err != nil {
		return err
	}
	for _, e := range s.Events {
		fmt.Fprintf(c.out, "at %v: %s\n", e.At.Round(100*time.Millisecond), e.Text)
	}
	return nil
}

func (c *ctl) writeClients(s *dashboard.RelaySummary) error {
	t := tabwriter.NewWriter(c.out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "client\tfrom\t\tlink\tdelay p50/p99\tlost\tdatagrams/s\tkbit/s")
	for _, k := range s.Clients {
		gone := ""
		if k.Gone {
			gone = " (gone)"
		}
		for i, d := range []dashboard.RelayDirection{k.Up, k.Down} {
			head := []string{fmt.Sprintf("%d\t%s%s\tup", k.Number, k.Addr, gone), "\t\tdown"}[i]
			fmt.Fprintf(t, "%s\t%s\t%.1f/%.1f ms\t%.2f%%\t%.0f\t%.0f\n", head, d.Link, d.Delay50, d.Delay99, d.Loss*100, d.PerSec, d.BitsRate/1000)
		}
	}
	return t.Flush()
}

func ctlPlayers(c *ctl, _ []string) error {
	if c.run.Relay != nil {
		var s dashboard.RelaySummary
		b, err := c.get("/api/summary", &s)
		if err != nil {
			return err
		}
		return c.tell(b, func() error { return c.writeClients(&s) })
	}
	var rows []bot.Row
	b, err := c.get("/api/players", &rows)
	if err != nil {
		return err
	}
	return c.tell(b, func() error {
		t := tabwriter.NewWriter(c.out, 0, 0, 2, ' ', 0)
		fmt.Fprintln(t, "group\tnumber\tname\tstate\tbrain\tmatch\tRTT\tlost up/down\tcorrections\tstarved\tplayed")
		for _, r := range rows {
			group := ""
			if r.Group < len(c.run.Run.Groups) {
				group = c.run.Run.Groups[r.Group].Name
			}
			fmt.Fprintf(t, "%s\t%d\t%s\t%s\t%s\t%d\t%.1f ms\t%.1f%%/%.1f%%\t%d\t%.1f%%\t%.0f s\n", group, r.Number, r.Name, r.State, r.Brain, r.Match, r.RTT,
				r.LossUp*100, r.LossDown*100, r.Corrections, r.Starved*100, r.Played)
		}
		return t.Flush()
	})
}

// target reads WHO, when the first argument is one: all, a group, or GROUP=1,3.
func (c *ctl) target(args []string) (group string, bots []int, rest []string, err error) {
	if len(args) == 0 {
		return sim.All, nil, args, nil
	}
	name, numbers, picked := strings.Cut(args[0], "=")
	known := name == sim.All || c.run.Relay != nil && name == "client"
	if c.run.Run != nil {
		known = known || slices.ContainsFunc(c.run.Run.Groups, func(g sim.GroupDescription) bool { return g.Name == name })
	}
	if !known {
		return sim.All, nil, args, nil
	}
	if picked {
		for text := range strings.SplitSeq(numbers, ",") {
			n, err := strconv.Atoi(text)
			if err != nil {
				return "", nil, nil, usage(fmt.Errorf("%q: want numbers such as %s=1,3", args[0], name))
			}
			bots = append(bots, n)
		}
	}
	return name, bots, args[1:], nil
}

// doing makes a subcommand of an action.
func doing(action string) func(*ctl, []string) error {
	return func(c *ctl, args []string) error {
		group, bots, rest, err := c.target(args)
		if err != nil {
			return err
		}
		return c.order(group, bots, action, rest)
	}
}

func (c *ctl) order(group string, bots []int, action string, value []string) error {
	var told struct{ Told string }
	b, err := c.post("/api/do", map[string]any{"group": group, "bots": bots, "action": action, "value": strings.Join(value, " ")}, &told)
	if err != nil {
		return err
	}
	return c.tell(b, func() error { _, err := fmt.Fprintln(c.out, told.Told); return err })
}

func ctlDo(c *ctl, args []string) error {
	if len(args) == 0 {
		var all []struct{ Name, Form, About string }
		b, err := c.get("/api/actions", &all)
		if err != nil {
			return err
		}
		return c.tell(b, func() error {
			t := tabwriter.NewWriter(c.out, 0, 0, 2, ' ', 0)
			for _, a := range all {
				fmt.Fprintf(t, "%s\t%s\t%s\n", a.Name, a.Form, a.About)
			}
			return t.Flush()
		})
	}
	group, bots, rest, err := c.target(args)
	if err != nil {
		return err
	}
	if len(rest) == 0 {
		return usage(fmt.Errorf("do %s what? want an action, for instance blackout 4s", args[0]))
	}
	return c.order(group, bots, rest[0], rest[1:])
}

// pacing makes a subcommand that changes the pace.
func pacing(change func(*sim.Pace, []string) error) func(*ctl, []string) error {
	return func(c *ctl, args []string) error {
		if c.run.Relay != nil {
			return errNotOfRelays
		}
		var now struct{ Pace sim.Pace }
		if _, err := c.get("/api/progress", &now); err != nil {
			return err
		}
		to := sim.Pace{Paused: now.Pace.Paused}
		if err := change(&to, args); err != nil {
			return usage(err)
		}
		b, err := c.post("/api/pace", to, &to)
		if err != nil {
			return err
		}
		return c.tell(b, func() error {
			state := fmt.Sprintf("at %g times the speed of real time", to.Speed)
			if to.Paused {
				state = "paused"
			}
			_, err := fmt.Fprintf(c.out, "%s, %v after its beginning\n", state, to.Now.Round(time.Millisecond))
			return err
		})
	}
}

func stepping(p *sim.Pace, args []string) (err error) {
	p.Paused, p.Step = true, 1
	if len(args) > 0 {
		if p.Step, err = strconv.Atoi(args[0]); err != nil {
			return fmt.Errorf("%q: want a number of ticks", args[0])
		}
	}
	return nil
}

func speeding(p *sim.Pace, args []string) (err error) {
	if p.Speed, err = strconv.ParseFloat(args[0], 64); err != nil || !(p.Speed > 0) {
		return fmt.Errorf("%q: want how many times the speed of real time, for instance 0.1", args[0])
	}
	return nil
}

func ctlLesson(c *ctl, args []string) error {
	if c.run.Relay != nil {
		return errNotOfRelays
	}
	if len(args) == 0 {
		var all []lesson.Lesson
		b, err := c.get("/api/lessons", &all)
		if err != nil {
			return err
		}
		return c.tell(b, func() error {
			t := tabwriter.NewWriter(c.out, 0, 0, 2, ' ', 0)
			for i := range all {
				fmt.Fprintf(t, "%s\t%s\n", all[i].Name, all[i].Title)
			}
			return t.Flush()
		})
	}
	name := args[0]
	if name == "off" {
		name = ""
	}
	var now struct{ Lesson string }
	b, err := c.post("/api/lesson", map[string]any{"name": name, "set": args[1:]}, &now)
	if err != nil {
		return err
	}
	return c.tell(b, func() error {
		l, err := lesson.Find(now.Lesson)
		if err != nil {
			_, err = fmt.Fprintln(c.out, "no lesson: the run is shown")
			return err
		}
		fmt.Fprintf(c.out, "%s\n\n%s\n\n%s\n\n", l.Title, l.About, l.Watch)
		for _, t := range l.Try {
			if a := t.Action; a != nil {
				fmt.Fprintf(c.out, "- %s\n  laglab ctl do %s %s %s\n", t.Text, a.Group, a.Name, a.Value)
			} else {
				fmt.Fprintf(c.out, "- %s\n  laglab ctl lesson %s %s\n", t.Text, l.Name, strings.Join(t.Set, " "))
			}
		}
		_, err = fmt.Fprintf(c.out, "\nLook at it at http://%s\n", c.addr)
		return err
	})
}

func ctlReport(c *ctl, _ []string) error {
	if c.run.Relay != nil {
		return errNotOfRelays
	}
	var r sim.Report
	b, err := c.get("/api/report", &r)
	if err != nil {
		return err
	}
	if !c.json {
		return r.WriteText(c.out)
	}
	e := json.NewEncoder(c.out)
	e.SetIndent("", "  ")
	return e.Encode(json.RawMessage(b))
}
