package transport

import "time"

// Counters count what passed on one connection, or on all of an endpoint. Bytes are UDP payload.
type Counters struct {
	// What most datagrams count, in one line of memory: all of them; their bytes; the parts of these that are messages of the
	// unreliable lane; and messages on either lane.
	DatagramsIn, DatagramsOut   int64
	BytesIn, BytesOut           int64
	UnreliableIn, UnreliableOut int64
	MessagesIn, MessagesOut     int64
	// Other parts of BytesOut: KCP segments that carry data for the first time, those that carry it again, and those that only
	// acknowledge. The rest is headers and handshake.
	ReliableOut, RetransmitOut, AckOut int64
	// SegmentsIn is the other part of BytesIn.
	SegmentsIn int64
	// Retransmits counts KCP segments sent again.
	Retransmits int64
	// What was thrown away on arrival: checksum wrong, not allowed by the protocol, seen before, too old to
	// tell, above the allowed rate.
	Damaged, Malformed, Repeated, Stale, Flooded int64
	// SegmentsDropped counts KCP output that was dropped because too much of it was waiting.
	SegmentsDropped int64
	// Stalled counts reliable messages that were here and had to wait for one before them, StalledFor how long.
	Stalled    int64
	StalledFor time.Duration
}

// Add adds o to c.
func (c *Counters) Add(o *Counters) {
	c.DatagramsIn += o.DatagramsIn
	c.DatagramsOut += o.DatagramsOut
	c.BytesIn += o.BytesIn
	c.BytesOut += o.BytesOut
	c.UnreliableOut += o.UnreliableOut
	c.ReliableOut += o.ReliableOut
	c.RetransmitOut += o.RetransmitOut
	c.AckOut += o.AckOut
	c.UnreliableIn += o.UnreliableIn
	c.SegmentsIn += o.SegmentsIn
	c.MessagesIn += o.MessagesIn
	c.MessagesOut += o.MessagesOut
	c.Retransmits += o.Retransmits
	c.Damaged += o.Damaged
	c.Malformed += o.Malformed
	c.Repeated += o.Repeated
	c.Stale += o.Stale
	c.Flooded += o.Flooded
	c.SegmentsDropped += o.SegmentsDropped
	c.Stalled += o.Stalled
	c.StalledFor += o.StalledFor
}

// Sub takes o, which is an earlier state of c, away from c.
func (c *Counters) Sub(o *Counters) {
	c.DatagramsIn -= o.DatagramsIn
	c.DatagramsOut -= o.DatagramsOut
	c.BytesIn -= o.BytesIn
	c.BytesOut -= o.BytesOut
	c.UnreliableOut -= o.UnreliableOut
	c.ReliableOut -= o.ReliableOut
	c.RetransmitOut -= o.RetransmitOut
	c.AckOut -= o.AckOut
	c.UnreliableIn -= o.UnreliableIn
	c.SegmentsIn -= o.SegmentsIn
	c.MessagesIn -= o.MessagesIn
	c.MessagesOut -= o.MessagesOut
	c.Retransmits -= o.Retransmits
	c.Damaged -= o.Damaged
	c.Malformed -= o.Malformed
	c.Repeated -= o.Repeated
	c.Stale -= o.Stale
	c.Flooded -= o.Flooded
	c.SegmentsDropped -= o.SegmentsDropped
	c.Stalled -= o.Stalled
	c.StalledFor -= o.StalledFor
}

// Refusals count what an endpoint told strangers, or kept from them.
type Refusals struct {
	Hellos     int64 // hellos answered with a challenge
	Garbage    int64 // datagrams from strangers that were no handshake
	BadCookies int64 // connects whose cookie was not ours, not fresh or not of that address
	Rejected   [reasonEnd]int64
	Expired    int64 // accepted connections that never sent anything
	Unknown    int64 // datagrams of connections that are not known, answered
	Silent     int64 // the same, not answered because there were too many
}

// Add adds o to r.
func (r *Refusals) Add(o *Refusals) {
	r.Hellos += o.Hellos
	r.Garbage += o.Garbage
	r.BadCookies += o.BadCookies
	for i, n := range o.Rejected {
		r.Rejected[i] += n
	}
	r.Expired += o.Expired
	r.Unknown += o.Unknown
	r.Silent += o.Silent
}
