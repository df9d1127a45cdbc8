package netem

import (
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
)

// Direction is one of the two of a path.
type Direction uint8

// The directions.
const (
	Up   Direction = iota // to the server
	Down                  // from it
)

// String is up or down.
func (d Direction) String() string { return [...]string{"up", "down"}[d] }

// Setting is one line of a profile's text form.
type Setting struct {
	Key, Form, About string
	get              func(p *Profile) string // "" when it is off
	set              func(p *Profile, value string, in *reading) error
}

// Settings are all settings of a profile, in the order in which a datagram meets them.
func Settings() []Setting { return settings }

// settings is filled in by init, because a schedule's profiles are read with it too.
var settings []Setting

func init() {
	settings = []Setting{
		number("mtu", "longest packet that passes, with its headers, in bytes", func(p *Profile) *int { return &p.MTU }),
		shareOf("loss", "datagrams lost", func(p *Profile) *float64 { return &p.Loss }),
		{"burst", "5", "datagrams lost in a row, on average", getFloat(func(p *Profile) *float64 { return &p.Burst }), setFloat(func(p *Profile) *float64 { return &p.Burst })},
		{"gemodel", "1%/10%/100%/0%", "Gilbert-Elliott losses: p/r/1-h/1-k, as tc has it", getGemodel, setGemodel},
		{"state", "1%/90%/0%/100%/0%", "losses of four states: p13/p31/p32/p23/p14, as tc has it", getState, setState},
		number("loss-every", "every n-th is lost", func(p *Profile) *int { return &p.LossEvery }),
		shareOf("size-loss", "lost of those of size-from to size-to bytes", func(p *Profile) *float64 { return &p.SizeLoss }),
		number("size-from", "see size-loss", func(p *Profile) *int { return &p.SizeFrom }),
		number("size-to", "see size-loss; 0 is no limit", func(p *Profile) *int { return &p.SizeTo }),
		shareOf("duplicate", "datagrams that come twice", func(p *Profile) *float64 { return &p.Duplicate }),
		duration("duplicate-delay", "how much later the copy comes", func(p *Profile) *time.Duration { return &p.DuplicateDelay }),
		shareOf("corrupt", "datagrams with a bit flipped; they are lost, see corrupt-deliver", func(p *Profile) *float64 { return &p.Corrupt }),
		yes("corrupt-deliver", "deliver what is corrupt, as no checksum would", func(p *Profile) *bool { return &p.CorruptDeliver }),
		{"rate", "10mbit", "capacity in bit/s", func(p *Profile) string { return formatRate(p.Rate) }, func(p *Profile, v string, _ *reading) (err error) { p.Rate, err = parseRate(v); return err }},
		{"trace", "cellular", "capacity by a trace: " + strings.Join(Traces(), ", ") + " or file:PATH in Mahimahi's format", getTrace, setTrace},
		{"queue", "64kb", "bytes that wait for capacity at most", func(p *Profile) string { return formatBytes(p.Queue) }, func(p *Profile, v string, _ *reading) (err error) { p.Queue, err = parseBytes(v); return err }},
		{"discipline", "codel", "what a queue drops: tail, head or codel", getDiscipline, setDiscipline},
		number("overhead", "bytes that the wire adds to a datagram (default 28)", func(p *Profile) *int { return &p.Overhead }),
		duration("delay", "time under way", func(p *Profile) *time.Duration { return &p.Delay }),
		duration("jitter", "by which the delay varies", func(p *Profile) *time.Duration { return &p.Jitter }),
		{"distribution", "normal", "how it varies: uniform (±jitter), normal, pareto, paretonormal (jitter is the deviation), or file:PATH in tc's .dist format", getShape, setShape},
		duration("correlation", "time in which the jitter's correlation falls to 1/e", func(p *Profile) *time.Duration { return &p.Correlation }),
		yes("clip", "permit a distribution that reaches below zero, and cut it there", func(p *Profile) *bool { return &p.Clip }),
		{"order", "free", "keep: who would overtake waits; free: jitter reorders", getOrder, setOrder},
		shareOf("reorder", "datagrams that change places", func(p *Profile) *float64 { return &p.Reorder }),
		duration("reorder-delay", "by which those are held back; 0: they overtake instead, without any delay", func(p *Profile) *time.Duration { return &p.ReorderDelay }),
		number("reorder-gap", "only one of so many may", func(p *Profile) *int { return &p.ReorderGap }),
		{"schedule", "(5s blackout 1s every 10s)", "what happens as time goes by", getSchedule, setSchedule},
	}
}

