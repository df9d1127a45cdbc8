package truth

import (
	"slices"
	"time"

	"laglab/protocol"
	"laglab/protocol/game"
)

// velocityOver is the time over which displayed velocities are measured: three frames at 60 Hz, so that the rounding of
// positions does not matter.
const velocityOver = 50 * time.Millisecond

// velocityEvery is the number of frames after which an entity's next velocity is begun to be measured. It is prime to the usual
// numbers of frames between snapshots: velocities that are always measured from snapshot to snapshot are right by construction.
const velocityEvery = 7

// turnFrames is for how many frames in turn an entity is compared when not all are: long enough to measure its velocity.
const turnFrames = 2 * velocityEvery

// begun is the entities whose velocities one frame began to measure, and where they were shown then. It goes on with those who are
// compared in every frame until it ends.
type begun struct {
	at     time.Duration
	places game.Places
	stands []int // where they stand among those who are compared now, or gone
}

// gone is who was not compared in some frame.
const gone = -1

// velocities goes on with what earlier frames began to measure, and begins with those whose turn it is and who are not being measured.
func (s *Screen[E, C]) velocities(now time.Duration, shown protocol.View) {
	n := len(s.shown.IDs)
	s.measured = slices.Grow(s.measured[:0], n)[:n]
	clear(s.measured)
	free := -1
	for i := range s.begun {
		b := &s.begun[i]
		if len(b.places.IDs) > 0 {
			s.stay(b)
			if over := now - b.at; over >= velocityOver {
				s.velocity(b, over, shown)
				b.places.Clear()
			}
		}
		if len(b.places.IDs) == 0 {
			free = i
		}
	}
	if free < 0 {
		free = len(s.begun)
		s.begun = append(s.begun, begun{})
	}
	s.begin(&s.begun[free], now)
}

// begin begins to measure.
func (s *Screen[E, C]) begin(b *begun, now time.Duration) {
	b.at, b.stands = now, b.stands[:0]
	for i, id := range s.shown.IDs {
		if (uint32(id)+uint32(s.frames))%velocityEvery == 0 && s.truth.known[i] && !s.measured[i] {
			b.places.Add(id, s.shown.At[i])
			b.stands = append(b.stands, i)
		}
	}
}

// stay notes where those who are compared in this frame, too, stand in it.
func (s *Screen[E, C]) stay(b *begun) {
	ids, at := s.shown.IDs, 0
	for i, id := range b.places.IDs {
		if b.stands[i] == gone {
			continue
		}
		for at < len(ids) && ids[at] < id {
			at++
		}
		b.stands[i] = gone
		if at < len(ids) && ids[at] == id && s.truth.known[at] {
			b.stands[i] = at
			s.measured[at] = true
		}
	}
}

// velocity compares displayed velocities with the true ones.
func (s *Screen[E, C]) velocity(b *begun, over time.Duration, shown protocol.View) {
	past := &s.match.past
	back := protocol.View(over * time.Duration(past.rate) * protocol.ViewOne / time.Second)
	if shown <= back {
		return
	}
	past.truths(shown-back, b.places.IDs, &s.before)
	wrong, seconds := &s.groups.At(s.group).VelocityError, over.Seconds()
	for i, stands := range b.stands {
		if stands == gone || !s.before.known[i] {
			continue
		}
		was, is, before, truth := &b.places.At[i], &s.shown.At[stands], &s.before.at[i], &s.truth.at[stands]
		if was.Jumps == is.Jumps && before.Jumps == truth.Jumps {
			wrong.Length(past.schema.Strayed(before, truth, was, is) / seconds)
		}
	}
}
