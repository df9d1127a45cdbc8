package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"laglab/server"
	"laglab/sim"
	"laglab/sim/netem"
	"laglab/sim/spelling"
	"laglab/sim/verdict"
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

// serverFlags fill a server's Config, apart from what are settings.
func serverFlags(f *pflag.FlagSet, c *server.Config) {
	f.StringVar(&c.Addr, "addr", server.DefaultAddr, "UDP address to listen on; port 0 is any free one")
	f.IntVar(&c.Matches, "matches", 1, "matches that run at once")
	f.IntVar(&c.PlayersPerMatch, "players-per-match", 0, "room in each match (default 100, or what the bots need)")
	f.StringVar(&c.Options, "options", "", "the game's own options, for instance map=hall")
	f.BoolVar(&c.AllowRemote, "allow-remote", false, "permit an address that other machines can reach; needs --join-key")
	f.StringVar(&c.JoinKey, "join-key", "", "key that players must know")
}

// settings are the values that flags gave to settings of the netcode.
type settings struct{ given []given }

type given struct {
	setting *sim.Setting
	value   string
}

// add makes a flag of each setting of the server, or of the players, or of both.
func (s *settings) add(f *pflag.FlagSet, ofServer, ofPlayers bool) {
	for i := range sim.Settings {
		if t := &sim.Settings[i]; ofServer && t.OfServer() || ofPlayers && t.OfPlayers() {
			f.Var(&settingFlag{all: s, setting: t}, t.Name, t.Doc)
		}
	}
}

// settingFlag is a flag that sets a setting.
type settingFlag struct {
	all     *settings
	setting *sim.Setting
	value   string
}

func (s *settingFlag) String() string { return s.value }
func (s *settingFlag) Type() string   { return s.setting.Value }

// Set tries the value on a scenario that nobody runs.
func (s *settingFlag) Set(value string) error {
	if err := s.setting.Apply(&sim.Scenario{Groups: make([]sim.Group, 1)}, value); err != nil {
		return errors.Unwrap(err) // without the setting's name, which is the flag's
	}
	s.value = value
	s.all.given = append(s.all.given, given{s.setting, value})
	return nil
}

// apply sets what was given in a scenario.
func (s *settings) apply(to *sim.Scenario) {
	for _, g := range s.given {
		_ = g.setting.Apply(to, g.value) // tried by Set
	}
}

// thresholdsFlag is what verdicts are judged by.
type thresholdsFlag struct {
	verdict.Thresholds
	file string
}

func (t *thresholdsFlag) String() string { return t.file }
func (t *thresholdsFlag) Type() string   { return "file" }
func (t *thresholdsFlag) Set(name string) error {
	file, err := os.Open(name)
	if err != nil {
		return err
	}
	defer file.Close()
	t.file = name
	t.Thresholds, err = verdict.Read(file)
	return err
}

func (t *thresholdsFlag) add(f *pflag.FlagSet) {
	f.Var(t, "thresholds", "YAML file with what a verdict is judged by")
}

// wanted is what a flag takes, in words, of the types that do not say so themselves when they refuse a value.
func wanted(flag *pflag.Flag) string {
	return map[string]string{
		"uint64": "a whole number from 0 on", "int": "a whole number", "intSlice": "whole numbers, for instance 100,400",
		"bool": "true or false", "duration": "a time with its unit, such as 30s", "float64": "a number",
	}[flag.Value.Type()]
}

// flagError is what is wrong with a command's flag, in words.
func flagError(of *pflag.FlagSet, err error) error {
	var unknown *pflag.NotExistError
	if errors.As(err, &unknown) {
		var names []string
		of.VisitAll(func(f *pflag.Flag) { names = append(names, f.Name) })
		if meant, ok := spelling.Closest(unknown.GetSpecifiedName(), names); ok && len(unknown.GetSpecifiedName()) > 1 {
			return fmt.Errorf("there is no flag --%s; did you mean --%s?", unknown.GetSpecifiedName(), meant)
		}
	}
	var invalid *pflag.InvalidValueError
	if !errors.As(err, &invalid) {
		return err
	}
	if want := wanted(invalid.GetFlag()); want != "" {
		return fmt.Errorf("--%s is %q: want %s", invalid.GetFlag().Name, invalid.GetValue(), want)
	}
	value := strconv.Quote(invalid.GetValue())
	return fmt.Errorf("--%s is %s: %s", invalid.GetFlag().Name, value, strings.TrimPrefix(invalid.Unwrap().Error(), value+": "))
}

