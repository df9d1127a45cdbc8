//go:build !linux || portable

package udp

import (
	"errors"
	"net/netip"
	"os"
	"syscall"
	"testing"
)

func TestFlushWhenTheKernelObjects(t *testing.T) {
	tests := []struct {
		name   string
		script []error // one per call
		want   Counters
		last   error
	}{
		{"all well", []error{nil, nil, nil}, Counters{DatagramsOut: 3, BytesOut: 6, SystemCallsOut: 3}, nil},
		{"full at the second", []error{nil, os.ErrDeadlineExceeded, os.ErrDeadlineExceeded, os.ErrDeadlineExceeded},
			Counters{DatagramsOut: 1, BytesOut: 1, SystemCallsOut: 4, SendDrops: 2}, nil},
		{"the device is full", []error{syscall.ENOBUFS}, Counters{SystemCallsOut: 1, SendDrops: 3}, nil},
		{"late, not full", []error{os.ErrDeadlineExceeded, nil, nil, nil},
			Counters{DatagramsOut: 3, BytesOut: 6, SystemCallsOut: 4}, nil},
		{"not permitted", []error{nil, syscall.EPERM, nil},
			Counters{DatagramsOut: 2, BytesOut: 4, SystemCallsOut: 3, SendDrops: 1, SendErrors: 1}, syscall.EPERM},
		{"an earlier refusal", []error{syscall.ECONNREFUSED, nil, nil, nil},
			Counters{DatagramsOut: 3, BytesOut: 6, SystemCallsOut: 4, TransientErrors: 1}, nil},
		{"a refusal that stays", []error{syscall.ECONNREFUSED, syscall.ECONNREFUSED, syscall.ECONNREFUSED, nil, nil},
			Counters{DatagramsOut: 2, BytesOut: 5, SystemCallsOut: 5, SendDrops: 1, SendErrors: 1, TransientErrors: 3},
			syscall.ECONNREFUSED},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			conn, err := Config{}.Listen()
			if err != nil {
				t.Fatal(err)
			}
			defer conn.Close()
			batch := conn.NewBatch()
			script := test.script
			batch.out.write = func(datagram []byte, _ netip.AddrPort) (int, error) {
				if len(script) == 0 {
					t.Fatal("more system calls than expected")
				}
				err := script[0]
				script = script[1:]
				return len(datagram), err
			}
			for size := range 3 {
				batch.Append(conn.LocalAddr(), make([]byte, size+1))
			}
			batch.Flush()
			if got := conn.Counters(); got != test.want {
				t.Errorf("counters\n%+v, want\n%+v", got, test.want)
			}
			if len(script) > 0 {
				t.Errorf("%d expected system calls were not made", len(script))
			}
			if err := conn.LastError(); !errors.Is(err, test.last) {
				t.Errorf("LastError %v, want %v", err, test.last)
			}
		})
	}
}
