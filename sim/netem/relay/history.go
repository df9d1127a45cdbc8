package relay

import (
	"math"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"

	"laglab/sim/netem"
)

// Window is how long the windows are for which a relay keeps what passed: one value each of every series.
const Window = time.Second

// How many windows are kept, of all clients together and of each, and over how many what is told as recent is measured.
const (
	keptWindows  = 1200
	keptOfClient = 600
	recent       = 10
)

// Flow is what passed in one direction during some time.
type Flow struct {
	Datagrams float32 // that entered, per second
	Bytes     float32 // that left, per second
	Delay     float32 // of those that left, on average, in milliseconds; NaN when none did
	Loss      float32 // share of those that entered; NaN when none did
	Burst     float32 // how many were lost by chance in a row, on average; NaN when none was
	Waiting   float32 // bytes that wait for capacity, at the end
}

// Moment is a window of all clients together.
type Moment struct {
	Up, Down Flow
	// UpP99 and DownP99 are delays, and Late is how much later than due datagrams left, all at the 99th percentile, in
	// milliseconds; NaN when none left.
	UpP99, DownP99, Late float32
	Clients              int
	Held                 int // bytes of storage for what is under way
}

// way is a window of one client.
type way struct{ up, down Flow }

// series is what was measured in the newest windows; the first of them is the one of number from.
type series[T any] struct {
	from  int
	kept  []T
	limit int
}

// add adds the newest window. What is too old goes, some of it at a time.
func (s *series[T]) add(v T) {
	if len(s.kept) >= s.limit+s.limit/4 {
		old := len(s.kept) - s.limit + 1
		s.kept = append(s.kept[:0], s.kept[old:]...)
		s.from += old
	}
	s.kept = append(s.kept, v)
}

// after copies the windows from a number on, and tells the number of the first.
func (s *series[T]) after(number int) (from int, windows []T) {
	skip := min(max(number-s.from, len(s.kept)-s.limit, 0), len(s.kept))
	return s.from + skip, append([]T(nil), s.kept[skip:]...)
}

// counts is what links have done so far.
type counts struct {
	at                                              time.Duration
	offered, delivered, lost, chance, bursts, bytes int64
	took                                            time.Duration
}

func (c *counts) add(m *netem.Meter) {
	c.offered += m.Offered
	c.delivered += m.Delivered
	c.lost += m.Lost
	c.chance += m.ByChance()
	c.bursts += m.Bursts
	c.bytes += m.Bytes
	c.took += m.Took
}

// since is what passed since then, except for what waits.
func (c *counts) since(then *counts) Flow {
	seconds := max((c.at - then.at).Seconds(), 1e-9)
	offered, bursts := c.offered-then.offered, c.bursts-then.bursts
	return Flow{
		Datagrams: float32(float64(offered) / seconds),
		Bytes:     float32(float64(c.bytes-then.bytes) / seconds),
		Delay:     ratio((c.took-then.took).Seconds()*1000, c.delivered-then.delivered),
		Loss:      min(ratio(float64(c.lost-then.lost), offered), 1), // what was queued may have been lost later
		Burst:     ratio(float64(c.chance-then.chance), bursts),
	}
}

// ratio is NaN when there is nothing to divide by.
func ratio(sum float64, n int64) float32 {
	if n <= 0 {
		return float32(math.NaN())
	}
	return float32(sum / float64(n))
}

// track is how one direction went: counts at the ends of the newest windows, in a ring, of which n are over.
type track struct {
	ring [recent + 1]counts
	n    int
}

func newTrack(begun time.Duration) (t track) {
	t.ring[0].at = begun
	return t
}

// note notes the counts at the end of a window, and returns what passed in it.
func (t *track) note(c counts) Flow {
	flow := c.since(&t.ring[t.n%len(t.ring)])
	t.n++
	t.ring[t.n%len(t.ring)] = c
	return flow
}

// recently is what passed in the newest windows that are over.
func (t *track) recently() Flow {
	return t.ring[t.n%len(t.ring)].since(&t.ring[max(t.n-recent, 0)%len(t.ring)])
}

// history is how a relay went. Its owner is the relay, under mu.
type history struct {
	windows  int // that are over
	moments  series[Moment]
	up, down track
	// What left since the window began, of all clients.
	upNow, downNow *netem.Meter
	// How late it left, in each of the newest windows and in all of them.
	lates [recent]*hdrhistogram.Histogram
	late  *hdrhistogram.Histogram
}

func newHistory(begun time.Duration) history {
	h := history{
		moments: series[Moment]{limit: keptWindows}, up: newTrack(begun), down: newTrack(begun), upNow: netem.NewMeter(), downNow: netem.NewMeter(),
	}
	h.late = h.upNow.Clone().Late
	for i := range h.lates {
		h.lates[i] = h.upNow.Clone().Late
	}
	return h
}

