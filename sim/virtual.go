package sim

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/netip"
	"time"

	"laglab/protocol/game"
	"laglab/server"
	"laglab/sim/bot"
	"laglab/sim/measure"
	"laglab/sim/netem"
	"laglab/sim/recording"
	"laglab/sim/truth"
)

// virtual is a run in simulated time: the very cores that a Lab's shells run, in one goroutine of a bubble, with a network
// of memory. It steps from one thing that is due to the next; what is due at the same instant happens in a fixed order. The
// same scenario therefore gives the same run, to the byte.
//
//	director ─▶ matches' ticks ─▶ host's connections ─▶ crowd: bots, links
//	               ▲                                        │
//	               └────────────── datagrams ───────────────┘
type virtual[E, C any] struct {
	game     *game.Game[E, C]
	scenario Scenario
	config   server.Config
	crowd    *bot.Crowd[E, C]
	director *director[E, C]
	on       stage[E, C] // the run itself, made once
	times    *timeline
	cuts     cutStorage
	roster   *roster
	witness  *witness
	now      time.Duration
	slept    time.Duration // how far the bubble's clock has come: whole milliseconds, which is all that kcp-go sees
	bots     int           // that there have been so far
	toBots   mailbox
	toHost   mailbox
	// tap, when set, sees each datagram between host and links before it is handed over, and may hold it back.
	tap func(toBots bool, datagram []byte) (pass bool)
	// ticked, when set, is told of each tick of a match.
	ticked func(m *server.Match[E, C])

	home  *home[E, C]   // the server that runs; nil: it is down
	past  []*home[E, C] // those that ran before
	lives int           // servers so far
}

// home is a server with its observers, from its start to its end.
type home[E, C any] struct {
	host      *server.Host[E, C]
	pacers    []*server.Pacer
	observers []*truth.Match[E, C]
	updateAt  time.Duration
}

// The addresses in the network of memory.
var (
	virtualServer = netip.MustParseAddrPort("127.0.0.1:62893")
	virtualBots   = netip.MustParseAddrPort("127.0.0.1:40000")
	virtualMoved  = netip.MustParseAddrPort("127.0.0.1:40001")
)

// hostUpdate is how often the host is asked what time brings.
const hostUpdate = 10 * time.Millisecond

// newVirtual makes the server and the bots of a scenario, which has been checked. It is called in a bubble.
func newVirtual[E, C any](g *game.Game[E, C], s Scenario) (*virtual[E, C], error) {
	v := &virtual[E, C]{
		game: g, scenario: s, config: s.Server, director: newDirector[E, C](&s), times: newTimeline(len(s.Groups), s.Duration),
		cuts: cutStorage{}, roster: newRoster(len(s.Groups), s.PerPlayer),
	}
	v.config.Seed, v.config.Encoders = s.Seed, 1
	v.on = stage[E, C]{v.crowds, v.add, v.kick, v.kill, v.revive}
	v.attend()
	v.crowd = bot.NewCrowd(g, virtualServer, len(s.Groups))
	v.crowd.Send = func(b []byte) { v.toHost.post(virtualBots, b) }
	v.crowd.SendMoved = func(b []byte) { v.toHost.post(virtualMoved, b) }
	bots := 0
	for i := range s.Groups {
		bots += s.Groups[i].Count
	}
	v.crowd.Stride = strideFor(bots)
	v.crowd.Truth = func(at bot.Seat) *truth.Match[E, C] {
		if v.home == nil {
			return nil
		}
		m := seated(v.home.host.Matches(), at)
		if m == nil {
			return nil
		}
		m.Unlock()
		return v.home.observers[at.Match]
	}
	v.crowd.InputStats = func(at bot.Seat) (server.InputStats, bool) {
		if v.home == nil {
			return server.InputStats{}, false
		}
		return inputStatsOf(v.home.host.Matches())(at)
	}
	if err := v.revive(); err != nil {
		return nil, err
	}
	for i := range s.Groups {
		for j := range s.Groups[i].Count {
			if err := v.add(i, j+1, s.Groups[i].stay(j), nil); err != nil {
				return nil, err
			}
		}
	}
	return v, nil
}