// notZero refuses a zero that was asked for in words: in a Config it means the default.
func notZero(f *pflag.FlagSet, names ...string) error {
	for _, name := range names {
		if flag := f.Lookup(name); flag != nil && flag.Changed && flag.Value.String() == "0" {
			return badConfig(fmt.Errorf("%s is 0: want at least 1", said(f, name)))
		}
	}
	return nil
}

// linkFlags are the two directions of a link: first what --link says, over it what the flags of single figures say, and a
// flag of one direction over that of both.
type linkFlags struct {
	link, upLink, downLink       string
	delay, upDelay, downDelay    time.Duration
	jitter, upJitter, downJitter time.Duration
	loss, upLoss, downLoss       percent
}

func (l *linkFlags) add(f *pflag.FlagSet) {
	f.StringVar(&l.link, "link", "", `the links: a preset, settings, or a line of tc's netem, for instance "4g,loss=3%,burst=5"; see laglab presets`)
	f.StringVar(&l.upLink, "up-link", "", "as --link, to the server only")
	f.StringVar(&l.downLink, "down-link", "", "as --link, from the server only")
	f.DurationVar(&l.delay, "delay", 0, "one-way delay of the bots' links, in both directions")
	f.DurationVar(&l.jitter, "jitter", 0, "delay varies evenly by so much either way")
	f.Var(&l.loss, "loss", "share of datagrams lost, for instance 2%")
	f.DurationVar(&l.upDelay, "up-delay", 0, "as --delay, to the server only")
	f.DurationVar(&l.upJitter, "up-jitter", 0, "as --jitter, to the server only")
	f.Var(&l.upLoss, "up-loss", "as --loss, to the server only")
	f.DurationVar(&l.downDelay, "down-delay", 0, "as --delay, from the server only")
	f.DurationVar(&l.downJitter, "down-jitter", 0, "as --jitter, from the server only")
	f.Var(&l.downLoss, "down-loss", "as --loss, from the server only")
}

// linkParser reads links from the command line, whose files may be read.
var linkParser = netem.Parser{Open: func(path string) (io.ReadCloser, error) { return os.Open(path) }}

// profiles are the links that the flags ask for.
func (l *linkFlags) profiles(f *pflag.FlagSet) (up, down netem.Profile, err error) {
	if up, err = l.direction(f, netem.Up, l.upLink); err == nil {
		down, err = l.direction(f, netem.Down, l.downLink)
	}
	return up, down, err
}

func (l *linkFlags) direction(f *pflag.FlagSet, d netem.Direction, link string) (netem.Profile, error) {
	text := l.link
	if f.Changed(d.String() + "-link") {
		text = link
	}
	p, err := linkParser.Profile(text, d)
	if err != nil {
		return p, err
	}
	for _, figure := range []struct {
		flag string
		set  func()
	}{
		{"delay", func() { p.Delay = l.delay }}, {"jitter", func() { p.Jitter = l.jitter }}, {"loss", func() { p.Loss = float64(l.loss) }},
		{"up-delay", func() { p.Delay = l.upDelay }}, {"up-jitter", func() { p.Jitter = l.upJitter }}, {"up-loss", func() { p.Loss = float64(l.upLoss) }},
		{"down-delay", func() { p.Delay = l.downDelay }}, {"down-jitter", func() { p.Jitter = l.downJitter }}, {"down-loss", func() { p.Loss = float64(l.downLoss) }},
	} {
		both := !strings.Contains(figure.flag, "-")
		if f.Changed(figure.flag) && (both || strings.HasPrefix(figure.flag, d.String()+"-")) {
			figure.set()
		}
	}
	return p, nil
}

// given names a flag of links that was given, if any was.
func (l *linkFlags) given(f *pflag.FlagSet) string {
	for _, direction := range []string{"", "up-", "down-"} {
		for _, figure := range []string{"link", "delay", "jitter", "loss"} {
			if f.Changed(direction + figure) {
				return direction + figure
			}
		}
	}
	return ""
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

func (b *botFlags) group(f *pflag.FlagSet) (sim.Group, error) {
	up, down, err := b.profiles(f)
	if err != nil {
		return sim.Group{}, badConfig(err)
	}
	return sim.Group{Name: "bots", Count: b.count, Brain: b.brain, Ramp: b.ramp, Up: up, Down: down}, nil
}

// newCommand makes a subcommand without arguments.
func newCommand(use, short, long, example string, do func(cmd *cobra.Command) error) *cobra.Command {
	return &cobra.Command{
		Use: use, Short: short, Long: long, Example: example, Args: noArguments,
		PreRunE: func(cmd *cobra.Command, _ []string) error {
			return notZero(cmd.Flags(), "matches", "players-per-match", "count")
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
