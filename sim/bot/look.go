package bot

import (
	"time"

	"laglab/client"
	"laglab/protocol"
	"laglab/protocol/game"
	"laglab/sim/netem"
)

// Look is what one player has before its eyes now, and how it is doing, for who watches it.
type Look struct {
	Group  int               `json:"group"`  // index of its group
	Number int               `json:"number"` // in its group
	Name   string            `json:"name"`
	State  string            `json:"state"`
	Match  int               `json:"match"`
	Player protocol.PlayerID `json:"player"`
	Entity protocol.EntityID `json:"entity"`

	// Tick is that of its newest command, Self its own entity as predicted after it, and where it is drawn: with what is
	// left of corrections. Self is nil when it does not play, or the game cannot be drawn.
	Tick  protocol.Tick `json:"tick"`
	Self  *game.Figure  `json:"self"`
	Drawn [2]float64    `json:"drawn"`
	// Confirmed is the own entity as the newest snapshot has it, after tick Base.
	Confirmed *game.Figure  `json:"confirmed"`
	Base      protocol.Tick `json:"base"`
	// Others are as displayed: the world after tick Shown, with its fraction, and how they are shown.
	Others []Figure `json:"others"`
	Shown  float64  `json:"shown"`
	Shows  string   `json:"shows"`

	// Unacked is how many commands the server has not acknowledged, Waiting how many wait on the server for their tick, -1
	// when that is not known.
	Unacked int `json:"unacked"`
	Waiting int `json:"waiting"`
	// Age is that of the newest snapshot since it came, Lead how many ticks the commands are ahead of it, Speed that of the
	// client's clock.
	Age   float64 `json:"age_ms"`
	Lead  int     `json:"lead_ticks"`
	Speed float64 `json:"speed"`
	RTT   float64 `json:"rtt_ms"`
	Up    string  `json:"link_up"`
	Down  string  `json:"link_down"`
	// What is switched off, and what was counted since the beginning.
	Switches client.Switches `json:"switches"`
	Counts   Counts          `json:"counts"`
	// Lag is what the lagometer has since it was last asked.
	Lag Lag `json:"lag"`
}

// Figure is an entity to be drawn, with its number.
type Figure struct {
	ID protocol.EntityID `json:"id"`
	game.Figure
}

// Counts are counters of a player.
type Counts struct {
	Corrections int64 `json:"corrections"`
	Snaps       int64 `json:"snaps"`
	Snapshots   int64 `json:"snapshots"`
	Stale       int64 `json:"stale"`
	BytesUp     int64 `json:"bytes_up"`
	BytesDown   int64 `json:"bytes_down"`
	LostUp      int64 `json:"lost_up"`
	LostDown    int64 `json:"lost_down"`
}

// Lag is the two strips of a lagometer: what each frame showed, and how each snapshot came.
type Lag struct {
	// Next is what to ask for the next time.
	Next uint64 `json:"next"`
	// Frames are a letter each: i interpolated, x extrapolated, f frozen, n newest.
	Frames string `json:"frames"`
	// Snapshots are those that came, and those that did not.
	Snapshots []LagSnapshot `json:"snapshots"`
}

// LagSnapshot is a snapshot in a lagometer.
type LagSnapshot struct {
	Tick protocol.Tick `json:"tick"`
	RTT  float64       `json:"rtt_ms"`
	// Gap is the time since the one before, Missing how many that were sent between the two did not come, or came too late.
	Gap     float64 `json:"gap_ms"`
	Missing int     `json:"missing"`
}

// lagKept is how many frames, and snapshots, a lagometer keeps; lagFor is for how long it goes on when nobody asks.
const (
	lagKept = 256
	lagFor  = 5 * time.Second
)

// lagometer notes what a player's frames show and how its snapshots come, while somebody watches.
type lagometer struct {
	askedAt  time.Duration
	at       uint64 // events noted so far
	events   [lagKept]lagEvent
	lastTick protocol.Tick
}

type lagEvent struct {
	frame    byte // 0: a snapshot
	snapshot LagSnapshot
}

func (l *lagometer) note(e lagEvent) {
	l.events[l.at%lagKept] = e
	l.at++
}

// since is what was noted after the so-many-th event.
func (l *lagometer) since(at uint64) Lag {
	if at > l.at || at+lagKept < l.at {
		at = l.at - min(l.at, lagKept)
	}
	out := Lag{Next: l.at, Snapshots: []LagSnapshot{}}
	frames := make([]byte, 0, l.at-at)
	for ; at < l.at; at++ {
		if e := &l.events[at%lagKept]; e.frame != 0 {
			frames = append(frames, e.frame)
		} else {
			out.Snapshots = append(out.Snapshots, e.snapshot)
		}
	}
	out.Frames = string(frames)
	return out
}

// noteFrame notes a frame.
func (b *bot[E, C]) noteFrame(shows game.Display) {
	if b.lag == nil {
		return
	}
	if b.crowd.now-b.lag.askedAt > lagFor {
		b.lag = nil
		return
	}
	b.lag.note(lagEvent{frame: "nixf"[shows]})
}

// noteSnapshot notes a snapshot that came.
func (b *bot[E, C]) noteSnapshot(a *client.Arrival) {
	l := b.lag
	if l == nil || b.client == nil {
		return
	}
	w := b.client.Welcome()
	s := LagSnapshot{Tick: a.Tick, RTT: millis(b.client.Conn().RTT().Smoothed), Gap: millis(a.Gap)}
	if spacing := max(w.TickRate/max(w.SnapshotRate, 1), 1); l.lastTick != 0 {
		s.Missing = max((a.Tick.Sub(l.lastTick)+spacing/2)/spacing-1, 0)
	}
	l.lastTick = a.Tick
	l.note(lagEvent{snapshot: s})
}