// attend makes a witness, if one is wanted.
func (v *virtual[E, C]) attend() {
	w := newWitness(&v.scenario, func() time.Duration { return v.now })
	v.director.tell = func(e *Event) {
		v.scenario.Record.Note(e.At, e.Group, e.String())
		w.directed(e)
	}
	if w == nil {
		return
	}
	w.begin(0)
	v.witness = w
	v.ticked = func(m *server.Match[E, C]) { w.ticked(m.Number, m.Simulation().World.Tick()) }
}

// run lets time pass until an instant, or until the context ends.
func (v *virtual[E, C]) run(ctx context.Context, until time.Duration) error {
	for v.now < until {
		next := min(v.next(), until)
		if next/(10*time.Millisecond) != v.now/(10*time.Millisecond) && ctx.Err() != nil {
			return nil
		}
		v.pass(next)
		if err := v.step(); err != nil {
			return err
		}
	}
	return nil
}

// next is when something is due.
func (v *virtual[E, C]) next() time.Duration {
	next := v.times.next
	if at, ok := v.director.next(); ok {
		next = min(next, at)
	}
	if at, ok := v.crowd.Next(); ok {
		next = min(next, at)
	}
	if h := v.home; h != nil {
		next = min(next, h.updateAt)
		for _, p := range h.pacers {
			next = min(next, p.Due())
		}
	}
	if w := v.scenario.Warmup; w > v.now {
		next = min(next, w)
	}
	return max(next, v.now)
}

// pass lets time pass. The bubble's clock is for kcp-go, which reads whole milliseconds; it costs too much to move it more
// often than that.
func (v *virtual[E, C]) pass(to time.Duration) {
	if whole := to.Truncate(time.Millisecond); whole > v.slept {
		time.Sleep(whole - v.slept)
		v.slept = whole
	}
	if w := v.scenario.Warmup; w > 0 && v.now < w && to >= w {
		v.now = to
		v.forget()
	}
	v.now = to
}

// step does what is due now.
func (v *virtual[E, C]) step() error {
	if err := v.director.advance(v.now, v.on); err != nil {
		return err
	}
	v.carry()
	v.serve()
	v.carry()
	if err := v.crowd.Advance(v.now); err != nil {
		return err
	}
	v.carry()
	if v.now >= v.times.next {
		v.cut()
	}
	return nil
}

// serve does what is due on the server.
func (v *virtual[E, C]) serve() {
	h := v.home
	if h == nil {
		return
	}
	for i, match := range h.host.Matches() {
		for p := h.pacers[i]; p.Due() <= v.now; {
			due := p.Due()
			p.Begin(due)
			match.Tick(due)
			if v.ticked != nil {
				v.ticked(match)
			}
			for from := 0; ; {
				if from = h.host.Transmit(v.now, match, from, 100); from == 0 {
					break
				}
			}
		}
	}
	if v.now >= h.updateAt {
		h.updateAt = v.now + hostUpdate
		h.host.Update(v.now)
	}
}

// carry hands over what was sent, and what is sent in answer.
func (v *virtual[E, C]) carry() {
	for v.toHost.waiting() || v.toBots.waiting() {
		for addr, b, ok := v.toHost.take(); ok; addr, b, ok = v.toHost.take() {
			if v.home != nil && (v.tap == nil || v.tap(false, b)) {
				v.home.host.Receive(v.now, addr, b)
			}
		}
		for addr, b, ok := v.toBots.take(); ok; addr, b, ok = v.toBots.take() {
			switch {
			case v.tap != nil && !v.tap(true, b):
			case addr == virtualMoved:
				v.crowd.ReceiveMoved(v.now, b)
			default:
				v.crowd.Receive(v.now, b)
			}
		}
	}
}

// forget ends the warm-up: what was measured so far does not count.
func (v *virtual[E, C]) forget() {
	v.cut()
	v.crowd.Reset()
	for _, h := range v.homes() {
		for _, o := range h.observers {
			o.Reset()
		}
	}
	v.times.restart()
}

