package transport

import (
	"fmt"
	"strconv"
	"strings"
)

// KCP are the parameters of the reliable lane, in the terms of KCP. The zero value is the default.
type KCP struct {
	// Normal: KCP's cautious mode with a minimum retransmission timeout of 100 ms instead of 30 ms.
	Normal bool
	// Interval is KCP's own flush interval in milliseconds, 10 to 5000; a tick that comes sooner waits for
	// it. Default 10.
	Interval int
	// Resend is after how many acknowledgements of later segments a segment is sent again at once. 0 means
	// the default of 2, negative never.
	Resend int
	// Congestion turns KCP's congestion window on. A game wants it off.
	Congestion bool
	// SendWindow and ReceiveWindow are in segments. Default 64 and 128: what the peer may send at once must not
	// fill the window, for then KCP stops until it is told that there is room again.
	SendWindow, ReceiveWindow int
}

// kcpPresets are the settings that KCP's own documentation names: its ikcp_nodelay(…) of normal, fast, and turbo mode.
// Turbo is the default.
var kcpPresets = []struct {
	name string
	kcp  KCP
}{
	{"turbo", KCP{Interval: 10, Resend: 2}},
	{"fast", KCP{Interval: 20, Resend: 2, Congestion: true}},
	{"normal", KCP{Normal: true, Interval: 40, Resend: -1, Congestion: true}},
}

// ParseKCP reads settings of KCP as a person writes them: the name of a preset (turbo, fast, normal), then values that
// differ from it, all with commas between them, in KCP's own terms: nodelay (0 or 1), interval (ms), resend (0: never), nc
// (1: no congestion window), snd and rcv (windows in segments). For instance "turbo,interval=20,snd=128".
func ParseKCP(text string) (KCP, error) {
	k := kcpPresets[0].kcp
	for i, part := range strings.Split(text, ",") {
		key, value, cut := strings.Cut(strings.TrimSpace(part), "=")
		if !cut {
			if err := k.preset(key, i == 0); err != nil {
				return k, err
			}
			continue
		}
		if err := k.set(key, value); err != nil {
			return k, err
		}
	}
	return k, nil
}

func (k *KCP) preset(name string, first bool) error {
	for _, p := range kcpPresets {
		if p.name == name && first {
			*k = p.kcp
			return nil
		}
	}
	return fmt.Errorf("KCP settings: %q: want a preset (turbo, fast, normal) first, then values such as interval=20", name)
}

// set changes one value; the ranges are checked with the Config.
func (k *KCP) set(key, value string) error {
	n, err := strconv.Atoi(value)
	if err != nil || n < 0 || n > 1<<16 {
		return fmt.Errorf("KCP settings: %s is %q: want a number", key, value)
	}
	switch key {
	case "nodelay":
		k.Normal = n == 0
	case "interval":
		k.Interval = n
	case "resend":
		if k.Resend = n; n == 0 {
			k.Resend = -1
		}
	case "nc":
		k.Congestion = n == 0
	case "snd":
		k.SendWindow = n
	case "rcv":
		k.ReceiveWindow = n
	default:
		return fmt.Errorf("KCP settings: unknown %q: want nodelay, interval, resend, nc, snd or rcv", key)
	}
	return nil
}

// Check fills in the defaults. A bad value is an error that names it and its range.
func (k *KCP) Check() error {
	orDefault(&k.Interval, 10)
	orDefault(&k.Resend, 2)
	orDefault(&k.SendWindow, 64)
	orDefault(&k.ReceiveWindow, maxReceiveWindow)
	for _, f := range []struct {
		name         string
		v, low, high int
	}{
		{"interval", k.Interval, 10, 5000},
		{"resend", k.Resend, -1, 100},
		{"send window", k.SendWindow, 4, 1024},
		{"receive window", k.ReceiveWindow, 4, maxReceiveWindow},
	} {
		if f.v < f.low || f.v > f.high {
			return fmt.Errorf("KCP's %s is %d: want %d to %d", f.name, f.v, f.low, f.high)
		}
	}
	return nil
}

// maxReceiveWindow is the largest window that KCP's may be.
const maxReceiveWindow = 128
