package sim

import (
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"testing"
	"testing/synctest"
	"time"

	"laglab/client"
	"laglab/protocol"
	"laglab/protocol/game"
	"laglab/server"
	"laglab/sim/arena"
	"laglab/sim/netem"
)

// A liar changes a command before it is sent. It reports whether, when the command is sent first, it should not have seen the newest
// snapshots.
type liar func(in *game.Input[arena.Command]) (unseen bool)

// lies lies by so much in every command.
func lies(d time.Duration) liar {
	return func(in *game.Input[arena.Command]) bool {
		in.View -= min(in.View, back(d))
		return false
	}
}

// back is a time in units of a view, at 60 Hz.
func back(d time.Duration) protocol.View {
	return protocol.View(d * protocol.ViewOne * 60 / time.Second)
}

// rewrite is a datagram of a client with its commands as the liar has them; nil when it has none.
func rewrite(d []byte, lie liar) []byte {
	const header, ack, crc = 11, 6, 4
	if d[0]&0x84 != 0x84 {
		return nil
	}
	at := header
	if d[0]&1 != 0 {
		at += ack
	}
	if d[0]&2 != 0 {
		at += 2 + int(binary.BigEndian.Uint16(d[at:]))
	}
	codec := game.NewCommandCodec(arena.Game.Command)
	var r protocol.Reader
	r.Reset(d[at : len(d)-crc])
	if protocol.ReadKind(&r) != protocol.KindCommands {
		return nil
	}
	h, inputs, err := codec.Decode(&r, nil)
	if err != nil {
		return nil
	}
	unseen := false
	for i := range inputs { // the newest first
		if inputs[i].View > 0 && lie(&inputs[i]) && i == 0 {
			unseen = true
		}
	}
	for i, j := 0, len(inputs)-1; i < j; i, j = i+1, j-1 {
		inputs[i], inputs[j] = inputs[j], inputs[i]
	}
	w := protocol.NewWriter(protocol.MaxMessage)
	if unseen {
		h.Ack -= min(h.Ack-1, 12)
	}
	codec.Encode(w, h.Ack, inputs)
	b := append(append([]byte(nil), d[:at]...), w.Bytes()...)
	return binary.BigEndian.AppendUint32(b, crc32.Checksum(b, crc32.MakeTable(crc32.Castagnoli)))
}

// judgedBack plays four who lie, or do not, with an interpolation delay, and returns by how much the commands that about chooses are judged back on average and at
// most, and the share of the truthful claims that were cut.
func judgedBack(t *testing.T, link string, c server.Config, delay float64, lie liar, about func(tick protocol.Tick) bool) (mean, most time.Duration, overseen float64) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		path, err := netem.ParsePath(link)
		if err != nil {
			t.Fatal(err)
		}
		c.Seed = 1
		m := newMemory(t, arena.Game, c, Group{Name: "bots", Count: 4, Brain: "strafe", Up: path.Up, Down: path.Down, Client: client.Config{Delay: delay}})
		m.virtual.tap = func(toBots bool, d []byte) bool {
			if toBots || lie == nil {
				return true
			}
			if b := rewrite(d, lie); b != nil {
				m.host.Receive(m.now, virtualBots, b)
				return false
			}
			return true
		}
		match, sum, n := m.host.Matches()[0], protocol.View(0), protocol.View(0)
		m.run(5 * time.Second)
		before := match.Stats()
		match.Watch(server.Observer[arena.Command]{Ticked: func(_ time.Duration, commands []game.Command[arena.Command]) {
			tick := match.Simulation().World.Tick()
			for i := range commands {
				if c := &commands[i]; c.View > 0 && (about == nil || about(tick)) {
					d := protocol.ViewAt(tick, 0) - c.View
					sum, n = sum+d, n+1
					most = max(most, time.Duration(d)*time.Second/60/protocol.ViewOne)
				}
			}
		}})
		m.run(30 * time.Second)
		mean = time.Duration(sum) * time.Second / 60 / protocol.ViewOne / time.Duration(max(n, 1))
		overseen = share(match.Stats().Overseen-before.Overseen, 4*30*60)
	})
	return mean, most, overseen
}

// liarsGain is what a lie about the view may gain on average: half a tick of slack, and what the way up adds to how unevenly
// acknowledgements arrive. Where there are as many snapshots as commands, two that come between two commands are
// acknowledged as one, which looks like a loss.
func liarsGain(rate int) time.Duration {
	if rate == 60 {
		return 45 * ms
	}
	return 25 * ms
}

// TestLiarsAreHeldToTheirLatency: by how much a client lies about what it saw, on average it is judged hardly farther back than one
// that tells the truth over the same link; and it cannot choose a view for some commands.
func TestLiarsAreHeldToTheirLatency(t *testing.T) {
	inOneGoroutine(t)
	shot := func(tick protocol.Tick) bool { return tick%20 == 0 }
	for _, link := range []string{"delay=8ms", "fibre", "cable", "delay=40ms,jitter=3ms"} {
		for _, rate := range []int{20, 10, 60} {
			c := server.Config{SnapshotRate: rate, Rewind: 500 * ms}
			honest, worst, cut := judgedBack(t, link, c, 0, nil, nil)
			t.Logf("%s, %d Hz: the truth is %v back, at most %v; %.2f%% of it was cut", link, rate, honest, worst, cut*100)
			if cut > 0.001 {
				t.Errorf("%s, %d Hz: of the truth %.2f%% was cut", link, rate, cut*100)
			}
			check := func(what string, lie liar, about func(protocol.Tick) bool) {
				lied, worst, _ := judgedBack(t, link, c, 0, lie, about)
				t.Logf("  %s gains %v, is at most %v", what, lied-honest, worst)
				if lied > honest+liarsGain(rate) {
					t.Errorf("%s, %d Hz: %s gains %v", link, rate, what, lied-honest)
				}
			}
			for _, d := range []time.Duration{50 * ms, 100 * ms, 150 * ms, 300 * ms} {
				check(fmt.Sprint("a lie of ", d), lies(d), nil)
				check(fmt.Sprint("one of ", d, " in every twentieth command"), func(in *game.Input[arena.Command]) bool {
					return shot(in.Tick) && lies(d)(in)
				}, shot)
			}
			check("a lie about what it has in every twentieth command", func(in *game.Input[arena.Command]) bool {
				if shot(in.Tick) {
					lies(300 * ms)(in)
				}
				return shot(in.Tick)
			}, shot)
		}
	}
}

// TestChosenDelaysAreBelieved: who tells that it shows the others later than it has to, or earlier, is judged by that; and by that
// alone.
func TestChosenDelaysAreBelieved(t *testing.T) {
	inOneGoroutine(t)
	const interval = 50 * ms
	c := server.Config{Rewind: 600 * ms}
	needed, _, _ := judgedBack(t, "fibre", c, 1, nil, nil)
	for _, delay := range []float64{1.5, 3, 6, 10} {
		back, _, cut := judgedBack(t, "fibre", c, delay, nil, nil)
		want := needed + time.Duration((delay-1)*float64(interval))
		t.Logf("%v intervals: %v back, %.2f%% cut", delay, back, cut*100)
		if back < want-5*ms || back > want+5*ms || cut > 0.001 {
			t.Errorf("%v intervals: judged %v back, want %v; %.2f%% was cut", delay, back, want, cut*100)
		}
		if lied, _, _ := judgedBack(t, "fibre", c, delay, lies(100*ms), nil); lied > back+liarsGain(20) {
			t.Errorf("%v intervals: a lie gains %v", delay, lied-back)
		}
	}
}
