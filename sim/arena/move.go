package arena

// Move applies one tick of a player's command to its own entity.
func (r *rules) Move(e *Entity, c Command) {
	e.Fired = 0
	e.Heat = max(e.Heat-r.pace.cooling, -(r.pace.cooling - 1))
	e.Reload -= min(e.Reload, 1)
	if e.Health == 0 {
		e.halt()
		e.Wait -= min(e.Wait, 1)
		return
	}
	e.Yaw = c.Aim
	r.pace.steer(e, c)
	r.field.walk(e)
	r.pace.trigger(e, c.Buttons)
}

// halt takes all motion out of e.
func (e *Entity) halt() { e.VX, e.VY, e.SubX, e.SubY = 0, 0, 0, 0 }

// wish is the velocity that a command asks for.
func (p *pace) wish(c Command) (x, y int32) {
	const full = 127 << 4 // with a fraction, so that a long vector keeps its direction
	mx, my := shorten(int32(c.MoveX)<<4, int32(c.MoveY)<<4, full)
	run := int64(p.run)
	return shorten(scale(int64(mx), run, full), scale(int64(my), run, full), p.run)
}

// steer changes the velocity towards the wished one by at most one tick's acceleration. The speed does not grow
// beyond running: one who is faster, because something knocked him, only ever slows down.
func (p *pace) steer(e *Entity, c Command) {
	wx, wy := p.wish(c)
	speed2, run2 := square(e.VX, e.VY), int64(p.run)*int64(p.run)
	change := p.accelerate
	if wx == 0 && wy == 0 {
		change = p.brake
	}
	if speed2 > run2 {
		change = p.slide
	}
	dx, dy := wx-e.VX, wy-e.VY
	distance2 := square(dx, dy)
	if distance2 <= int64(change)*int64(change) {
		e.VX, e.VY = wx, wy
		return
	}
	distance := root(distance2)
	vx := e.VX + scale(int64(dx), int64(change), distance)
	vy := e.VY + scale(int64(dy), int64(change), distance)
	if s := square(vx, vy); s > run2 && s > speed2 {
		vx, vy = shorten(vx, vy, int32(root(max(run2, speed2))))
	}
	e.VX, e.VY = vx, vy
}

// trigger fires what a player holds down and what is ready. Shots is counted here, so that a player sees his own
// tracer at once; who was hit is Step's affair.
func (p *pace) trigger(e *Entity, held Buttons) {
	if held&ButtonFire != 0 && e.Heat <= 0 {
		e.Heat += p.shotHeat
		e.Shots++
		e.Fired |= uint8(ButtonFire)
	}
	if held&ButtonRocket != 0 && e.Reload == 0 {
		e.Reload = p.reload
		e.Fired |= uint8(ButtonRocket)
	}
}

// walk moves e by its velocity, first along X and then along Y, and stops it where a wall is in the way on
// either: so it slides along walls, at any speed and tick rate, and can never pass through one.
func (m *Map) walk(e *Entity) {
	var dx, dy int32
	var blocked bool
	dx, e.SubX = advance(e.SubX, e.VX)
	dy, e.SubY = advance(e.SubY, e.VY)
	if e.X, blocked = m.slideX(e.X, e.Y, dx); blocked {
		e.VX, e.SubX = 0, 0
	}
	if e.Y, blocked = m.slideY(e.X, e.Y, dy); blocked {
		e.VY, e.SubY = 0, 0
	}
}

// advance is the whole units that one tick at a velocity moves from a fraction of a unit, and the new fraction.
func advance(sub int8, velocity int32) (units int32, rest int8) {
	exact := int32(sub) + velocity
	units = (exact + 8) >> 4
	return units, int8(exact - units<<4)
}
