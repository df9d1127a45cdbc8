package netem

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"math"
	"sort"
	"strconv"
	"strings"
	"sync"
	"time"
)

// Trace is a capacity that changes: the times at which up to 1,500 bytes pass, again and again from the start. A
// datagram may use a part of an opportunity, or several; an opportunity that nobody waits for is lost.
type Trace struct {
	name   string
	millis []uint32 // ascending, from 0 to period
	period uint32   // the last of them, as Mahimahi has it
}

// opportunity is how many bytes pass at each, as in Mahimahi's traces.
const opportunity = 1500

// What a trace may hold: an hour, at most 10 million opportunities.
const (
	maxOpportunities = 10_000_000
	maxPeriod        = uint32(time.Hour / time.Millisecond)
)

// NewTrace makes a trace from the milliseconds of its opportunities, which do not descend. The last one, above 0
// and up to an hour, is the length of the trace: after it comes the first again.
func NewTrace(name string, millis []uint32) (*Trace, error) {
	if len(millis) == 0 || len(millis) > maxOpportunities {
		return nil, fmt.Errorf("trace has %d opportunities: want 1 to %d", len(millis), maxOpportunities)
	}
	last := uint32(0)
	for i, at := range millis {
		if at < last {
			return nil, fmt.Errorf("trace, opportunity %d is at %d ms: want at least %d, that of the one before", i+1, at, last)
		}
		last = at
	}
	if last == 0 || last > maxPeriod {
		return nil, fmt.Errorf("trace ends at %d ms: want 1 to %d", last, maxPeriod)
	}
	return &Trace{name: name, millis: millis, period: last}, nil
}

// ReadTrace reads a trace in Mahimahi's format: a line for each opportunity to send 1,500 bytes, with the whole
// number of milliseconds since the start. Empty lines, and from a # on, do not count.
func ReadTrace(name string, r io.Reader) (*Trace, error) {
	var millis []uint32
	lines := bufio.NewScanner(r)
	for number := 1; lines.Scan(); number++ {
		line, _, _ := strings.Cut(lines.Text(), "#")
		if line = strings.TrimSpace(line); line == "" {
			continue
		}
		at, err := strconv.ParseUint(line, 10, 32)
		if err != nil {
			return nil, fmt.Errorf("trace %s, line %d: %q: want a whole number of milliseconds", name, number, line)
		}
		if len(millis) == maxOpportunities {
			return nil, fmt.Errorf("trace %s, line %d: more than %d opportunities", name, number, maxOpportunities)
		}
		millis = append(millis, uint32(at))
	}
	if err := lines.Err(); err != nil {
		if errors.Is(err, bufio.ErrTooLong) {
			err = errors.New("a line is longer than 64 KiB")
		}
		return nil, fmt.Errorf("trace %s: %w", name, err)
	}
	return NewTrace(name, millis)
}

// WriteTo writes the trace in Mahimahi's format.
func (t *Trace) WriteTo(w io.Writer) (n int64, err error) {
	var line []byte
	out := bufio.NewWriter(w)
	for _, at := range t.millis {
		line = append(strconv.AppendUint(line[:0], uint64(at), 10), '\n')
		written, err := out.Write(line)
		n += int64(written)
		if err != nil {
			return n, err
		}
	}
	return n, out.Flush()
}

// Name is what the trace is called in a profile.
func (t *Trace) Name() string { return t.name }

// MeanRate is the capacity over the whole trace, in bit/s.
func (t *Trace) MeanRate() float64 {
	return float64(len(t.millis)) * opportunity * 8 / (float64(t.period) / 1000)
}

// RateUntil is the mean capacity from the beginning up to a time, in bit/s.
func (t *Trace) RateUntil(d time.Duration) float64 {
	if d <= 0 {
		return 0
	}
	return float64(t.next(d+1, 0)) * opportunity * 8 / d.Seconds()
}

// WorstGap is the longest time without an opportunity.
func (t *Trace) WorstGap() time.Duration {
	worst, last := uint32(0), uint32(0)
	for _, at := range t.millis {
		worst, last = max(worst, at-last), at
	}
	worst = max(worst, t.millis[0]) // from the end, which is an opportunity, to the first
	return time.Duration(worst) * time.Millisecond
}

// time is when the opportunity is that is n-th if one goes on counting through the repetitions.
func (t *Trace) time(n int64) time.Duration {
	rounds, i := n/int64(len(t.millis)), n%int64(len(t.millis))
	return time.Duration(rounds*int64(t.period)+int64(t.millis[i])) * time.Millisecond
}