// noteLate notes how late datagrams left in the window that ends.
func (h *history) noteLate() (p99 float32) {
	now := h.lates[h.up.n%recent]
	now.Reset()
	now.Merge(h.upNow.Late)
	now.Merge(h.downNow.Late)
	h.late.Reset()
	for _, l := range h.lates {
		h.late.Merge(l)
	}
	return ratio(float64(now.ValueAtQuantile(99))/1000, min(now.TotalCount(), 1))
}

// windowEnds is when the window ends that goes on. The caller holds mu.
func (r *Relay) windowEnds() time.Duration {
	return r.begun + time.Duration(r.history.windows+1)*Window
}

// keepHistory ends the windows that are over. Of those that nobody ended in time, because the machine slept, all but the
// last are empty. The caller holds mu.
func (r *Relay) keepHistory(now time.Duration) {
	h := &r.history
	over := int((now - r.begun) / Window)
	if over == h.windows {
		return
	}
	if over-h.windows > keptWindows {
		h.moments = series[Moment]{from: over - 1, limit: keptWindows}
		h.windows = over - 1
	}
	for ; h.windows < over-1; h.windows++ {
		h.moments.add(nothing)
	}
	r.endWindow(now, over)
}

// nothing is a window of which nothing is known.
var nothing = Moment{
	Up: unknown, Down: unknown, UpP99: float32(math.NaN()), DownP99: float32(math.NaN()), Late: float32(math.NaN()),
}

var unknown = (&counts{}).since(&counts{})

// endWindow ends a window, the number-th.
func (r *Relay) endWindow(now time.Duration, number int) {
	h := &r.history
	up, down := counts{at: now}, counts{at: now}
	up.add(r.past.up)
	down.add(r.past.down)
	waitingUp, waitingDown := 0, 0
	for _, c := range r.all {
		up.add(c.up.Meter)
		down.add(c.down.Meter)
		if c.gone {
			continue
		}
		w := c.endWindow(now, number)
		waitingUp += int(w.up.Waiting)
		waitingDown += int(w.down.Waiting)
	}
	m := Moment{Up: h.up.note(up), Down: h.down.note(down), Clients: len(r.clients), Held: r.queue.Held()}
	m.Up.Waiting, m.Down.Waiting = float32(waitingUp), float32(waitingDown)
	m.Late = h.noteLate()
	m.UpP99 = ratio(float64(h.upNow.Delay.ValueAtQuantile(99))/1000, min(h.upNow.Delivered, 1))
	m.DownP99 = ratio(float64(h.downNow.Delay.ValueAtQuantile(99))/1000, min(h.downNow.Delivered, 1))
	h.upNow.Reset()
	h.downNow.Reset()
	h.moments.add(m)
	h.windows = number
}

// endWindow ends a window of one client.
func (c *Client) endWindow(now time.Duration, number int) way {
	up, down := counts{at: now}, counts{at: now}
	up.add(c.up.Meter)
	down.add(c.down.Meter)
	if number-1 != c.ways.from+len(c.ways.kept) { // it is its first window, or the machine slept
		c.ways = series[way]{from: number - 1}
	}
	c.ways.limit = keptOfClient
	w := way{c.upTrack.note(up), c.downTrack.note(down)}
	w.up.Waiting, w.down.Waiting = float32(c.up.Link.Backlog(now)), float32(c.down.Link.Backlog(now))
	c.ways.add(w)
	return w
}

// History is how all clients together went in the windows from a number on, as far as they are kept, and the number of the
// first of them. Window n began n times Window after the relay did.
func (r *Relay) History(after int) (from int, windows []Moment) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.history.moments.after(after)
}

// HistoryOf is the same with what passed of one client's in place of all clients', from the first of its windows on; the
// delays at the 99th percentile are not known. Of a client that is gone nothing passed.
func (r *Relay) HistoryOf(number, after int) (from int, windows []Moment, err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	c := r.client(number)
	if c == nil {
		return 0, nil, noClient(number)
	}
	if after = max(after, c.ways.from); len(c.ways.kept) == 0 {
		after = max(after, r.history.windows)
	}
	from, ways := c.ways.after(after)
	if from < after { // it is gone
		from = after
	}
	first, windows := r.history.moments.after(from)
	for i := range windows {
		m := &windows[i]
		m.Up, m.Down, m.UpP99, m.DownP99 = unknown, unknown, nothing.UpP99, nothing.DownP99
		if at := first + i - from; at < len(ways) {
			m.Up, m.Down = ways[at].up, ways[at].down
		}
	}
	return first, windows, nil
}

// Told is what was done since a time, the newest of it.
func (r *Relay) Told(since time.Duration) []Told {
	r.mu.Lock()
	defer r.mu.Unlock()
	for i := range r.told {
		if r.told[i].At > since {
			return append([]Told(nil), r.told[i:]...)
		}
	}
	return nil
}

// client is one of those that are there or have been, nil if there is none of the number. The caller holds mu.
func (r *Relay) client(number int) *Client {
	for _, c := range r.all {
		if c.Number == number {
			return c
		}
	}
	return nil
}
