// Package truth is the observer of a laboratory: it sees the server's world and what every player's screen shows, on one
// clock, and measures how far the two are apart. Nobody else can: a server does not know what is displayed, and a client
// does not know what was true.
//
// A [Match] watches one match on the server's side; a [Screen] watches one player's. Together they measure the error of
// what is shown, how old it is, how long it takes until others see what a player does, whether a hit on a shooter's screen
// was awarded, what its victim paid for that, who of two sees the other first, and whether a wrong prediction had a cause
// in the world or is a desync. The figures and their definitions are in package measure.
//
// Both sides may run on different goroutines; the match's lock is held for microseconds.
package truth