// homes are all servers so far.
func (v *virtual[E, C]) homes() []*home[E, C] {
	if v.home == nil {
		return v.past
	}
	return append(v.past[:len(v.past):len(v.past)], v.home)
}

// cut ends a window of the timeline.
func (v *virtual[E, C]) cut() {
	cuts := make([][]*measure.Cut, len(v.scenario.Groups))
	v.crowd.Sample()
	all := v.crowd.Groups()
	v.roster.cutAll(cuts, v.cuts, v.crowd, all.Len(), func(i int, c *measure.Cut) { all.At(i).Cut(c) })
	for _, h := range v.homes() {
		for _, o := range h.observers {
			v.roster.cutAll(cuts, v.cuts, o, o.Len(), o.Cut)
		}
	}
	v.times.cut(v.now, cuts, v.crowd.PlayingOf())
}

// finish ends the run and reports it.
func (v *virtual[E, C]) finish() *Report {
	v.crowd.CompareWorlds()
	v.endWaits()
	v.cut()
	return v.report(v.crowd.Groups())
}

// endWaits has the server tell of what it has not told its players of: here they do not leave.
func (v *virtual[E, C]) endWaits() {
	if v.home == nil {
		return
	}
	for _, m := range v.home.host.Matches() {
		m.Lock()
		m.EndWaits()
		m.Unlock()
	}
}

// reportSoFar reports the run as if it ended now. Nothing is reset; counters are as old as the newest cut, and what is compared
// only at the end is not in it.
func (v *virtual[E, C]) reportSoFar() *Report {
	measured := new(measure.Groups)
	measured.Merge(v.crowd.Groups())
	return v.report(measured)
}

// report makes the report of what the bots measured, to which is added what the observers did.
func (v *virtual[E, C]) report(measured *measure.Groups) *Report {
	s := &v.scenario
	r := &Report{Name: v.game.Name, Scenario: s.Name, Text: s.text(), Seed: s.Seed, Virtual: true, Elapsed: v.now}
	st := server.Stats{Depths: server.NewDepths()}
	for _, h := range v.homes() {
		r.Desyncs = append(r.Desyncs, conclude(measured, h.host.Matches(), h.observers, v.config.SnapshotRate)...)
		for _, m := range h.host.Matches() {
			st.Match.Add(m.Stats())
		}
		traffic := h.host.Endpoint.Counters()
		st.Traffic.Add(&traffic)
		depths := h.host.Depths()
		st.Depths.Add(&depths)
		for c := range h.host.Endpoint.Open() {
			st.Queued = max(st.Queued, c.Waiting())
		}
	}
	r.fill(s.Groups, measured, v.roster.list(), s.Thresholds, v.director.changedLinks)
	r.Timeline = v.times.report(s.Groups, v.director.told)
	r.fillSimulatedServer(v.config, &st)
	return r
}

// stats is what is known of the server that runs, nil when none does.
func (v *virtual[E, C]) stats() *server.Stats {
	if v.home == nil {
		return nil
	}
	st := &server.Stats{
		Matches: v.config.Matches, TickRate: float64(v.config.TickRate), Traffic: v.home.host.Endpoint.Counters(), Refusals: v.home.host.Endpoint.Refusals(),
	}
	for _, m := range v.home.host.Matches() {
		m.Lock()
		st.Players += m.Players()
		st.Match.Add(m.Stats())
		m.Unlock()
	}
	return st
}

// What follows makes a run in simulated time a stage.

func (v *virtual[E, C]) crowds(do func(now time.Duration, c *bot.Crowd[E, C]) error) error {
	return do(v.now, v.crowd)
}

func (v *virtual[E, C]) add(group, number int, stay bot.Stay, change func(*bot.Config)) error {
	config := v.scenario.Groups[group].bot(v.scenario.Seed, number, v.bots, 0, stay)
	config.Slot = v.roster.enter(group, number)
	if v.bots++; change != nil {
		change(&config)
	}
	v.witness.attend(&config, group, v.bots-1)
	if err := v.crowd.Add(config, group); err != nil {
		return fmt.Errorf("group %s: %w", v.scenario.Groups[group].Name, err)
	}
	return nil
}

