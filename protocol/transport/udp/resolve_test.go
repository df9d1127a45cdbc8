package udp

import (
	"net/netip"
	"strings"
	"testing"
)

func TestResolve(t *testing.T) {
	for in, want := range map[string]string{
		"127.0.0.1:62893":          "127.0.0.1:62893",
		"[::ffff:127.0.0.1]:62893": "127.0.0.1:62893",
		"[::1]:5":                  "[::1]:5",
		":7":                       "0.0.0.0:7",
	} {
		if got, err := Resolve(in); err != nil || got.String() != want {
			t.Errorf("%q is %v, %v; want %s", in, got, err, want)
		}
	}
	if _, err := Resolve("nonsense"); err == nil || !strings.Contains(err.Error(), "nonsense") || !strings.Contains(err.Error(), "host:port") {
		t.Errorf("nonsense: %v", err)
	}
}

func TestLocalFor(t *testing.T) {
	for peer, want := range map[string]string{"127.0.0.1": "127.0.0.1:0", "::1": "[::1]:0", "192.0.2.1": "0.0.0.0:0", "2001:db8::1": "[::]:0"} {
		if got := LocalFor(netip.MustParseAddr(peer)).String(); got != want {
			t.Errorf("for %s: %s, want %s", peer, got, want)
		}
	}
}
