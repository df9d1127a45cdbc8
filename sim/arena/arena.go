package arena

import (
	"fmt"
	"strings"

	"laglab/protocol"
	"laglab/protocol/game"
)

// Game is the arena, ready to be served and played.
var Game = game.MustDefine[Entity, Command]("arena", 1, New)

// rules are the arena's functions for one match. The rest is scratch storage: each Step fills it anew.
type rules struct {
	field *Map
	pace  pace
	crowd crowd
	then  rewound
	told  game.Shot[Entity]
	seen  []*body // of Claim
}

// New makes the rules of one match. The only option is "map=NAME" with a name from MapNames; no option means
// the first of them.
func New(s game.Settings) (game.Rules[Entity, Command], error) {
	m, err := MapOf(s.Options)
	if err != nil {
		return nil, err
	}
	if s.TickRate < 1 || s.TickRate > protocol.MaxTickRate {
		return nil, fmt.Errorf("tick rate %d: want 1 to %d", s.TickRate, protocol.MaxTickRate)
	}
	return &rules{field: m, pace: paceOf(s.TickRate)}, nil
}

// MapOf is the map that a match's options ask for: game.Settings.Options, as a client learns them from its
// welcome. Options that are wrong are an error that lists the right ones.
func MapOf(options string) (*Map, error) {
	name := MapNames()[0]
	for option := range strings.SplitSeq(options, ",") {
		if option = strings.TrimSpace(option); option == "" {
			continue
		}
		key, value, _ := strings.Cut(option, "=")
		if key != "map" {
			return nil, fmt.Errorf("unknown option %q: the only option is map=%s", option, strings.Join(MapNames(), "|"))
		}
		name = value
	}
	for _, d := range drawings {
		if d.name == name {
			return d.load(), nil
		}
	}
	return nil, fmt.Errorf("unknown map %q: want map=%s", name, strings.Join(MapNames(), "|"))
}

// Spawn makes the entity of a player who joins.
func (r *rules) Spawn(w *game.World[Entity], _ protocol.PlayerID) Entity {
	e := Entity{Kind: KindPlayer, Health: MaxHealth}
	r.place(w, &e)
	return e
}

// Step does what the moves left to do in a tick.
func (r *rules) Step(w *game.World[Entity], commands []game.Command[Command]) {
	r.crowd.gather(w, r.field)
	r.shoot(w, commands)
	r.fly(w)
	r.separate()
	r.tend(w)
}
