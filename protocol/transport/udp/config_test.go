package udp_test

import (
	"errors"
	"net/netip"
	"strings"
	"syscall"
	"testing"

	"laglab/protocol/transport/udp"
)

func TestConfigSaysWhatIsWrong(t *testing.T) {
	tests := []struct {
		config udp.Config
		want   string
	}{
		{udp.Config{Batch: -1}, "Config.Batch is -1, want 0 to 1024"},
		{udp.Config{Batch: 1025}, "Config.Batch is 1025"},
		{udp.Config{ReceiveBuffer: -5}, "Config.ReceiveBuffer is -5"},
		{udp.Config{SendBuffer: 1<<30 + 1}, "Config.SendBuffer is 1073741825, want 0 to 1073741824"},
		{udp.Config{Addr: netip.MustParseAddrPort("224.0.0.1:1")}, "Config.Addr is 224.0.0.1:1"},
	}
	for _, test := range tests {
		conn, err := test.config.Listen()
		if err == nil {
			_ = conn.Close()
			t.Errorf("%+v: no error", test.config)
		} else if !strings.Contains(err.Error(), test.want) {
			t.Errorf("%+v: error %q, want it to contain %q", test.config, err, test.want)
		}
	}
}

func TestZeroConfigIsLoopback(t *testing.T) {
	conn := listen(t, udp.Config{})
	if addr := conn.LocalAddr(); addr.Addr() != netip.AddrFrom4([4]byte{127, 0, 0, 1}) || addr.Port() == 0 {
		t.Errorf("the zero Config listens on %v", addr)
	}
	if receive, send := conn.Buffers(); receive <= 0 || send <= 0 {
		t.Errorf("buffers of %d and %d bytes", receive, send)
	}
}

// The port belongs to one socket. The error is the system's and says what to do.
func TestPortIsNotShared(t *testing.T) {
	first := listen(t, udp.Config{})
	second, err := udp.Config{Addr: first.LocalAddr()}.Listen()
	if err == nil {
		_ = second.Close()
		t.Fatal("two sockets share a port")
	}
	if !errors.Is(err, syscall.EADDRINUSE) {
		t.Errorf("error %v, want EADDRINUSE", err)
	}
	if !strings.Contains(err.Error(), "another port") {
		t.Errorf("error %q does not say what to do", err)
	}
}

func TestAddressOfNoInterface(t *testing.T) {
	conn, err := udp.Config{Addr: netip.MustParseAddrPort("203.0.113.1:0")}.Listen()
	if err == nil {
		_ = conn.Close()
		t.Skip("this machine has the documentation's address")
	}
	if !errors.Is(err, syscall.EADDRNOTAVAIL) {
		t.Errorf("error %v, want EADDRNOTAVAIL", err)
	}
}
