package sim

import (
	"errors"
	"fmt"
	"net"
	"net/netip"

	"laglab/protocol/clock"
	"laglab/protocol/transport/udp"
)

// door is a worker's second address, for bots that a NAT has forgotten: they go on as if nothing had happened, and
// the server hears them from somewhere else. It exists only when a schedule of the bots' links has a rebinding.
type door struct {
	socket *udp.Conn
	out    *udp.Batch
}

// openDoor opens the second address.
func (w *worker[E, C]) openDoor(server netip.AddrPort) error {
	socket, err := udp.Config{Addr: udp.LocalFor(server.Addr())}.Listen()
	if err != nil {
		return err
	}
	w.moved = &door{socket, socket.NewBatch()}
	w.crowd.SendMoved = func(b []byte) { w.moved.out.Append(server, b) }
	return nil
}

// unlock sends what bots sent from the second address and lets others at the crowd. That it sends under the lock is
// for the sake of the usual case, in which there is no such address.
func (w *worker[E, C]) unlock() {
	if w.moved != nil {
		w.moved.out.Flush()
	}
	w.mu.Unlock()
}

// receiveMoved hands what comes to the second address to the crowd, until the socket closes.
func (w *worker[E, C]) receiveMoved() error {
	batch := w.socket.NewBatch() // for bots that are back at the first one, and whatever else they send meanwhile
	take := func(_ netip.AddrPort, datagram []byte) {
		w.mu.Lock()
		w.out = batch
		w.crowd.ReceiveMoved(clock.Now(), datagram)
		next, ok := w.crowd.Next()
		early := ok && next < w.wakeAt
		w.unlock()
		if early {
			w.timer.Wake()
		}
	}
	for {
		if _, err := w.moved.socket.Receive(take); err != nil {
			if errors.Is(err, net.ErrClosed) {
				return nil
			}
			return fmt.Errorf("bots' second socket: %w", err)
		}
		batch.Flush()
	}
}
