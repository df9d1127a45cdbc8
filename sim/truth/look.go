package truth

import (
	"time"

	"laglab/protocol"
	"laglab/protocol/game"
)

// shotsKept is how many of the newest shots a match keeps for those who watch, and watchedFor for how long it goes on when
// nobody asks.
const (
	shotsKept  = 128
	watchedFor = 10 * time.Second
)

// ShotSeen is a shot as the server judged it, and as its shooter saw it.
type ShotSeen struct {
	Tick    protocol.Tick     `json:"tick"`
	Shooter protocol.EntityID `json:"shooter"`
	// Target is who was hit, 0 for nobody; Claimed whom the shooter saw hit, when Known: when the shooter is watched by the lab.
	Target  protocol.EntityID `json:"target"`
	Claimed protocol.EntityID `json:"claimed"`
	Known   bool              `json:"known"`
	// Rewound is how far back it was judged.
	Rewound float64    `json:"rewound_ms"`
	From    [2]float64 `json:"from"`
	To      [2]float64 `json:"to"`
	// Poses are those near its line: where they were taken to be, and where they were in truth.
	Poses []Pose `json:"poses"`
}

// Pose is an entity near a shot.
type Pose struct {
	ID   protocol.EntityID `json:"id"`
	Then [2]float64        `json:"then"`
	Now  [2]float64        `json:"now"`
}

// gallery is the newest shots.
type gallery struct {
	shots [shotsKept]ShotSeen
	n     uint64
	until time.Duration // when nobody watches any more, by the time of ticks
	now   time.Duration
}

// watchedNow reports whether anybody wants shots to be kept.
func (t *Match[E, C]) watchedNow() bool { return t.gallery.now < t.gallery.until }

// keepShot keeps a shot. claimed is whom its shooter saw hit, if that is known.
func (t *Match[E, C]) keepShot(s *game.Shot[E], claimed protocol.EntityID, known bool) {
	if !t.watchedNow() {
		return
	}
	seen := ShotSeen{Tick: s.Tick, Shooter: s.Shooter, Target: s.Target, Claimed: claimed, Known: known, From: t.place(s.From), To: t.place(s.To), Poses: []Pose{}}
	if s.View != 0 {
		back := time.Duration(protocol.ViewAt(s.Tick, 0)-s.View) * time.Second / time.Duration(t.past.rate) / protocol.ViewOne
		seen.Rewound = float64(back.Microseconds()) / 1000
	}
	row := make([]int32, t.past.width)
	at := func(e *game.Entity[E]) [2]float64 {
		t.past.schema.Load(&e.State, row)
		place := t.past.schema.PlaceOf(row)
		return t.place(place.Axes[:])
	}
	for i := range s.Then {
		seen.Poses = append(seen.Poses, Pose{s.Then[i].ID, at(&s.Then[i]), at(&s.Now[i])})
	}
	t.gallery.shots[t.gallery.n%shotsKept] = seen
	t.gallery.n++
}

// place is a point, given in units of the position fields, in world units.
func (t *Match[E, C]) place(p []int32) (at [2]float64) {
	for i, f := range t.past.schema.Positions() {
		if i < 2 && i < len(p) {
			at[i] = float64(p[i]) / float64(t.past.schema.Fields()[f].Unit)
		}
	}
	return at
}

// Shots are the shots after the so-many-th, and how many there were; from the first call on they are kept.
func (t *Match[E, C]) Shots(since uint64) (shots []ShotSeen, next uint64) {
	t.mu.Lock()
	defer t.mu.Unlock()
	g := &t.gallery
	g.until = g.now + watchedFor
	if since > g.n || since+shotsKept < g.n {
		since = g.n - min(g.n, shotsKept)
	}
	shots = []ShotSeen{}
	for ; since < g.n; since++ {
		shots = append(shots, g.shots[since%shotsKept])
	}
	return shots, g.n
}

// Values are the fields of an entity after a tick, nil when it was not there or that is too long ago.
func (t *Match[E, C]) Values(tick protocol.Tick, id protocol.EntityID) []int32 {
	t.mu.RLock()
	defer t.mu.RUnlock()
	return append([]int32(nil), t.past.row(tick, id)...)
}

// ValuesFor are the same as a player should hold them: others than the owner are told less exactly.
func (t *Match[E, C]) ValuesFor(tick protocol.Tick, id protocol.EntityID, own bool) []int32 {
	row := t.Values(tick, id)
	if row != nil && !own {
		t.past.schema.Blur(row)
	}
	return row
}

// Compared is the mask of the fields of which owner, or others, are to hold what the server has.
func (t *Match[E, C]) Compared(own bool) uint32 { return t.past.schema.Telling(own) }