func millis(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }

// Look is what a player of a group has before its eyes; since is the Lag.Next of the look before. It is nil when there is no
// such bot, or it is gone.
func (c *Crowd[E, C]) Look(now time.Duration, group, number int, since uint64) *Look {
	b := c.find(group, number)
	if b == nil {
		return nil
	}
	c.now = now
	l := &Look{
		Group: group, Number: number, Name: b.config.Client.Name, State: "away", Waiting: -1, Others: []Figure{},
		Up: profileText(b.up.Link), Down: profileText(b.down.Link), Switches: b.config.Client.Switches,
	}
	if b.client == nil {
		return l
	}
	l.State = b.client.State().String()
	st, traffic := b.client.Stats(), b.client.Traffic()
	l.Counts = Counts{
		Corrections: st.Corrections, Snaps: st.Snaps, Snapshots: st.Snapshots, Stale: st.StaleShots,
		BytesUp: traffic.BytesOut, BytesDown: traffic.BytesIn, LostUp: b.up.Lost(), LostDown: b.down.Lost(),
	}
	if b.client.State() != client.Playing {
		return l
	}
	if b.lag == nil {
		b.lag = &lagometer{}
	}
	b.lag.askedAt = now
	l.Lag = b.lag.since(since)
	b.lookAround(now, l)
	return l
}

// lookAround fills in what is there only of one who plays.
func (b *bot[E, C]) lookAround(now time.Duration, l *Look) {
	w := b.client.Welcome()
	l.Match, l.Player, l.Entity = w.Match, w.Player, w.Entity
	l.RTT = millis(b.client.Conn().RTT().Smoothed)
	newest, arrived := b.client.Newest()
	if newest != 0 {
		l.Age = millis(now - arrived)
	}
	l.Lead, l.Speed = b.client.Lead()
	l.Unacked = b.client.Unacknowledged()
	painter, ok := any(b.client.Rules()).(game.Painter[E])
	if !ok || newest == 0 {
		return
	}
	v := b.client.View(now)
	self := painter.Figure(&v.Self.State)
	l.Tick, l.Self, l.Drawn = v.SelfTick, &self, [2]float64{self.X, self.Y}
	if truth, base, ok := b.client.Confirmed(); ok {
		f := painter.Figure(&truth)
		l.Confirmed, l.Base = &f, base
	}
	schema := b.crowd.game.State
	for i, offset := range b.client.Offset(now) {
		if i < 2 && !b.client.Switches().NoPrediction {
			l.Drawn[i] += offset / float64(schema.Fields()[schema.Positions()[i]].Unit)
		}
	}
	l.Shown, l.Shows = float64(v.Shown)/protocol.ViewOne, v.Shows.String()
	others := v.Others()
	for i := range others {
		l.Others = append(l.Others, Figure{others[i].ID, painter.Figure(&others[i].State)})
	}
}

// find is the bot with a number in a group, or nil.
func (c *Crowd[E, C]) find(group, number int) *bot[E, C] {
	for _, b := range c.bots {
		if b.groupNumber == group && b.config.Number == number && !b.over {
			return b
		}
	}
	return nil
}

// profileText is a link's profile as it is written.
func profileText(l *netem.Link) string {
	p := l.Profile()
	if text, err := p.Text(); err == nil {
		return text
	}
	return p.String()
}

// Row is a line in a table of all players.
type Row struct {
	Group  int     `json:"group"`
	Number int     `json:"number"`
	Name   string  `json:"name"`
	State  string  `json:"state"`
	Brain  string  `json:"brain"`
	Match  int     `json:"match"`
	Player int     `json:"player"`
	RTT    float64 `json:"rtt_ms"`
	// Since the beginning, per bot: datagrams offered to its links and lost there, bytes, corrections, and the share of
	// time in which it starved for snapshots.
	LossUp      float64 `json:"loss_up"`
	LossDown    float64 `json:"loss_down"`
	BytesUp     int64   `json:"bytes_up"`
	BytesDown   int64   `json:"bytes_down"`
	Corrections int64   `json:"corrections"`
	Starved     float64 `json:"starved"`
	Played      float64 `json:"played_s"`
}

// Rows appends a line for each bot that is not gone.
func (c *Crowd[E, C]) Rows(rows []Row) []Row {
	for from := 0; from >= 0; {
		rows, from = c.RowsPart(rows, from)
	}
	return rows
}

// RowsPart does a part of Rows, see GlancePart.
func (c *Crowd[E, C]) RowsPart(rows []Row, from int) (all []Row, next int) {
	to := min(from+partBots, len(c.bots))
	if next = to; to == len(c.bots) {
		next = -1
	}
	for _, b := range c.bots[min(from, to):to] {
		if b.over {
			continue
		}
		r := Row{Group: b.groupNumber, Number: b.config.Number, Name: b.config.Client.Name, State: "away", Brain: b.config.Brain}
		if b.client != nil {
			st, traffic := b.client.Stats(), b.client.Traffic()
			r.State = b.client.State().String()
			r.BytesUp, r.BytesDown, r.Corrections = traffic.BytesOut, traffic.BytesIn, st.Corrections
			r.LossUp, r.LossDown = b.up.LossShare(), b.down.LossShare()
			r.Starved = st.Starved().Seconds() / max(st.Watched.Seconds(), 1e-9)
			r.Played = b.played.Seconds()
			if b.client.State() == client.Playing {
				w := b.client.Welcome()
				r.Match, r.Player, r.RTT = w.Match, int(w.Player), millis(b.client.Conn().RTT().Smoothed)
			}
		}
		rows = append(rows, r)
	}
	return rows, next
}
