package game

import "laglab/protocol"

// The heads of a snapshot's entities, see EntityWriter.
const (
	headRemoved = 0
	headNew     = 1
	headTold    = 2 // and the mask of what is told
)

// EntityWriter writes which of its entities a snapshot tells of. It goes through the entities of the baseline, by
// ascending id, and says of each what becomes of it; in between it puts those that are new:
//
//	-n          nothing is told of the next n of the baseline
//	0           the next of the baseline is removed
//	1 d m ...   there is a new one, d after the entity before it; m is the mask of its fields, and they follow
//	m+2 ...     the next of the baseline, the mask m of its fields that are not as expected, and their differences
//
// When none of the baseline is left, only new ones can follow, and the 1 is left out. What is left at the end is not
// told of. So an entity that is known costs no byte for its id and, as a rule, one for the mask.
type EntityWriter struct {
	w      *protocol.Writer
	left   int               // of the baseline, with the passed ones
	passed int               // of the baseline, since something was written
	before protocol.EntityID // the newest that was handled
}

// Begin starts a list of entities after a baseline of that many.
func (l *EntityWriter) Begin(w *protocol.Writer, baseline int) {
	*l = EntityWriter{w: w, left: baseline}
}

// Pass tells nothing of the baseline's next entity.
func (l *EntityWriter) Pass(id protocol.EntityID) {
	l.passed++
	l.before = id
}

// Removed tells that the baseline's next entity is not there, or not for this viewer, any more.
func (l *EntityWriter) Removed(id protocol.EntityID) {
	l.next(id)
	l.w.Uint(headRemoved)
}

// Told tells of the baseline's next entity. What EncodeTold gave is written after it.
func (l *EntityWriter) Told(id protocol.EntityID) { l.next(id) }

// next writes that entities were passed over, if some were, and goes to the baseline's next.
func (l *EntityWriter) next(id protocol.EntityID) {
	l.flush()
	l.left--
	l.before = id
}

func (l *EntityWriter) flush() {
	if l.passed > 0 {
		l.w.Int(-int64(l.passed))
		l.left -= l.passed
		l.passed = 0
	}
}

// New tells of an entity that is not in the baseline. What EncodeNew gave is written after it.
func (l *EntityWriter) New(id protocol.EntityID) {
	l.flush()
	if l.left > 0 {
		l.w.Uint(headNew)
	}
	l.w.Uint(uint64(id - l.before))
	l.before = id
}

// EncodeTold writes the differences of a row to what the viewer expects. It is the same for all viewers who expect
// the same and may see the same, and reports whether there were any.
func (s *Schema[T]) EncodeTold(w *protocol.Writer, expected, row []int32, owner bool) (differs bool) {
	mask := s.Changed(expected, row, s.Telling(owner))
	w.Uint(uint64(mask) + headTold)
	putValues(w, s.lean(owner), expected, row, mask)
	return mask != 0
}

// EncodeNew writes a row for a viewer who does not know the entity.
func (s *Schema[T]) EncodeNew(w *protocol.Writer, row []int32, owner bool) {
	mask := s.Changed(s.zero, row, s.Visible(owner))
	w.Uint(uint64(mask))
	putValues(w, s.lean(owner), s.zero, row, mask)
}

// EntityOp is what a snapshot tells of next.
type EntityOp uint8

// What a snapshot can tell of.
const (
	EntityPassed  EntityOp = iota // some of the baseline, nothing: they are as expected unless the snapshot is partial
	EntityRemoved                 // the baseline's next
	EntityTold                    // the baseline's next: DecodeTold reads the rest
	EntityNew                     // one that is not in the baseline: DecodeNew reads the rest
	EntityEnd                     // nothing more: the message is at its end, or malformed
)

// EntityReader reads what EntityWriter wrote.
type EntityReader struct {
	r      *protocol.Reader
	base   []protocol.EntityID
	passed bool
	before protocol.EntityID

	// At is where the next of the baseline stands in it.
	At int
	// ID is the entity that was told of last.
	ID protocol.EntityID
	// Count is how many were passed over.
	Count int
	// Mask is of the fields that were told.
	Mask uint32
}

// Begin starts to read a list of entities after a baseline's, which are in ascending order.
func (l *EntityReader) Begin(r *protocol.Reader, baseline []protocol.EntityID) {
	*l = EntityReader{r: r, base: baseline}
}

// Next reads what comes next, and sets the fields that belong to it. At stands behind it then.
func (l *EntityReader) Next() EntityOp {
	if l.r.Err() != nil {
		return EntityEnd
	}
	if l.r.Len() == 0 {
		if l.passed {
			l.r.Fail() // what is left at the end is passed over without a word
		}
		return EntityEnd
	}
	if l.At == len(l.base) {
		return l.fresh()
	}
	short, ok := l.r.Short()
	head := int64(short)
	if !ok {
		head = l.r.Int(-1<<31, 1<<32+headTold-1)
	}
	switch {
	case l.r.Err() != nil:
		return EntityEnd
	case head < 0:
		return l.pass(int(-head))
	case head == headNew:
		return l.fresh()
	}
	l.passed = false
	l.ID = l.base[l.At]
	l.before = l.ID
	l.At++
	if head == headRemoved {
		return EntityRemoved
	}
	l.Mask = uint32(head - headTold)
	return EntityTold
}

// pass passes over n of the baseline.
func (l *EntityReader) pass(n int) EntityOp {
	if l.passed || n > len(l.base)-l.At {
		l.r.Fail() // twice in a row is not the shortest form
		return EntityEnd
	}
	l.passed = true
	l.Count = n
	l.At += n
	l.before = l.base[l.At-1]
	return EntityPassed
}

// fresh reads the head of a new entity: its id lies between its neighbours'.
func (l *EntityReader) fresh() EntityOp {
	l.passed = false
	limit := int64(1<<32 - 1)
	if l.At < len(l.base) {
		limit = int64(l.base[l.At]) - 1
	}
	id := int64(l.before) + l.r.Int(1, 1<<32-1)
	l.Mask = uint32(l.r.Uint(1<<32 - 1))
	if l.r.Err() == nil && id > limit {
		l.r.Fail()
	}
	if l.r.Err() != nil {
		return EntityEnd
	}
	l.ID = protocol.EntityID(id)
	l.before = l.ID
	return EntityNew
}

// DecodeTold reads the differences of an entity that is known and adds them to row, in which stands what is expected.
func (s *Schema[T]) DecodeTold(r *protocol.Reader, row []int32, mask uint32, owner bool) {
	if mask&^s.Telling(owner) != 0 {
		r.Fail()
		return
	}
	getValues(r, s.lean(owner), row, mask)
}

// DecodeNew reads the fields of an entity that is not known into row.
func (s *Schema[T]) DecodeNew(r *protocol.Reader, row []int32, mask uint32, owner bool) {
	clear(row)
	if mask&^s.Visible(owner) != 0 {
		r.Fail()
		return
	}
	getValues(r, s.lean(owner), row, mask)
}
