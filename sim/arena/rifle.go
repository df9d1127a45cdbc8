package arena

import (
	"laglab/protocol"
	"laglab/protocol/game"
)

// The rifle hits at once and straight. Its rate is kept exactly, on average, at any tick rate: a shot heats it by
// one second's ticks, every tick cools it by shotsPerSecond, and it fires when it is cold. What it is colder than
// that counts for the next shot.
const (
	rifleRange  = 100 * Metre
	rifleDamage = 12
)

// shoot does what the players' triggers began. All shots of a tick are fired by those who were alive when it
// began: two can kill each other.
func (r *rules) shoot(w *game.World[Entity], commands []game.Command[Command]) {
	for i := range commands {
		c := &commands[i]
		if c.Input.Buttons == 0 {
			continue
		}
		b := w.Get(c.Entity)
		if b == nil || b.State.Fired == 0 {
			continue
		}
		fired := Buttons(b.State.Fired)
		b.State.Fired = 0
		if fired&ButtonFire != 0 {
			r.shootRifle(w, b, w.Rewind(c.Player, c.View))
		}
		if fired&ButtonRocket != 0 {
			r.launch(w, b)
		}
	}
}

// shootRifle resolves one shot of a rifle: against the others as the shooter saw them, or, without a past, as they are.
func (r *rules) shootRifle(w *game.World[Entity], shooter *body, past *game.Past[Entity]) {
	e := &shooter.State
	shot := rayAt(e.X, e.Y, e.Yaw, rifleRange)
	shot.length = r.field.reach(shot)
	var where whereabouts = present{}
	margin := int32(PlayerRadius)
	if past != nil {
		r.then.past = past
		where = &r.then
		margin += r.pace.farthest(past.Ticks)
	}
	targets := r.crowd.along(shot, margin)
	hit, distance := firstHit(shot, PlayerRadius, shooter.ID, targets, where)
	if w.Judged() {
		r.describe(w, shot, shooter, targets, where, hit, distance)
	}
	if hit != nil {
		e.Hits++
		r.hurt(w, hit, shooter.ID, rifleDamage, Rifle)
	}
}

// farthest is how far a player can have come in a time, on its own feet and knocked about.
func (p *pace) farthest(ticks protocol.View) int32 {
	return int32(int64(ticks)*int64(p.limit)/(16*protocol.ViewOne)) + PlayerRadius
}

// rewound is where targets were in a past. One who was dead then, or has come back to life somewhere else since, is
// nowhere.
type rewound struct {
	past *game.Past[Entity]
}

func (r *rewound) of(target *body) (x, y int32, there bool) {
	e := r.past.Get(target.ID)
	if e == nil || e.Health == 0 || e.Jumps != target.State.Jumps {
		return 0, 0, false
	}
	return e.X, e.Y, true
}

// describe tells an observer of a shot, with where everybody near its line was taken to be.
func (r *rules) describe(w *game.World[Entity], s ray, shooter *body, targets []*body, where whereabouts, hit *body, distance int32) {
	told := &r.told
	told.Shooter, told.Target, told.View = shooter.ID, 0, 0
	if hit != nil {
		told.Target = hit.ID
	}
	if where == &r.then {
		told.View = r.then.past.View
	}
	x, y := s.at(distance)
	told.From, told.To = append(told.From[:0], s.x, s.y), append(told.To[:0], x, y)
	told.Then, told.Now = told.Then[:0], told.Now[:0]
	for _, t := range targets {
		x, y, there := where.of(t)
		if !there || t.ID == shooter.ID {
			continue
		}
		told.Now = append(told.Now, *t)
		told.Then = append(told.Then, *t)
		then := &told.Then[len(told.Then)-1].State
		then.X, then.Y = x, y
	}
	w.Judge(told)
}
