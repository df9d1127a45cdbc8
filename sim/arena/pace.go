package arena

// Speeds are in 1/4096 m/s, which is a velocity's unit at one tick per second, and accelerations in 1/4096 m/s².
// They are chosen to come out whole at the usual tick rates: running is 480 at 60 Hz, 120 at 240 Hz.
const (
	runSpeed = 28800 // 7.03 m/s
	// MaxSpeed is what nothing exceeds, whatever knocked it: 11.72 m/s. Rockets fly at it.
	MaxSpeed = 48000

	acceleration = 230400 // 56 m/s²: full speed after an eighth of a second
	braking      = 172800 // 42 m/s², with the stick released
	sliding      = 115200 // 28 m/s², faster than one runs: a knock is felt for a while
	knockSpeed   = 41000  // 10 m/s, given by a rocket at the centre of its blast
)

// Times and rates per second.
const (
	shotsPerSecond   = 9
	mendPerSecond    = 5 // health points
	calmSeconds      = 5 // without damage before wounds mend
	waitSeconds      = 2 // from death to respawn
	fuseSeconds      = 4 // of a rocket that meets nothing: it explodes after 47 m
	reloadHundredths = 120
)

// pace is everything that depends on the tick rate: speeds in units of velocity, accelerations in these per tick,
// times in ticks.
type pace struct {
	rate                           int32
	run, limit, knock              int32
	accelerate, brake, slide       int32
	wait, calm, reload, fuse       uint16
	cooling, shotHeat, mendPerTick int16
}

// paceOf scales the game to a tick rate.
func paceOf(rate int) pace {
	perTick := func(v int) int32 { return int32((v + rate/2) / rate) }
	perTick2 := func(v int) int32 { return int32((v + rate*rate/2) / (rate * rate)) }
	ticks := func(hundredths int) uint16 { return uint16(max(1, (hundredths*rate+50)/100)) }
	return pace{
		rate: int32(rate),
		run:  perTick(runSpeed), limit: perTick(MaxSpeed), knock: perTick(knockSpeed),
		accelerate: perTick2(acceleration), brake: perTick2(braking), slide: perTick2(sliding),
		wait: ticks(100 * waitSeconds), calm: ticks(100 * calmSeconds),
		reload: ticks(reloadHundredths), fuse: ticks(100 * fuseSeconds),
		cooling: shotsPerSecond, shotHeat: int16(rate), mendPerTick: mendPerSecond,
	}
}