// find is the setting of a key.
func find(key string) *Setting {
	for i := range settings {
		if settings[i].Key == key {
			return &settings[i]
		}
	}
	return nil
}

func number(key, about string, field func(*Profile) *int) Setting {
	return Setting{key, "1200", about, func(p *Profile) string {
		if *field(p) == 0 {
			return ""
		}
		return strconv.Itoa(*field(p))
	}, func(p *Profile, v string, _ *reading) error {
		n, err := strconv.ParseInt(v, 10, 32)
		if err != nil || n < 0 {
			return errors.New("want a whole number from 0 on")
		}
		*field(p) = int(n)
		return nil
	}}
}

func shareOf(key, about string, field func(*Profile) *float64) Setting {
	return Setting{key, "2%", about, func(p *Profile) string { return formatShare(*field(p)) }, func(p *Profile, v string, _ *reading) (err error) {
		*field(p), err = parseShare(v)
		return err
	}}
}

func duration(key, about string, field func(*Profile) *time.Duration) Setting {
	return Setting{key, "20ms", about, func(p *Profile) string {
		if *field(p) == 0 {
			return ""
		}
		return field(p).String()
	}, func(p *Profile, v string, _ *reading) (err error) {
		*field(p), err = parseTime(v)
		return err
	}}
}

func yes(key, about string, field func(*Profile) *bool) Setting {
	return Setting{key, "yes", about, func(p *Profile) string {
		if *field(p) {
			return "yes"
		}
		return ""
	}, func(p *Profile, v string, _ *reading) error {
		switch v {
		case "yes", "true":
			*field(p) = true
		case "no", "false":
			*field(p) = false
		default:
			return errors.New("want yes or no")
		}
		return nil
	}}
}

func getFloat(field func(*Profile) *float64) func(*Profile) string {
	return func(p *Profile) string {
		if *field(p) == 0 {
			return ""
		}
		return strconv.FormatFloat(*field(p), 'g', -1, 64)
	}
}

func setFloat(field func(*Profile) *float64) func(*Profile, string, *reading) error {
	return func(p *Profile, v string, _ *reading) error {
		f, err := strconv.ParseFloat(v, 64)
		if err != nil || math.IsNaN(f) || math.IsInf(f, 0) {
			return errors.New("want a number, for instance 5")
		}
		*field(p) = f
		return nil
	}
}

// parseShare reads 2% or 2 as 0.02.
func parseShare(s string) (float64, error) {
	v, err := strconv.ParseFloat(strings.TrimSuffix(s, "%"), 64)
	if err != nil || !(v >= 0 && v <= 100) {
		return 0, errors.New("want 0% to 100%, for instance 2%")
	}
	return v / 100, nil
}

func formatShare(v float64) string {
	if v == 0 {
		return ""
	}
	return formatPercent(v)
}

// formatPercent is the shortest percentage that parseShare reads as the same share.
func formatPercent(v float64) string {
	for digits := 1; digits < 18; digits++ {
		s := strconv.FormatFloat(v*100, 'g', digits, 64)
		if strings.Contains(s, "e+") {
			continue // 3e+01 for 30: more digits write it plainly
		}
		if back, err := strconv.ParseFloat(s, 64); err == nil && back/100 == v {
			return s + "%"
		}
	}
	return strconv.FormatFloat(v*100, 'g', -1, 64) + "%"
}

