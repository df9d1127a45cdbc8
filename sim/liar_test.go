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

// A liar changes what its client says.
type liar struct {
	// tell changes a command before it is sent. It returns by how many ticks at the least the snapshot that is acknowledged, when
	// the command is sent first, is to be older than the newest.
	tell func(in *game.Input[arena.Command]) (unseen protocol.Tick)
	// deep: the transport says the same as the client.
	deep bool
	had  map[uint64][]having // by connection, the oldest first
}

// having is the acknowledgements that were true when a client had a snapshot.
type having struct {
	tick      protocol.Tick
	transport [6]byte
}

// lies lies by so much in every command.
func lies(d time.Duration) *liar { return about(d, 0, func(protocol.Tick) bool { return true }) }

// about lies in the commands for some ticks, about what it has as well when unseen is not 0.
func about(d time.Duration, unseen protocol.Tick, which func(tick protocol.Tick) bool) *liar {
	return &liar{tell: func(in *game.Input[arena.Command]) protocol.Tick {
		if !which(in.Tick) {
			return 0
		}
		in.View -= min(in.View, back(d))
		return unseen
	}}
}

// denies lies in every command by so many ticks, and has no snapshot that is newer than that; deep: nor has its transport.
func denies(ticks protocol.Tick, deep bool) *liar {
	l := about(time.Duration(ticks)*time.Second/60, ticks, func(protocol.Tick) bool { return true })
	l.deep = deep
	return l
}

// older is the newest of what a connection has had that is so many ticks older than what it has now.
func (l *liar) older(conn uint64, now having, ticks protocol.Tick) having {
	if l.had == nil {
		l.had = map[uint64][]having{}
	}
	all := l.had[conn]
	if n := len(all); n == 0 || now.tick > all[n-1].tick {
		all = append(all, now)
	}
	l.had[conn] = all
	if ticks == 0 {
		return now
	}
	for i := len(all) - 1; i > 0; i-- {
		if all[i].tick+ticks <= now.tick {
			return all[i]
		}
	}
	return all[0]
}

// back is a time in units of a view, at 60 Hz.
func back(d time.Duration) protocol.View {
	return protocol.View(d * protocol.ViewOne * 60 / time.Second)
}

// rewrite is a datagram of a client with its commands as the liar has them; nil when it has none.
func (l *liar) rewrite(d []byte) []byte {
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
	unseen := protocol.Tick(0)
	for i := range inputs { // the newest first
		if inputs[i].View == 0 {
			continue
		}
		if ticks := l.tell(&inputs[i]); i == 0 {
			unseen = ticks
		}
	}
	for i, j := 0, len(inputs)-1; i < j; i, j = i+1, j-1 {
		inputs[i], inputs[j] = inputs[j], inputs[i]
	}
	w := protocol.NewWriter(protocol.MaxMessage)
	b := append([]byte(nil), d[:at]...)
	if d[0]&1 != 0 && h.Ack != 0 {
		was := l.older(binary.BigEndian.Uint64(d[1:]), having{h.Ack, [ack]byte(d[header:])}, unseen)
		if h.Ack = was.tick; l.deep {
			copy(b[header:], was.transport[:])
		}
	}
	codec.Encode(w, h.Ack, inputs)
	b = append(b, w.Bytes()...)
	return binary.BigEndian.AppendUint32(b, crc32.Checksum(b, crc32.MakeTable(crc32.Castagnoli)))
}

// judgement is by how much commands were judged back on average and at most, which share of the claims was cut, and which round trip
// the server believes that the players have.
type judgement struct {
	mean, most time.Duration
	cut        float64
	rtt        time.Duration
}

