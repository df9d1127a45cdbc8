package recording

import (
	"fmt"
	"io"
	"strings"
	"time"

	"laglab/protocol"
)

// Outcome is what became of a replay.
type Outcome struct {
	Program     string // that recorded, see Config
	Game        string
	GameVersion int
	Schema      uint64
	Seed        uint64        // of the run
	Start       time.Duration // of the run, on the clock that notes are on
	Matches     []MatchOutcome
	Notes       []Note // the first thousand
	NotesMade   int    // all of them
	// Differences are the first of each match that went otherwise than it was recorded.
	Differences []Difference
	// Ended says why the recording ended early, in the recorder's words; empty when it did not.
	Ended string
	// Cut tells where the file ends, when it does before the recording's end; else it is nil.
	Cut *Cut
}

// MatchOutcome is one match of a recording, as far as it was replayed.
type MatchOutcome struct {
	Number     int
	Generation int // counts the matches of the number, from 0: servers may start again
	TickRate   int
	Ticks      int64
	Commands   int64 // one for each player and tick
	Repeated   int64 // of these: the player's command before stood in
	Rewinds    int64 // that the rules went back to what a player saw
	Joined     int
	Left       int
	Checksums  int64 // that were equal
	States     int64 // whole worlds that were equal
	Complete   bool  // it was recorded to its end
}

// Played is how long the match went on.
func (m *MatchOutcome) Played() time.Duration {
	return time.Duration(m.Ticks) * time.Second / time.Duration(max(m.TickRate, 1))
}

// Note is what somebody had to say while it was recorded.
type Note struct {
	At    time.Duration // on the clock of the run, see Outcome.Start
	Group string
	Text  string
}

// Cut is where a file ends within a recording.
type Cut struct {
	Offset int64 // bytes of the file that are good
	Within bool  // a part of another frame follows
}

// Difference is where a match went otherwise than it was recorded.
type Difference struct {
	Match, Generation int
	Tick              protocol.Tick // the first after which the worlds are not the same
	Entities          []Culprit     // that differ, one or two; none: more, or none
	Fields            []string      // that differ, in that tick, or in the first in which any shows
	What              string        // what else went otherwise
	// Values are what differed in the next world that was kept, after the tick Then; 0 when none was.
	Then   protocol.Tick
	Values []Mismatch
}

// Culprit is an entity that differs.
type Culprit struct {
	Entity protocol.EntityID
	Player protocol.PlayerID // whose it is, 0: nobody's, or it is not there in the replay
	Name   string            // of the player
}

func (c Culprit) String() string {
	s := fmt.Sprintf("entity %d", c.Entity)
	if c.Player != 0 {
		s += fmt.Sprintf(" of player %d", c.Player)
	}
	if c.Name != "" {
		s += " (" + c.Name + ")"
	}
	return s
}

// Mismatch is a value that was recorded, and what it was in the replay. Of a presence 1 means there, 0 not there.
type Mismatch struct {
	Entity   protocol.EntityID // 0: of the world itself
	Field    string
	Recorded int64
	Replayed int64
}

func (m Mismatch) String() string {
	of := ""
	if m.Entity != 0 {
		of = fmt.Sprintf("entity %d, ", m.Entity)
	}
	return fmt.Sprintf("%s%s: %d recorded, %d replayed", of, m.Field, m.Recorded, m.Replayed)
}

// String is the difference in one line.
func (d *Difference) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s at tick %d: ", matchName(d.Match, d.Generation), d.Tick)
	switch len(d.Entities) {
	case 0:
		b.WriteString("the worlds differ")
	case 1:
		fmt.Fprintf(&b, "%v differs", d.Entities[0])
	default:
		fmt.Fprintf(&b, "%v and %v differ", d.Entities[0], d.Entities[1])
	}
	if len(d.Fields) > 0 {
		fmt.Fprintf(&b, " in %s", strings.Join(d.Fields, ", "))
	}
	if d.What != "" {
		fmt.Fprintf(&b, "; %s", d.What)
	}
	return b.String()
}

func matchName(number, generation int) string {
	if generation > 0 {
		return fmt.Sprintf("match %d, start %d,", number, generation+1)
	}
	return fmt.Sprintf("match %d", number)
}

