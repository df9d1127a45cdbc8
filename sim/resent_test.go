package sim

import (
	"context"
	"encoding/binary"
	"testing"
	"testing/synctest"
	"time"

	"laglab/server"
	"laglab/sim/arena"
)

// again counts the segments with data that come to a connection again, by their numbers.
func again(d []byte, newest map[uint64]uint32) (n int64) {
	const header, ack, segment, push = 11, 6, 24, 81
	if d[0]&0x82 != 0x82 {
		return 0
	}
	id, rest := binary.BigEndian.Uint64(d[1:]), d[header:]
	if d[0]&1 != 0 {
		rest = rest[ack:]
	}
	for s := rest[2 : 2+int(binary.BigEndian.Uint16(rest))]; len(s) > 0; s = s[segment+int(binary.LittleEndian.Uint32(s[20:])):] {
		if s[4] != push {
			continue
		}
		if number := 1 + binary.LittleEndian.Uint32(s[12:]); number > newest[id] {
			newest[id] = number
		} else {
			n++
		}
	}
	return n
}

// TestResentIsCountedByGroup: what the server sent again to players is their group's, welcomes included, all of it and nothing else.
func TestResentIsCountedByGroup(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		up, down := linkOf(t, "delay=40ms,loss=20%")
		groups := []Group{{Name: "good", Count: 4, Brain: "hunter"}, {Name: "bad", Count: 12, Brain: "hunter", Up: up, Down: down}}
		v, err := newVirtual(arena.Game, Scenario{
			Server: server.Config{Seed: 3}, Groups: groups, Seed: 3, Events: []Event{{At: 20 * time.Second, Group: "bad", Do: action(t, "link", "delay=40ms")}},
		})
		if err != nil {
			t.Fatal(err)
		}
		resent, newest := int64(0), map[uint64]uint32{}
		v.tap = func(toBots bool, d []byte) bool {
			if toBots {
				resent += again(d, newest)
			}
			return true
		}
		if err := v.run(context.Background(), 22*time.Second); err != nil {
			t.Fatal(err)
		}
		r := v.finish()
		minutes := func(group int) float64 { return v.crowd.Groups().At(group).Played.Minutes() }
		good, bad := r.Groups[0].value("retransmits_down")*minutes(0), r.Groups[1].value("retransmits_down")*minutes(1)
		if resent < 100 || good != 0 || int64(bad+0.5) != resent || r.Server.Retransmits != resent {
			t.Errorf("%d segments came again: counted are %v to those on good links, %v to those on bad ones, and %d by the server", resent, good, bad, r.Server.Retransmits)
		}
	})
}
