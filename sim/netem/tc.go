package netem

import (
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
)

// TC is a line for tc's netem, as a profile.
type TC struct {
	Profile Profile
	// Notes say where the profile does something else than the kernel would, and why.
	Notes []string
}

// isTC tells a tc line from a profile's text.
func isTC(text string) bool {
	first, _, _ := strings.Cut(strings.TrimSpace(text), " ")
	return first == "tc" || first == "netem"
}

// ParseTC reads a line such as
//
//	tc qdisc add dev eth0 root netem delay 50ms 10ms distribution normal loss 5%
//
// or what stands after its netem. The profile does what the line asks for; where the kernel does not, or where the two
// have no counterpart, a note says so. What has no counterpart at all (slot, ecn, seed) is an error or a note.
func ParseTC(line string) (TC, error) {
	words := strings.Fields(line)
	start := -1
	for i, w := range words {
		if w == "netem" {
			start = i
			break
		}
	}
	if start < 0 {
		return TC{}, errors.New("tc line without netem: want tc qdisc add dev DEVICE root netem …")
	}
	t := tcLine{words: words[start+1:]}
	for len(t.words) > 0 && t.err == nil {
		word := t.next()
		t.option(word)
		if t.err != nil {
			t.err = fmt.Errorf("tc, %s: %w", shorten(word), t.err)
		}
	}
	if t.err == nil {
		t.finish()
		t.err = t.out.Profile.Check()
	}
	return t.out, t.err
}

// tcLine is a line being read.
type tcLine struct {
	words []string
	out   TC
	err   error
	limit int
}

func (t *tcLine) next() string {
	w := t.words[0]
	t.words = t.words[1:]
	return w
}

func (t *tcLine) note(format string, args ...any) {
	t.out.Notes = append(t.out.Notes, fmt.Sprintf(format, args...))
}

// more tells whether the next word is a value and not the next option: all values begin with a digit.
func (t *tcLine) more() bool {
	return len(t.words) > 0 && t.words[0] != "" && (t.words[0][0] >= '0' && t.words[0][0] <= '9' || t.words[0][0] == '.')
}

func (t *tcLine) fail(format string, args ...any) {
	if t.err == nil {
		t.err = fmt.Errorf(format, args...)
	}
}

// share takes a percentage, if there is one.
func (t *tcLine) share() (v float64, ok bool) {
	if !t.more() {
		return 0, false
	}
	w := t.next()
	v, err := parseShare(w)
	if err != nil {
		t.fail("%q: %w", shorten(w), err)
	}
	return v, err == nil
}

func (t *tcLine) mustShare() float64 {
	v, ok := t.share()
	if !ok {
		t.fail("want a percentage")
	}
	return v
}

// time takes a time in tc's units, of which a bare number is microseconds.
func (t *tcLine) time() (time.Duration, bool) {
	if !t.more() {
		return 0, false
	}
	w := t.next()
	units := map[string]float64{"": 1, "us": 1, "usec": 1, "usecs": 1, "ms": 1e3, "msec": 1e3, "msecs": 1e3, "s": 1e6, "sec": 1e6, "secs": 1e6}
	v, ok := parseUnits(w, units, 4e9)
	if !ok {
		t.fail("%q: want a time, for instance 50ms", shorten(w))
	}
	return time.Duration(math.Round(v * 1e3)), ok
}

func (t *tcLine) number() int {
	if !t.more() {
		t.fail("want a number")
		return 0
	}
	w := t.next()
	n, err := strconv.Atoi(w)
	if err != nil || n < 0 || n > math.MaxInt32 {
		t.fail("%q: want a whole number", shorten(w))
	}
	return n
}

func (t *tcLine) option(word string) {
	p := &t.out.Profile
	switch word {
	case "delay", "latency":
		t.delay()
	case "distribution":
		t.distribution()
	case "loss", "drop":
		t.loss()
	case "duplicate":
		p.Duplicate = t.mustShare()
		t.correlation("duplicate", "")
	case "corrupt":
		p.Corrupt = t.mustShare()
		t.correlation("corrupt", "")
		t.note("corrupt: the kernel flips a bit and the receiver's UDP checksum drops the datagram; here it is dropped at once (corrupt-deliver=yes delivers it)")
	case "reorder":
		p.Reorder = t.mustShare()
		t.correlation("reorder", "; in the kernel it makes reordering rarer than asked")
	case "gap":
		p.ReorderGap = t.number()
	case "rate":
		t.rate()
	case "limit":
		t.limit = t.number()
	case "ecn":
		t.note("ecn: nothing is marked here, datagrams are dropped")
	case "seed":
		t.number()
		t.note("seed: the seed of a run goes before it")
	case "slot":
		t.fail("slots are not modelled; want a trace or a schedule with hold, for instance schedule=(0s hold 20ms every 21ms)")
	default:
		t.fail("is no option of netem")
	}
}

