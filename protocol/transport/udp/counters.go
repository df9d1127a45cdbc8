package udp

import "sync/atomic"

// Counters is what a Conn has done since Listen. Every number only grows. Bytes are payload, without the headers
// of UDP and IP.
type Counters struct {
	DatagramsIn, BytesIn   uint64 // handed to the function of Receive or Poll
	DatagramsOut, BytesOut uint64 // taken by the kernel

	// SystemCallsIn includes those that found nothing: Receive makes one before it waits.
	SystemCallsIn, SystemCallsOut uint64

	// ReceiveDrops is how many datagrams the kernel dropped because nobody received them in time and the buffer
	// was full (or, rarely, because their checksum was wrong). Always 0 on systems other than Linux. What arrives in one
	// piece (Config.Coalesce) is dropped in one, and the kernel counts it as one datagram.
	ReceiveDrops uint64
	// Oversize is how many received datagrams were longer than the socket takes (MaxDatagram, or with a Pool
	// MaxLong), or did not come whole, and were dropped.
	Oversize uint64
	// SendDrops is how many appended datagrams were not sent, for whatever reason.
	SendDrops uint64
	// SendErrors is how many of SendDrops had an error of their own, and not just bad luck with a full buffer.
	SendErrors uint64
	// TransientErrors is how many errors were survived, in both directions: interrupted calls and late refusals.
	TransientErrors uint64
}

// Add adds o to c.
func (c *Counters) Add(o Counters) {
	c.DatagramsIn += o.DatagramsIn
	c.BytesIn += o.BytesIn
	c.DatagramsOut += o.DatagramsOut
	c.BytesOut += o.BytesOut
	c.SystemCallsIn += o.SystemCallsIn
	c.SystemCallsOut += o.SystemCallsOut
	c.ReceiveDrops += o.ReceiveDrops
	c.Oversize += o.Oversize
	c.SendDrops += o.SendDrops
	c.SendErrors += o.SendErrors
	c.TransientErrors += o.TransientErrors
}

// tally is where the counting is done, once per system call.
type tally struct {
	datagramsIn, bytesIn, systemCallsIn, oversizeIn atomic.Uint64
	_                                               [64]byte // senders and the receiver on cache lines of their own
	datagramsOut, bytesOut, systemCallsOut          atomic.Uint64
	sendDrops, sendErrors, transientErrors          atomic.Uint64
}

// Counters returns the current numbers. It may be called at any time from any goroutine, after Close too. It costs
// one short system call, for ReceiveDrops.
func (c *Conn) Counters() Counters {
	return Counters{
		DatagramsIn:     c.tally.datagramsIn.Load(),
		BytesIn:         c.tally.bytesIn.Load(),
		SystemCallsIn:   c.tally.systemCallsIn.Load(),
		Oversize:        c.tally.oversizeIn.Load(),
		DatagramsOut:    c.tally.datagramsOut.Load(),
		BytesOut:        c.tally.bytesOut.Load(),
		SystemCallsOut:  c.tally.systemCallsOut.Load(),
		SendDrops:       c.tally.sendDrops.Load(),
		SendErrors:      c.tally.sendErrors.Load(),
		TransientErrors: c.tally.transientErrors.Load(),
		ReceiveDrops:    c.drops.read(),
	}
}