func (v *virtual[E, C]) kick(at bot.Seat) {
	if v.home == nil {
		return
	}
	if m := seated(v.home.host.Matches(), at); m != nil {
		c := m.Conn(at.Player)
		m.Unlock()
		v.home.host.Kick(v.now, c)
	}
}

func (v *virtual[E, C]) kill() error {
	v.past = append(v.past, v.home)
	v.home = nil
	return nil
}

func (v *virtual[E, C]) revive() error {
	h := &home[E, C]{updateAt: v.now}
	c := v.config
	var seed [32]byte
	for i := range seed {
		seed[i] = byte(netem.Seed(v.scenario.Seed, 5, uint64(i), uint64(v.lives)))
	}
	c.Random = rand.NewChaCha8(seed)
	v.lives++
	var err error
	if h.host, err = server.NewHost(v.game, &c, v.toBots.post); err != nil {
		return err
	}
	v.config = c
	h.observers = watch(h.host.Matches(), v.game, c.TickRate, len(v.scenario.Groups))
	recording.Record(v.scenario.Record, v.game, h.host.Matches()...)
	for i := range h.host.Matches() {
		offset := time.Second / time.Duration(c.TickRate) * time.Duration(i) / time.Duration(c.Matches)
		h.pacers = append(h.pacers, server.NewPacer(c.TickRate, v.now+offset, c.MaxCatchUp))
	}
	v.home = h
	return nil
}

// mailbox is datagrams that wait to be handed over. Its storage is used again.
type mailbox struct {
	letters []letter
	bytes   []byte
	next    int
}

type letter struct {
	addr     netip.AddrPort
	from, to int
}

// post copies a datagram with the address that it comes from, or goes to.
func (m *mailbox) post(addr netip.AddrPort, b []byte) {
	from := len(m.bytes)
	m.bytes = append(m.bytes, b...)
	m.letters = append(m.letters, letter{addr, from, len(m.bytes)})
}

func (m *mailbox) waiting() bool { return m.next < len(m.letters) }

// take takes the oldest out. It is good until the mailbox was found empty and is posted to again.
func (m *mailbox) take() (addr netip.AddrPort, datagram []byte, ok bool) {
	if !m.waiting() {
		m.letters, m.bytes, m.next = m.letters[:0], m.bytes[:0], 0
		return addr, nil, false
	}
	l := m.letters[m.next]
	m.next++
	return l.addr, m.bytes[l.from:l.to:l.to], true
}

// prepareVirtual fills in a scenario's defaults, and says what is wrong with it for a run in simulated time.
func prepareVirtual[E, C any](g *game.Game[E, C], s *Scenario) error {
	if s.Duration <= 0 {
		return fmt.Errorf("duration is %v: a run in simulated time needs one", s.Duration)
	}
	return prepare(g, s)
}

// RunVirtual runs a scenario in simulated time, faster than real time where the machine can. Same program, scenario and seed
// give the same report, to the byte. What only a machine can tell, such as what a tick costs, is not in it. progress, when
// not nil, is told now and then how far the run has come. Errors are the configuration's.
func RunVirtual[E, C any](ctx context.Context, g *game.Game[E, C], s Scenario, progress func(now time.Duration)) (r *Report, err error) {
	if err := prepareVirtual(g, &s); err != nil {
		return nil, err
	}
	err = inBubble(func() error {
		v, err := newVirtual(g, s)
		if err != nil {
			return err
		}
		for step := s.Duration / 200; v.now < s.Duration && ctx.Err() == nil; {
			if err := v.run(ctx, min(v.now+step+1, s.Duration)); err != nil {
				return err
			}
			if progress != nil {
				progress(v.now)
			}
		}
		r = v.finish()
		return nil
	})
	return r, err
}
