package server

import (
	"fmt"
	"net/netip"
	"slices"
	"testing"
	"time"

	"laglab/protocol"
	"laglab/protocol/game"
)

// TestObserversAreTold: all who watch a match are told of joins and leaves before the commands of their tick, in their
// order, and of each answer to a rewind; what one does not want to know, it is not asked for.
func TestObserversAreTold(t *testing.T) {
	g := game.MustDefine("dots", 1, newDots)
	c := Config{}
	h, err := NewHost(g, &c, func(netip.AddrPort, []byte) {})
	if err != nil {
		t.Fatal(err)
	}
	m := h.matches[0]
	m.Watch(Observer[press]{})
	var told [2][]string
	for i := range told {
		tell := func(format string, args ...any) { told[i] = append(told[i], fmt.Sprintf(format, args...)) }
		m.Watch(Observer[press]{
			Joined: func(id protocol.PlayerID, entity protocol.EntityID, name string) {
				tell("join %d %d %s", id, entity, name)
			},
			Left: func(id protocol.PlayerID) { tell("leave %d", id) },
			Rewound: func(id protocol.PlayerID, view protocol.View, l, r protocol.Tick) {
				tell("rewind %d %v %d %d", id, view, l, r)
			},
			Ticked: func(due time.Duration, commands []game.Command[press]) {
				tell("tick %d at %v:", m.sim.World.Tick(), due)
				for _, c := range commands {
					tell("%d is %d, repeated %t", c.Player, c.Entity, c.Repeated)
				}
			},
		})
	}
	anna, bert := &player[dot, press]{match: m, name: "anna"}, &player[dot, press]{match: m, name: "bert"}
	m.inbox.post(letterJoin, anna, nil, 0)
	m.inbox.post(letterJoin, bert, nil, 0)
	m.Tick(time.Second)
	m.inbox.post(letterLeave, anna, nil, 0)
	m.inbox.post(letterJoin, &player[dot, press]{match: m, name: "carl"}, nil, 0)
	m.Tick(2 * time.Second)
	m.brackets(2, protocol.ViewAt(1, 128))
	want := []string{
		"join 1 1 anna", "join 2 2 bert", "tick 1 at 1s:", "1 is 1, repeated true", "2 is 2, repeated true",
		"leave 1", "join 1 3 carl", "tick 2 at 2s:", "1 is 3, repeated true", "2 is 2, repeated true", "rewind 2 1.50 1 2",
	}
	for i := range told {
		if !slices.Equal(told[i], want) {
			t.Errorf("observer %d was told\n%q, want\n%q", i, told[i], want)
		}
	}
}