// correlation takes a correlation that there is no counterpart for.
func (t *tcLine) correlation(of, effect string) {
	if c, ok := t.share(); ok && c > 0 {
		t.note("%s: the correlation is left out%s", of, effect)
	}
}

func (t *tcLine) delay() {
	p := &t.out.Profile
	var ok bool
	if p.Delay, ok = t.time(); !ok {
		t.fail("want a time, for instance 50ms")
		return
	}
	if p.Jitter, ok = t.time(); !ok {
		return
	}
	if c, ok := t.share(); ok && c > 0 {
		t.note("delay: a correlation of %s is measured to have no effect in the kernel, and has none here; correlation=TIME gives one that has", formatPercent(c))
	}
}

func (t *tcLine) distribution() {
	if len(t.words) == 0 {
		t.fail("want a name")
		return
	}
	name := t.next()
	for s := Uniform; s < Tabled; s++ {
		if s.String() == name {
			t.out.Profile.Shape = s
			return
		}
	}
	t.fail("%q is a table of tc's own; give its file: distribution=file:PATH", shorten(name))
}

func (t *tcLine) loss() {
	p := &t.out.Profile
	if len(t.words) == 0 {
		t.fail("want a percentage, state or gemodel")
		return
	}
	switch t.words[0] {
	case "state":
		t.next()
		if err := setState(p, t.shares(), nil); err != nil {
			t.fail("state: %w", err)
		}
		return
	case "gemodel":
		t.next()
		if err := setGemodel(p, t.shares(), nil); err != nil {
			t.fail("gemodel: %w", err)
		}
		return
	case "random":
		t.next()
	}
	p.Loss = t.mustShare()
	if c, ok := t.share(); ok && c > 0 && c < 1 && p.Loss > 0 && p.Loss < 1 {
		// Of a chain of two states that loses p, 1-c is the chance to leave the bad one divided by 1-p.
		p.Burst = 1 / ((1 - c) * (1 - p.Loss))
		t.note("loss: the kernel's correlation changes the rate (10%% with 50%% loses 0.1%%); here the rate stays %s and the correlation makes bursts of %.3g on average",
			formatPercent(p.Loss), p.Burst)
	}
}

// shares takes all percentages there are, in the form of settings.
func (t *tcLine) shares() string {
	var all []string
	for t.more() {
		all = append(all, t.next())
	}
	return strings.Join(all, "/")
}

func (t *tcLine) rate() {
	p := &t.out.Profile
	if !t.more() {
		t.fail("want a rate, for instance 1mbit")
		return
	}
	w := t.next()
	rate, err := parseRate(w)
	if err != nil {
		t.fail("%q: %w", shorten(w), err)
	}
	p.Rate = rate
	p.Overhead = usualOverhead + 14
	if t.more() {
		p.Overhead += t.number()
	}
	if t.more() {
		t.number()
		t.note("rate: cells are not modelled")
		if t.more() {
			t.number()
		}
	}
}

// usualLimit is how many packets netem holds if nothing is said.
const usualLimit = 1000

// finish sets what follows from the whole line.
func (t *tcLine) finish() {
	p := &t.out.Profile
	if p.Rate > 0 {
		limit := t.limit
		if limit == 0 {
			limit = usualLimit
		}
		p.Queue = min(limit*1500, maxQueue)
		t.note("rate: with one, the kernel counts the Ethernet header and holds %d packets; here as many of 1,500 bytes. Its jitter is squeezed by the rate, here it is not", limit)
	} else if t.limit > 0 {
		t.note("limit: without a rate nothing is dropped for want of room here")
	}
	if p.Jitter > 0 {
		// With a rate, the kernel puts a datagram behind the last one, and nothing overtakes.
		p.Unordered = p.Rate == 0
		if p.Unordered {
			t.note("delay: jitter reorders, as in the kernel; order=keep is what most real paths do")
		}
	}
	if p.ReorderGap > 0 && p.Reorder == 0 {
		p.ReorderGap = 0
		t.note("gap: without reorder it has no effect")
	}
	if low := float64(p.Delay) + p.quantile(0)*float64(p.Jitter); low < 0 {
		p.Clip = true
		t.note("delay: the distribution reaches below zero and is cut there, as in the kernel; the mean becomes %v", p.MeanDelay().Round(10*time.Microsecond))
	}
}
