// Package chronicle is what is remarkable about a run, one line of JSON for each thing as it happens: who came and went,
// what was done to the run, and when a player saw something that it should not have seen.
//
//	{"t_ms":8000,"kind":"event","group":"4g","text":"4g: blackout 2s"}
//	{"t_ms":10116.67,"kind":"freeze","group":"4g","player":"4g-2","lasted_ms":1883.33}
//	{"t_ms":10133.33,"kind":"snap","group":"4g","player":"4g-2","tick":602,"units":5.31}
//	{"t_ms":12350,"kind":"hit","group":"home","player":"home-1","tick":739,"outcome":"awarded"}
//
// A [Writer] writes them; every line is an [Entry].
package chronicle

// Kind says what an entry is about.
type Kind string

// The kinds of entries, with what they tell beside time, group and player.
const (
	Join       Kind = "join"       // it plays now; Lasted: since it began to connect
	Leave      Kind = "leave"      // it leaves by itself
	End        Kind = "end"        // its connection ended; Outcome: why, Text: who ended it
	Scenario   Kind = "event"      // something was done to the run, or to a group; Text: what
	Correction Kind = "correction" // its own position was corrected, and smoothed; Units: by how far, Tick: which it was about
	Snap       Kind = "snap"       // the same, and too far to be smoothed
	Desync     Kind = "desync"     // client and server disagree; Text: about what, Tick: since when
	Hit        Kind = "hit"        // it saw its shot hit somebody, or was awarded a hit that it did not see; Outcome: see Outcomes
	Drought    Kind = "drought"    // the others were shown without a newer snapshot, and are not any more; Lasted: for how long
	Freeze     Kind = "freeze"     // the part of a drought in which they stood still; Lasted
	Stall      Kind = "stall"      // a reliable message had to wait for one before it; Lasted
)

// Kinds are all kinds.
var Kinds = []Kind{Join, Leave, End, Scenario, Correction, Snap, Desync, Hit, Drought, Freeze, Stall}

// The outcomes of hits.
const (
	Awarded  = "awarded"  // as it was seen
	Denied   = "denied"   // judged otherwise
	Gone     = "gone"     // the target was dead by then
	Barred   = "barred"   // the shooter was
	Unjudged = "unjudged" // the command came too late, or never
	Gifted   = "gifted"   // awarded, and not seen
)

// Outcomes are all outcomes of hits.
var Outcomes = []string{Awarded, Denied, Gone, Barred, Unjudged, Gifted}

// Entry is one line. What does not apply is left out.
type Entry struct {
	// At is the time since the run's beginning. What lasted is told at its end.
	At     float64 `json:"t_ms"`
	Kind   Kind    `json:"kind"`
	Group  string  `json:"group,omitempty"`  // none: it is about all groups, or about the server
	Player string  `json:"player,omitempty"` // GROUP-NUMBER
	// Tick is the server's tick that it is about.
	Tick uint32 `json:"tick,omitempty"`
	// Lasted is how long it took, in milliseconds.
	Lasted float64 `json:"lasted_ms,omitempty"`
	// Units is how far, in world units.
	Units   float64 `json:"units,omitempty"`
	Outcome string  `json:"outcome,omitempty"`
	Text    string  `json:"text,omitempty"`
}
