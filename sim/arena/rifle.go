package arena

import "laglab/protocol/game"

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
		if commands[i].Input.Buttons == 0 {
			continue
		}
		b := w.Get(commands[i].Entity)
		if b == nil || b.State.Fired == 0 {
			continue
		}
		fired := Buttons(b.State.Fired)
		b.State.Fired = 0
		if fired&ButtonFire != 0 {
			r.shootRifle(w, b, present{})
		}
		if fired&ButtonRocket != 0 {
			r.launch(w, b)
		}
	}
}

// shootRifle resolves one shot of a rifle against targets where they are said to be. Candidates are looked up by
// where they are now, so whereabouts that differ from it by some distance need as much more margin.
func (r *rules) shootRifle(w *game.World[Entity], shooter *body, where whereabouts) {
	e := &shooter.State
	shot := rayAt(e.X, e.Y, e.Yaw, rifleRange)
	shot.length = r.field.reach(shot)
	targets := r.crowd.along(shot, PlayerRadius)
	if hit, _ := firstHit(shot, PlayerRadius, shooter.ID, targets, where); hit != nil {
		e.Hits++
		r.hurt(w, hit, shooter.ID, rifleDamage, Rifle)
	}
}