// parseTime reads a duration. Only 0 may be without a unit: who forgot one may have thought of seconds.
func parseTime(s string) (time.Duration, error) {
	d, err := time.ParseDuration(s)
	if err == nil {
		return d, nil
	}
	if _, err := strconv.ParseFloat(s, 64); err == nil {
		return 0, fmt.Errorf("want a time with its unit, for instance %sms or %[1]ss", s)
	}
	return 0, errors.New("want a time, for instance 20ms or 1.5s")
}

// parseUnits reads a number with one of the units, of which the longest that fits counts.
func parseUnits(s string, units map[string]float64, most float64) (float64, bool) {
	s = strings.ToLower(s)
	end := len(s)
	for end > 0 && (s[end-1] < '0' || s[end-1] > '9') && s[end-1] != '.' {
		end--
	}
	unit, ok := units[s[end:]]
	v, err := strconv.ParseFloat(s[:end], 64)
	if !ok || err != nil || !(v >= 0 && v*unit <= most) {
		return 0, false
	}
	return v * unit, true
}

// rateUnits are tc's: bit are bits, bps bytes per second.
var rateUnits = map[string]float64{"": 1, "bit": 1, "kbit": 1e3, "mbit": 1e6, "gbit": 1e9, "tbit": 1e12, "k": 1e3, "m": 1e6, "g": 1e9,
	"kibit": 1 << 10, "mibit": 1 << 20, "gibit": 1 << 30, "bps": 8, "kbps": 8e3, "mbps": 8e6, "gbps": 8e9}

func parseRate(s string) (int64, error) {
	v, ok := parseUnits(s, rateUnits, maxRate)
	if !ok || v != 0 && v < minRate {
		return 0, errors.New("want 1kbit to 1000gbit, for instance 10mbit")
	}
	return int64(v), nil
}

func formatRate(v int64) string {
	switch {
	case v == 0:
		return ""
	case v%1e9 == 0:
		return strconv.FormatInt(v/1e9, 10) + "gbit"
	case v%1e6 == 0:
		return strconv.FormatInt(v/1e6, 10) + "mbit"
	case v%1e3 == 0:
		return strconv.FormatInt(v/1e3, 10) + "kbit"
	}
	return strconv.FormatInt(v, 10) + "bit"
}

var byteUnits = map[string]float64{"": 1, "b": 1, "k": 1 << 10, "kb": 1 << 10, "kib": 1 << 10, "m": 1 << 20, "mb": 1 << 20, "mib": 1 << 20}

func parseBytes(s string) (int, error) {
	v, ok := parseUnits(s, byteUnits, maxQueue)
	if !ok {
		return 0, errors.New("want bytes, for instance 64kb (of 1,024)")
	}
	return int(v), nil
}

func formatBytes(v int) string {
	switch {
	case v == 0:
		return ""
	case v%(1<<20) == 0:
		return strconv.Itoa(v>>20) + "mb"
	case v%(1<<10) == 0:
		return strconv.Itoa(v>>10) + "kb"
	}
	return strconv.Itoa(v)
}

// parseShares reads shares separated by slashes into fields; those that are left out keep their defaults.
func parseShares(v string, least int, fields ...*float64) error {
	parts := strings.Split(v, "/")
	if len(parts) < least || len(parts) > len(fields) {
		return fmt.Errorf("want %d to %d shares, separated by slashes", least, len(fields))
	}
	for i, part := range parts {
		s, err := parseShare(part)
		if err != nil {
			return err
		}
		*fields[i] = s
	}
	return nil
}

func formatShares(values ...float64) string {
	parts := make([]string, len(values))
	for i, v := range values {
		parts[i] = formatPercent(v)
	}
	return strings.Join(parts, "/")
}

