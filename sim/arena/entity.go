package arena

import "laglab/protocol/game"

// Kind says what an entity is.
type Kind uint8

// The kinds of entities.
const (
	KindPlayer Kind = 0
	KindRocket Kind = 1
)

// Entity is the state of a player or a rocket. What changes most often stands first, and what others are told of
// before what they are not: the mask of changed fields is then a single byte on the wire.
type Entity struct {
	X      int32  `net:"pos,unit=256,min=-16384,max=16384"` // of the centre, in 1/256 m from the map's centre
	Y      int32  `net:"pos,unit=256,min=-16384,max=16384"` // grows downwards on a screen
	Yaw    uint16 `net:"angle,step=64"`                     // 1/65536 turn, 0 along X, 16384 along Y
	Shots  uint8  // rifle shots fired, modulo 256: a rise is a tracer
	Health uint8  `net:"max=100"` // a player with 0 is dead; a rocket's is 0
	Kills  uint16 // others killed
	Deaths uint16 // by others or by oneself
	Jumps  uint8  `net:"teleport"`                                  // respawns, modulo 256
	Kind   Kind   `net:"max=1"`                                     // what it is; never changes
	VX     int32  `net:"vel=X,per=16,derived,min=-48000,max=48000"` // in 1/16 of X's unit per tick
	VY     int32  `net:"vel=Y,per=16,derived,min=-48000,max=48000"` // the bounds are MaxSpeed at one tick per second
	SubX   int8   `net:"own,min=-8,max=7"`                          // what X lacks of the exact position, in 1/16 unit
	SubY   int8   `net:"own,min=-8,max=7"`                          // likewise for Y
	Heat   int16  `net:"own,min=-8,max=240"`                        // the rifle fires at 0 or less; see rifle.go
	Reload uint16 `net:"own,max=480"`                               // ticks until a rocket can be launched
	Wait   uint16 `net:"own,max=480"`                               // ticks that a dead player still waits
	Hits   uint8  `net:"own"`                                       // own rifle shots that met a player, modulo 256

	Fired   uint8  `net:"-"` // the buttons that Move acted on, for the Step of the same tick
	Calm    uint16 `net:"-"` // ticks without damage until wounds begin to mend
	Mend    uint16 `net:"-"` // fractions of a health point that mended, in 1/TickRate
	Fuse    uint16 `net:"-"` // ticks until a rocket explodes by itself
	Shooter int32  `net:"-"` // the entity that launched a rocket
}

// Alive reports whether e is a player who is in play.
func (e *Entity) Alive() bool { return e.Kind == KindPlayer && e.Health > 0 }

// Buttons are what a player holds down.
type Buttons uint8

// The buttons.
const (
	ButtonFire   Buttons = 1 // rifle, for as long as it is held
	ButtonRocket Buttons = 2
)

// Command is what a player asks for in one tick.
type Command struct {
	MoveX   int8    // direction and share of full speed along X; 127 is all of it
	MoveY   int8    // along Y; a vector longer than 127 is shortened to 127
	Aim     uint16  `net:"angle"` // where to look and shoot, in 1/65536 turn
	Buttons Buttons `net:"max=3"` // what is held down
}

// EventKill is the code of the event that somebody died. A is who did it and B who died, the same for one's own
// rocket; A may have left since. Value is the Weapon.
const EventKill uint8 = 1

// Weapon is what somebody died of: the value of an EventKill.
type Weapon int32

// The weapons.
const (
	Rifle  Weapon = 0
	Rocket Weapon = 1
)

// String is the weapon's name.
func (w Weapon) String() string {
	if w == Rocket {
		return "rocket"
	}
	return "rifle"
}

// Sizes that a drawing needs, in 1/256 m.
const (
	Metre        = 256
	PlayerRadius = 102 // 0.4 m
	RocketRadius = 26  // 0.1 m
	BlastRadius  = 640 // 2.5 m, from a player's edge
)

// MaxHealth is a player's health at the start of a life.
const MaxHealth = 100

// body is an entity in its world.
type body = game.Entity[Entity]
