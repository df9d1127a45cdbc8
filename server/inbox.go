package server

import (
	"sync"
	"time"
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
	kind     letterKind
	player   *player[E, C]
	from, to int // in bytes
	arrived  time.Duration
	kept     time.Duration // how long its player had the newest snapshot then
	acked    int64         // see transport.Conn.Acked
}

func (b *inbox[E, C]) post(kind letterKind, p *player[E, C], message []byte, arrived time.Duration) {
	b.mu.Lock()
	b.filling.put(letter[E, C]{kind: kind, player: p, arrived: arrived}, message)
	b.mu.Unlock()
}

// postCommands posts what a player says in the game.
func (b *inbox[E, C]) postCommands(p *player[E, C], message []byte, arrived, kept time.Duration, acked int64) {
	b.mu.Lock()
	b.filling.put(letter[E, C]{kind: letterCommands, player: p, arrived: arrived, kept: kept, acked: acked}, message)
	b.mu.Unlock()
}

func (f *box[E, C]) put(l letter[E, C], message []byte) {
	if l.kind == letterCommands && len(f.bytes)+len(message) > inboxBytes {
		f.dropped++
		return
	}
	l.from = len(f.bytes)
	f.bytes = append(f.bytes, message...)
	l.to = len(f.bytes)
	f.letters = append(f.letters, l)
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
