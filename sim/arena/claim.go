package arena

import (
	"laglab/protocol"
	"laglab/protocol/game"
)

// Claim tells whom a player's rifle hits by what it sees.
func (r *rules) Claim(self *body, v *game.View[Entity]) (target protocol.EntityID, fired bool) {
	e := &self.State
	if e.Fired&uint8(ButtonFire) == 0 {
		return 0, false
	}
	shot := rayAt(e.X, e.Y, e.Yaw, rifleRange)
	shot.length = r.field.reach(shot)
	r.seen = r.seen[:0]
	others := v.Others()
	for i := range others {
		if others[i].State.Kind == KindPlayer {
			r.seen = append(r.seen, &others[i])
		}
	}
	if hit, _ := firstHit(shot, PlayerRadius, self.ID, r.seen, present{}); hit != nil {
		return hit.ID, true
	}
	return 0, true
}

// Sight reports whether no wall stands between two entities.
func (r *rules) Sight(a, b *Entity) bool { return r.field.Sight(a.X, a.Y, b.X, b.Y) }
