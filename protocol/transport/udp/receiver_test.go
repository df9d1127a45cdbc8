package udp_test

import (
	"encoding/binary"
	"net/netip"
	"sync"
	"testing"
	"time"

	"laglab/protocol/transport/udp"
)

// TestTakeAlong: while there is little traffic nothing is taken along. When there is much, two goroutines that take turns get every
// datagram, and each of them once.
func TestTakeAlong(t *testing.T) {
	to, from := listen(t, udp.Config{}), listen(t, udp.Config{})
	r, err := to.NewReceiver()
	if err != nil {
		t.Fatal(err)
	}
	batch, sent := from.NewBatch(), uint32(0)
	send := func(n int) {
		for range n {
			batch.Append(to.LocalAddr(), binary.BigEndian.AppendUint32(nil, sent))
			sent++
		}
		batch.Flush()
	}
	const last = ^uint32(0)
	var mu sync.Mutex // one at a time
	seen := map[uint32]int{}
	take := func(_ netip.AddrPort, b []byte) { seen[binary.BigEndian.Uint32(b)]++ }
	send(1)
	if n, err := r.TakeAlong(take); n != 0 || err != nil {
		t.Errorf("%d datagrams were taken along of hardly any: %v", n, err)
	}
	var receiving sync.WaitGroup
	receiving.Go(func() {
		for {
			r.Pause()
			mu.Lock()
			_, err := r.Take(take)
			ended := seen[last] > 0
			mu.Unlock()
			if err != nil {
				t.Error(err)
			}
			if ended || err != nil {
				return
			}
		}
	})
	along := 0
	for begun := time.Now(); along < 2000 && time.Since(begun) < patience; {
		send(50)
		if mu.TryLock() {
			n, err := r.TakeAlong(take)
			mu.Unlock()
			if along += n; err != nil {
				t.Fatal(err)
			}
		}
		time.Sleep(100 * time.Microsecond)
	}
	batch.Append(to.LocalAddr(), binary.BigEndian.AppendUint32(nil, last))
	batch.Flush()
	receiving.Wait()
	r.Close()
	if along < 2000 {
		t.Errorf("only %d of %d datagrams were taken along", along, sent)
	}
	if drops := to.Counters().ReceiveDrops; len(seen)-1+int(drops) != int(sent) {
		t.Errorf("%d of %d datagrams came, and %d were dropped", len(seen)-1, sent, drops)
	}
	for number, times := range seen {
		if times != 1 {
			t.Errorf("number %d came %d times", number, times)
		}
	}
}