// next is the first opportunity at or after a time, from the current one on.
func (t *Trace) next(at time.Duration, current int64) int64 {
	// A step or two is the usual case; a binary search serves the others.
	for range 4 {
		if t.time(current) >= at {
			return current
		}
		current++
	}
	ms := int64((at + time.Millisecond - 1) / time.Millisecond)
	// Where rounds meet: the last opportunity of one is at the instant where the next begins.
	rounds := max((ms-1)/int64(t.period), 0)
	within := uint32(ms - rounds*int64(t.period))
	i := sort.Search(len(t.millis), func(i int) bool { return t.millis[i] >= within })
	return max(rounds*int64(len(t.millis))+int64(i), current)
}

// Traces are the names of the synthetic traces, which are made from a fixed seed when they are first asked for.
func Traces() []string {
	names := make([]string, len(synthetic))
	for i, s := range synthetic {
		names[i] = s.name
	}
	return names
}

// SyntheticTrace is one of Traces; nil when there is none of that name.
func SyntheticTrace(name string) *Trace {
	for _, s := range synthetic {
		if s.name == name {
			return s.trace()
		}
	}
	return nil
}

// TraceAbout says what a synthetic trace is a model of.
func TraceAbout(name string) string {
	for _, s := range synthetic {
		if s.name == name {
			return s.about
		}
	}
	return ""
}

var synthetic = []struct {
	name, about string
	trace       func() *Trace
}{
	{"cellular", "a phone in a moving car: around 6 Mbit/s, log-normal with a memory of seconds, and fades of up to a second and a half",
		sync.OnceValue(func() *Trace { return synthesise("cellular", 120_000, cellular()) })},
	{"satellite", "a low satellite: around 25 Mbit/s, and every 15 s a handover: nothing for 120 ms, then half for a second",
		sync.OnceValue(func() *Trace { return synthesise("satellite", 60_000, satellite()) })},
	{"wifi-busy", "wifi in a crowded house: 20 Mbit/s in turns with others, who hold the air for up to 60 ms",
		sync.OnceValue(func() *Trace { return synthesise("wifi-busy", 60_000, busyWifi()) })},
}

// dice are random numbers of a trace's own.
type dice struct{ seed, n uint64 }

func (d *dice) even() float64 {
	d.n++
	return float64(mix(d.seed+d.n*0x9e3779b97f4a7c15)>>11) / (1 << 53)
}

func (d *dice) normal() float64 { return probit(d.even()) }

// exponential has the mean given.
func (d *dice) exponential(mean float64) float64 { return -mean * math.Log(1-d.even()) }

// synthesise makes the opportunities of so many milliseconds from the rate, in bit/s, of each. It ends with one.
func synthesise(name string, millis int, rate func(ms int) float64) *Trace {
	var at []uint32
	credit := 0.0
	for ms := 1; ms <= millis; ms++ {
		for credit += rate(ms) / 8 / 1000; credit >= opportunity; credit -= opportunity {
			at = append(at, uint32(ms))
		}
	}
	if at[len(at)-1] != uint32(millis) {
		at = append(at, uint32(millis))
	}
	t, err := NewTrace(name, at)
	if err != nil {
		panic(err) // the rates above are ours
	}
	return t
}

// cellular is an Ornstein-Uhlenbeck process of the logarithm, with a memory of 3 s, and fades that come every 12 s on
// average.
func cellular() func(int) float64 {
	d := dice{seed: 0x63656c6c}
	wave := 0.0
	fadeAt, fadeEnd := d.exponential(12_000), 0.0
	rho := math.Exp(-1.0 / 3000)
	return func(ms int) float64 {
		wave = rho*wave + math.Sqrt(1-rho*rho)*d.normal()
		now := float64(ms)
		if now >= fadeAt {
			fadeEnd = now + 100 + 1400*d.even()
			fadeAt = fadeEnd + d.exponential(12_000)
		}
		if now < fadeEnd {
			return 0
		}
		return 6.5e6 * math.Exp(0.6*wave)
	}
}

// satellite is steady with some noise, and is handed over every 15 s.
func satellite() func(int) float64 {
	d := dice{seed: 0x6c656f}
	wave := 0.0
	rho := math.Exp(-1.0 / 500)
	return func(ms int) float64 {
		wave = rho*wave + math.Sqrt(1-rho*rho)*d.normal()
		rate := 26e6 * math.Exp(0.15*wave)
		switch since := ms % 15_000; {
		case since < 120:
			return 0
		case since < 1120:
			return rate / 2
		}
		return rate
	}
}

// busyWifi takes turns with others.
func busyWifi() func(int) float64 {
	d := dice{seed: 0x77696669}
	ours, turn := true, 0.0
	return func(ms int) float64 {
		if float64(ms) >= turn {
			if ours = !ours; ours {
				turn = float64(ms) + 2 + d.exponential(18)
			} else {
				turn = float64(ms) + min(1+d.exponential(9), 60)
			}
		}
		if !ours {
			return 0
		}
		return 30e6
	}
}