// valuesShown is how many values of a difference are told; all are counted.
const valuesShown = 5

// WriteText writes what a person wants to know. elapsed is how long the replay took.
func (o *Outcome) WriteText(w io.Writer, elapsed time.Duration) error {
	var b strings.Builder
	fmt.Fprintf(&b, "%s %d, seed %d", o.Game, o.GameVersion, o.Seed)
	if o.Program != "" {
		fmt.Fprintf(&b, ", recorded by %s", o.Program)
	}
	b.WriteByte('\n')
	for i := range o.Matches {
		m := &o.Matches[i]
		fmt.Fprintf(&b, "%s: %d ticks of %d Hz, %.1f s; %d joined, %d left", strings.TrimSuffix(matchName(m.Number, m.Generation), ","), m.Ticks, m.TickRate, m.Played().Seconds(), m.Joined, m.Left)
		if !m.Complete {
			b.WriteString("; it has no end")
		}
		b.WriteByte('\n')
	}
	for _, n := range o.Notes {
		fmt.Fprintf(&b, "%8.2fs  %s\n", (n.At - o.Start).Seconds(), strings.TrimPrefix(n.Group+": "+n.Text, ": "))
	}
	if more := o.NotesMade - len(o.Notes); more > 0 {
		fmt.Fprintf(&b, "and %s more\n", count(int64(more), "note"))
	}
	for i := range o.Differences {
		o.Differences[i].write(&b)
	}
	o.writeSum(&b, elapsed)
	_, err := io.WriteString(w, b.String())
	return err
}

func (d *Difference) write(b *strings.Builder) {
	fmt.Fprintf(b, "DIFFERENCE %s\n", d)
	if d.Then == 0 {
		return
	}
	if len(d.Values) == 0 {
		fmt.Fprintf(b, "  the world after tick %d, the next that was kept, is as recorded again\n", d.Then)
		return
	}
	fmt.Fprintf(b, "  not as recorded in the world after tick %d, the next that was kept: %s\n", d.Then, count(int64(len(d.Values)), "value"))
	for _, v := range d.Values[:min(len(d.Values), valuesShown)] {
		fmt.Fprintf(b, "  %s\n", v)
	}
	if more := len(d.Values) - valuesShown; more > 0 {
		fmt.Fprintf(b, "  and %d more\n", more)
	}
}

// count is so many of something.
func count(n int64, what string) string {
	switch {
	case n == 1:
		return "1 " + what
	case what == "match":
		what = "matche"
	}
	return fmt.Sprintf("%d %ss", n, what)
}

// writeSum adds everything up.
func (o *Outcome) writeSum(b *strings.Builder, elapsed time.Duration) {
	var ticks, commands, checksums, states int64
	var played time.Duration
	minutes := 0.0
	for i := range o.Matches {
		m := &o.Matches[i]
		ticks, commands, checksums, states = ticks+m.Ticks, commands+m.Commands, checksums+m.Checksums, states+m.States
		played += m.Played()
		minutes += float64(m.Commands) / float64(max(m.TickRate, 1)) / 60
	}
	switch {
	case o.Ended != "":
		fmt.Fprintf(b, "ENDED EARLY: %s\n", o.Ended)
	case o.Cut != nil && o.Cut.Within:
		fmt.Fprintf(b, "CUT SHORT: the file ends within a frame, after %d good bytes; what comes before was replayed\n", o.Cut.Offset)
	case o.Cut != nil:
		fmt.Fprintf(b, "CUT SHORT: the file ends after %d bytes, before the recording's end; all of it was replayed\n", o.Cut.Offset)
	}
	verdict := "all as recorded"
	if n := len(o.Differences); n > 0 {
		verdict = fmt.Sprintf("%d of %s went otherwise", n, count(int64(len(o.Matches)), "match"))
	}
	fmt.Fprintf(b, "%s: %d ticks, %.1f player-minutes, %d commands, %s and %s\n", verdict, ticks, minutes, commands,
		count(checksums, "checksum"), count(states, "whole world"))
	if seconds := elapsed.Seconds(); seconds > 0 {
		fmt.Fprintf(b, "replayed in %.2f s: %.0f ticks/s, %.0f times as fast as it was played\n", seconds, float64(ticks)/seconds, played.Seconds()/seconds)
	}
}
