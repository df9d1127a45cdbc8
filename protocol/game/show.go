package game

// Painter is what rules implement whose matches can be looked at: on a page, or whatever else draws. Lengths are world
// units, angles radians; X grows to the right and Y downwards.
type Painter[E any] interface {
	// Scenery is what stands still.
	Scenery() Scenery
	// Figure is what an entity looks like.
	Figure(e *E) Figure
}

// Scenery is a match's surroundings: a rectangle around (0, 0) with walls in it.
type Scenery struct {
	Width  float64 `json:"width"`
	Height float64 `json:"height"`
	Walls  []Box   `json:"walls"`
}

// Box is an axis-aligned rectangle.
type Box struct {
	X0 float64 `json:"x0"`
	Y0 float64 `json:"y0"`
	X1 float64 `json:"x1"`
	Y1 float64 `json:"y1"`
}

// Figure is an entity to be drawn.
type Figure struct {
	// Kind says what it is, in a word that a legend can show: player, rocket.
	Kind string `json:"kind"`
	// X and Y are its centre, Radius its size.
	X      float64 `json:"x"`
	Y      float64 `json:"y"`
	Radius float64 `json:"r"`
	// Heading is where it looks.
	Heading float64 `json:"a"`
	// Health is 0 to 1; less than 0: it has none. Gone: it is not in play at present.
	Health float64 `json:"h"`
	Gone   bool    `json:"gone,omitempty"`
	// Jumps changes when it went from one place to another at once, so that it must not be drawn in between.
	Jumps int32 `json:"j,omitempty"`
}

// Pilot is what rules implement that a person can play with keys and a pointer.
type Pilot[E, C any] interface {
	// Steer is the command of a player who holds the controls like this; self is its own entity as predicted.
	Steer(p Pad, self *E) C
	// Buttons are what the buttons of a pad do, in a word each, the first one's first: at most 8.
	Buttons() []string
}

// Pad is what a person holds down.
type Pad struct {
	// X and Y are where to move to, -1 to 1 each.
	X float64 `json:"x"`
	Y float64 `json:"y"`
	// AimX and AimY are what the pointer is at, in world units.
	AimX float64 `json:"aim_x"`
	AimY float64 `json:"aim_y"`
	// Buttons are a bit for each button, the first one's the lowest.
	Buttons uint8 `json:"buttons"`
}
