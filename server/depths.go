package server

import "github.com/HdrHistogram/hdrhistogram-go"

// Depths are how deep a server's queues were, in messages, tick by tick of each match.
type Depths struct {
	// Inbox is what had come for a tick.
	Inbox *hdrhistogram.Histogram
	// Reliable is what its player had not acknowledged yet on the connection that had most of that, after the sends of a tick, of the
	// connections that it sent to. Ticks that sent nothing do not count.
	Reliable *hdrhistogram.Histogram
}

// newDepth holds numbers up to a million, those below 256 exactly.
func newDepth() *hdrhistogram.Histogram { return hdrhistogram.New(1, 1_000_000, 2) }

// NewDepths makes depths of no ticks.
func NewDepths() Depths { return Depths{newDepth(), newDepth()} }

// Add adds o to d.
func (d *Depths) Add(o *Depths) {
	d.Inbox.Merge(o.Inbox)
	d.Reliable.Merge(o.Reliable)
}

// Depths are those of the host and its matches. It takes the matches' locks.
func (h *Host[E, C]) Depths() Depths {
	d := NewDepths()
	d.Reliable.Merge(h.reliable)
	for _, m := range h.matches {
		m.Lock()
		d.Inbox.Merge(m.inboxed)
		m.Unlock()
	}
	return d
}

// noteInbox counts what has come for a tick.
func (m *Match[E, C]) noteInbox(letters int) {
	m.stats.Inbox = max(m.stats.Inbox, letters)
	_ = m.inboxed.RecordValue(int64(letters))
}

// noteReliable counts what waits for acknowledgement after a tick's sends.
func (h *Host[E, C]) noteReliable(m *Match[E, C]) {
	if len(m.outbox) > 0 {
		_ = h.reliable.RecordValue(int64(m.deepest))
	}
	m.deepest = 0
}
