package netem

import (
	"strings"
	"testing"
	"time"
)

// FuzzPath: no text harms, and what is accepted is a link that works and has a text that means the same.
func FuzzPath(f *testing.F) {
	for _, p := range Presets() {
		f.Add(p.Name)
	}
	for _, s := range []string{
		"4g,loss=3%,burst=5,up.rate=2mbit", "schedule=(5s blackout 1s every 10s; 20s change 4g,loss=3%; 30s ramp bad over 10s; loop 1m)", "netem delay 50ms 10ms",
		"gemodel=1%/2%,discipline=codel,trace=cellular,clip=yes,jitter=9s", "((,)=", "delay=1e9", "loss=100%,burst=1",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		p, err := ParsePath(text)
		if err != nil {
			return
		}
		again, err := p.MarshalText()
		if err != nil {
			t.Fatal(err)
		}
		var q Path
		if err := q.UnmarshalText(again); err != nil {
			t.Fatalf("%q becomes %q: %v", text, again, err)
		}
		if third, _ := q.MarshalText(); string(third) != string(again) {
			t.Fatalf("%q becomes %q and then %q", text, again, third)
		}
		exercise(t, p.Up)
		exercise(t, p.Down)
	})
}

// exercise uses a link and checks what holds for every one.
func exercise(t *testing.T, p Profile) {
	_, _, _ = p.MeanDelay(), p.MeanLoss(), p.MeanBurst()
	_ = p.String()
	var q Queue[Flight[int]]
	m := NewMeter()
	pipe := NewPipe(NewLink(p, 1), m, &q, 0)
	datagram := make([]byte, 700)
	for i := range 200 {
		now := time.Duration(i) * 37 * ms
		for due, data, f, ok := q.Pop(now); ok; due, data, f, ok = q.Pop(now) {
			if due > now {
				t.Fatalf("%v: left too early", now)
			}
			pipe.Arrive(now, due, data, &f)
			q.Recycle(data)
		}
		pipe.Enter(now, datagram[:i*3%700])
		pipe.Link.Rebinds(now)
	}
	if m.Delivered-m.Copies+m.Lost > m.Offered {
		t.Fatalf("offered %d, delivered %d, copies %d, lost %d", m.Offered, m.Delivered, m.Copies, m.Lost)
	}
}

func FuzzReadTrace(f *testing.F) {
	f.Add("1\n2\n2\n5\n")
	f.Add("# nothing\n\n0\n")
	f.Add("4294967295\n")
	f.Fuzz(func(t *testing.T, text string) {
		tr, err := ReadTrace("fuzz", strings.NewReader(text))
		if err != nil {
			return
		}
		if tr.MeanRate() <= 0 || tr.WorstGap() <= 0 {
			t.Fatalf("%q: rate %v, gap %v", text, tr.MeanRate(), tr.WorstGap())
		}
		l := NewLink(Profile{Trace: tr}, 1)
		last := time.Duration(0)
		for i := range 100 {
			now := time.Duration(i) * 13 * ms
			if v := l.Admit(now, 400); v.Drop == Delivered {
				if v.At < now || v.At < last {
					t.Fatalf("entered at %v, leaves at %v after %v", now, v.At, last)
				}
				last = v.At
			}
		}
	})
}

func FuzzReadDist(f *testing.F) {
	f.Add("# made up\n-8192 0 4096\n8191")
	f.Add("-32768 32767")
	f.Fuzz(func(t *testing.T, text string) {
		d, err := ReadDist(strings.NewReader(text))
		if err != nil {
			return
		}
		last := d.quantile(0)
		for i := range 101 {
			v := d.quantile(float64(i) / 100)
			if !(v >= last-1e-12 && v >= -4 && v <= 4) {
				t.Fatalf("quantile %d%% is %v after %v", i, v, last)
			}
			last = v
		}
	})
}

func FuzzParseTC(f *testing.F) {
	f.Add("tc qdisc add dev lo root netem delay 50ms 10ms 25% distribution normal loss gemodel 1% 10% 70% 0.1% rate 1mbit 10 20 30 limit 3 reorder 5% gap 3")
	f.Add("netem loss state 1 2 3 4 5 duplicate 1 2 corrupt 3 slot 4")
	f.Fuzz(func(t *testing.T, line string) {
		tc, err := ParseTC(line)
		if err != nil {
			return
		}
		if err := tc.Profile.Check(); err != nil {
			t.Fatal(err)
		}
		exercise(t, tc.Profile)
	})
}
