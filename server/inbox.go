package server

import (
	"slices"
	"sync"
	"time"

	"laglab/protocol/transport"
)

// inboxBytes bounds what may wait for a match between two ticks; what exceeds it is dropped and counted.
const inboxBytes = 4 << 20

// inbox is the one queue between the endpoint, whose owner fills it, and a match, whose owner empties it once
// per tick. Joins and leaves are never dropped; there is at most one of each per connection.
type inbox[E, C any] struct {
	mu      sync.Mutex
	filling box[E, C]
	reading box[E, C]
}

type box[E, C any] struct {
	letters []letter[E, C]
	bytes   []byte
	dropped int64
}

type letterKind uint8

const (
	letterJoin letterKind = iota
	letterLeave
	letterCommands
)

type letter[E, C any] struct {
	player   *player[E, C]
	arrived  time.Duration
	kept     time.Duration // how long its player had the newest snapshot then
	acked    int64         // see transport.Conn.Acked
	latency  time.Duration // the longest round trip that was usual then
	from, to int32         // in bytes
	kind     letterKind
}

func (b *inbox[E, C]) post(kind letterKind, p *player[E, C], message []byte, arrived time.Duration) {
	b.mu.Lock()
	b.filling.add(kind, p, message, arrived)
	b.mu.Unlock()
}

// postCommands posts what a player says in the game, on its connection.
func (b *inbox[E, C]) postCommands(p *player[E, C], message []byte, arrived time.Duration, c *transport.Conn) {
	b.mu.Lock()
	if l := b.filling.add(letterCommands, p, message, arrived); l != nil {
		l.kept, l.acked, l.latency = c.Kept(), c.Acked(), c.Usual()
	}
	b.mu.Unlock()
}

// add adds a letter, which is filled in where it is: a copy of what was just written in parts would wait for all of them. It is nil
// when there is no room.
func (f *box[E, C]) add(kind letterKind, p *player[E, C], message []byte, arrived time.Duration) *letter[E, C] {
	if kind == letterCommands && len(f.bytes)+len(message) > inboxBytes {
		f.dropped++
		return nil
	}
	n := len(f.letters)
	f.letters = slices.Grow(f.letters, 1)[:n+1]
	l := &f.letters[n]
	l.kind, l.player, l.arrived, l.from = kind, p, arrived, int32(len(f.bytes))
	f.bytes = append(f.bytes, message...)
	l.to = int32(len(f.bytes))
	return l
}

// swap takes what has come; it is valid until the next swap.
func (b *inbox[E, C]) swap() *box[E, C] {
	b.mu.Lock()
	defer b.mu.Unlock()
	clear(b.reading.letters)
	b.reading.letters, b.reading.bytes, b.reading.dropped = b.reading.letters[:0], b.reading.bytes[:0], 0
	b.filling, b.reading = b.reading, b.filling
	return &b.reading
}