func setGemodel(p *Profile, v string, _ *reading) error {
	g := GilbertElliott{LossBad: 1}
	r := -1.0
	if err := parseShares(v, 1, &g.P, &r, &g.LossBad, &g.LossGood); err != nil {
		return err
	}
	if g.R = r; r < 0 {
		g.R = 1 - g.P // tc's default: losses that are each by itself
	}
	p.GilbertElliott = g
	return nil
}

func getGemodel(p *Profile) string {
	g := p.GilbertElliott
	if !g.on() {
		return ""
	}
	return formatShares(g.P, g.R, g.LossBad, g.LossGood)
}

func setState(p *Profile, v string, _ *reading) error {
	s := FourState{P23: 1}
	p31 := -1.0
	if err := parseShares(v, 1, &s.P13, &p31, &s.P32, &s.P23, &s.P14); err != nil {
		return err
	}
	if s.P31 = p31; p31 < 0 {
		s.P31 = 1 - s.P13
	}
	p.FourState = s
	return nil
}

func getState(p *Profile) string {
	s := p.FourState
	if !s.on() {
		return ""
	}
	return formatShares(s.P13, s.P31, s.P32, s.P23, s.P14)
}

// fileTrace and fileTable mark names that are files.
const fromFile = "file:"

func setTrace(p *Profile, v string, in *reading) error {
	if v == "none" {
		p.Trace = nil
		return nil
	}
	if path, ok := strings.CutPrefix(v, fromFile); ok {
		return in.file(path, func(r reader) (err error) {
			p.Trace, err = ReadTrace(v, r)
			return err
		})
	}
	if p.Trace = SyntheticTrace(v); p.Trace == nil {
		return fmt.Errorf("want %s, none or file:PATH", strings.Join(Traces(), ", "))
	}
	return nil
}

func getTrace(p *Profile) string {
	if p.Trace == nil {
		return ""
	}
	return p.Trace.name
}

func getDiscipline(p *Profile) string {
	if p.Discipline == DropTail {
		return ""
	}
	return p.Discipline.String()
}

func setDiscipline(p *Profile, v string, _ *reading) error {
	for d := DropTail; d <= CoDel; d++ {
		if d.String() == v {
			p.Discipline = d
			return nil
		}
	}
	return errors.New("want tail, head or codel")
}

func getShape(p *Profile) string {
	switch {
	case p.Shape == Uniform:
		return ""
	case p.Table != nil:
		return p.Table.name
	}
	return p.Shape.String()
}

func setShape(p *Profile, v string, in *reading) error {
	if path, ok := strings.CutPrefix(v, fromFile); ok {
		return in.file(path, func(r reader) error {
			t, err := ReadDist(r)
			if err == nil {
				t.name = v
				p.Shape, p.Table = Tabled, t
			}
			return err
		})
	}
	for s := Uniform; s < Tabled; s++ {
		if s.String() == v {
			p.Shape, p.Table = s, nil
			return nil
		}
	}
	return errors.New("want uniform, normal, pareto, paretonormal or file:PATH")
}

func getOrder(p *Profile) string {
	if p.Unordered {
		return "free"
	}
	return ""
}

func setOrder(p *Profile, v string, _ *reading) error {
	switch v {
	case "keep":
		p.Unordered = false
	case "free":
		p.Unordered = true
	default:
		return errors.New("want keep or free")
	}
	return nil
}

func getSchedule(p *Profile) string {
	if p.Schedule == nil {
		return ""
	}
	return "(" + p.Schedule.String() + ")"
}

func setSchedule(p *Profile, v string, in *reading) (err error) {
	if v == "none" {
		p.Schedule = nil
		return nil
	}
	if inner, ok := strings.CutPrefix(v, "("); ok {
		v = strings.TrimSuffix(inner, ")")
	}
	p.Schedule, err = in.schedule(v)
	return err
}
