package protocol

import "fmt"

// Version is the version of the wire described in WIRE.md. Ends with different versions refuse each other.
const Version = 2

// DefaultPort is the project's one port: UDP carries the game.
const DefaultPort = 62893

// Tick numbers the steps of a match's simulation, from 1. Zero means "none".
type Tick uint32

// Sub is the signed distance t-u in ticks; it stays right when the number wraps.
func (t Tick) Sub(u Tick) int { return int(int32(t - u)) }

// View is an instant of the server's timeline with 1/256 tick resolution: what a player saw when he acted.
type View uint64

// ViewOne is one tick in units of a View.
const ViewOne = 256

// ViewAt makes a View from a whole tick and a fraction in 1/256 tick.
func ViewAt(t Tick, fraction uint8) View { return View(t)<<8 | View(fraction) }

// Tick is the whole tick at or before v.
func (v View) Tick() Tick { return Tick(v >> 8) }

// Fraction is what v has beyond its whole tick, in 1/256 tick.
func (v View) Fraction() uint8 { return uint8(v) }

// String prints the view in ticks.
func (v View) String() string { return fmt.Sprintf("%.2f", float64(v)/ViewOne) }

// PlayerID names a player within a match, from 1; a number is used again after its player left. Zero is nobody.
type PlayerID uint16

// EntityID names an entity within a match, from 1, rising and never used again. Zero is none.
type EntityID uint32