// judgedBack plays four who lie, or do not, with an interpolation delay, and returns how the commands that which chooses are judged.
func judgedBack(t *testing.T, link string, c server.Config, delay float64, lie *liar, which func(tick protocol.Tick) bool) (j judgement) {
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
			if b := lie.rewrite(d); b != nil {
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
				if c := &commands[i]; c.View > 0 && (which == nil || which(tick)) {
					d := protocol.ViewAt(tick, 0) - c.View
					sum, n = sum+d, n+1
					j.most = max(j.most, time.Duration(d)*time.Second/60/protocol.ViewOne)
				}
			}
		}})
		m.run(30 * time.Second)
		j.mean = time.Duration(sum) * time.Second / 60 / protocol.ViewOne / time.Duration(max(n, 1))
		j.cut = share(match.Stats().Overseen-before.Overseen, 4*30*60)
		for c := range m.host.Endpoint.Open() {
			j.rtt = max(j.rtt, c.RTT().Smoothed)
		}
	})
	return j
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
			honest := judgedBack(t, link, c, 0, nil, nil)
			t.Logf("%s, %d Hz: the truth is %v back, at most %v; %.2f%% of it was cut", link, rate, honest.mean, honest.most, honest.cut*100)
			if honest.cut > 0.001 {
				t.Errorf("%s, %d Hz: of the truth %.2f%% was cut", link, rate, honest.cut*100)
			}
			check := func(what string, lie *liar, which func(protocol.Tick) bool) {
				lied := judgedBack(t, link, c, 0, lie, which)
				t.Logf("  %s gains %v, is at most %v", what, lied.mean-honest.mean, lied.most)
				if lied.mean > honest.mean+liarsGain(rate) {
					t.Errorf("%s, %d Hz: %s gains %v", link, rate, what, lied.mean-honest.mean)
				}
			}
			for _, d := range []time.Duration{50 * ms, 100 * ms, 150 * ms, 300 * ms} {
				check(fmt.Sprint("a lie of ", d), lies(d), nil)
				check(fmt.Sprint("one of ", d, " in every twentieth command"), about(d, 0, shot), shot)
			}
			check("a lie about what it has in every twentieth command", about(300*ms, 12, shot), shot)
		}
	}
}

// TestChosenDelaysAreBelieved: who tells that it shows the others later than it has to, or earlier, is judged by that; and by that
// alone.
func TestChosenDelaysAreBelieved(t *testing.T) {
	inOneGoroutine(t)
	const interval = 50 * ms
	c := server.Config{Rewind: 600 * ms}
	needed := judgedBack(t, "fibre", c, 1, nil, nil)
	for _, delay := range []float64{1.5, 3, 6, 10} {
		back := judgedBack(t, "fibre", c, delay, nil, nil)
		want := needed.mean + time.Duration((delay-1)*float64(interval))
		t.Logf("%v intervals: %v back, %.2f%% cut", delay, back.mean, back.cut*100)
		if back.mean < want-5*ms || back.mean > want+5*ms || back.cut > 0.001 {
			t.Errorf("%v intervals: judged %v back, want %v; %.2f%% was cut", delay, back.mean, want, back.cut*100)
		}
		if lied := judgedBack(t, "fibre", c, delay, lies(100*ms), nil); lied.mean > back.mean+liarsGain(20) {
			t.Errorf("%v intervals: a lie gains %v", delay, lied.mean-back.mean)
		}
	}
}

// TestFalseAcknowledgements: who always acknowledges older snapshots than it has gains half a tick, and no more the older they are,
// because its transport acknowledges the datagrams that they come in. Who has its transport say the same is a player with such a
// round trip, and gains what that has grown by, up to Config.Rewind.
func TestFalseAcknowledgements(t *testing.T) {
	inOneGoroutine(t)
	const slack = 10 * ms
	for _, link := range []string{"delay=8ms", "delay=75ms"} {
		for _, rate := range []int{20, 60} {
			c := server.Config{SnapshotRate: rate, Rewind: time.Second}
			honest := judgedBack(t, link, c, 0, nil, nil)
			t.Logf("%s, %d Hz: the truth is %v back, at a round trip of %v", link, rate, honest.mean, honest.rtt)
			for _, snapshots := range []int{1, 4, 8} {
				for _, deep := range []bool{false, true} {
					lied := judgedBack(t, link, c, 0, denies(protocol.Tick(snapshots*60/rate), deep), nil)
					gain, grown := lied.mean-honest.mean, lied.rtt-honest.rtt
					t.Logf("  acknowledging %d snapshots late, transport too %v: gains %v, its round trip grew by %v", snapshots, deep, gain, grown)
					if gain > slack+grown || deep != (grown > slack) {
						t.Errorf("%s, %d Hz: acknowledging %d snapshots late, transport too %v, gains %v, where its round trip grew by %v", link, rate, snapshots, deep, gain, grown)
					}
				}
			}
		}
	}
}
