package recording

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"testing"
	"time"
)

var update = flag.Bool("update", false, "write the golden files anew")

// TestText: what a person reads of a replay, in all its cases.
func TestText(t *testing.T) {
	matches := []MatchOutcome{
		{Number: 0, TickRate: 60, Ticks: 1200, Commands: 18944, Joined: 16, Left: 3, Checksums: 20, States: 3, Complete: true},
		{Number: 1, TickRate: 60, Ticks: 600, Commands: 4800, Joined: 8, Checksums: 10, States: 1},
		{Number: 0, Generation: 1, TickRate: 60, Ticks: 61, Commands: 61, Joined: 1, Checksums: 2, States: 1, Complete: true},
	}
	values := []Mismatch{{0, "the world's chance", 7, 9}, {7, "X", 120, -131}, {7, "VX", 0, 3}, {9, "presence", 1, 0}, {11, "Health", 100, 92}, {12, "Health", 50, 42}}
	seconds := 20 * time.Second
	for name, o := range map[string]*Outcome{
		"right": {Program: "laglab v1.2.3", Game: "arena", GameVersion: 1, Seed: 42, Start: seconds, Matches: matches[:1], NotesMade: 3, Notes: []Note{
			{seconds + 1500*time.Millisecond, "wifi", "its link changed to 4g"}, {2 * seconds, "", "the server starts again"},
		}},
		"cut":    {Game: "arena", GameVersion: 1, Matches: matches, Cut: &Cut{Offset: 12345, Within: true}},
		"end":    {Game: "arena", GameVersion: 1, Matches: matches[1:2], Cut: &Cut{Offset: 12345}, Ended: ""},
		"behind": {Game: "arena", GameVersion: 1, Matches: matches[1:2], Ended: "its file could not be written as fast as the matches went on"},
		"different": {Game: "arena", GameVersion: 1, Seed: 1, Matches: append(matches, MatchOutcome{Number: 2, TickRate: 60}), Differences: []Difference{
			{Match: 0, Tick: 1140, Entities: []Culprit{{7, 3, "wifi-2"}}, Fields: []string{"X", "VX"}, Then: 1200, Values: values},
			{Match: 1, Tick: 2, Fields: []string{"Health", "Hits"}, What: "the rules go back to what player 3 saw at tick 1.50, as they did not", Then: 600, Values: values[:2]},
			{Match: 0, Generation: 1, Tick: 61, Entities: []Culprit{{40, 0, ""}, {41, 9, "bad-1"}}, What: "the checksum of all in the world is another", Then: 61},
			{Match: 2, Tick: 5, What: "player 2 joins as entity 9 and not 8"},
		}},
	} {
		var b bytes.Buffer
		if err := o.WriteText(&b, 125*time.Millisecond); err != nil {
			t.Fatal(err)
		}
		file := filepath.Join("testdata", name+".txt")
		if *update {
			if err := os.WriteFile(file, b.Bytes(), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(b.Bytes(), want) {
			t.Errorf("%s:\n%s\nwant\n%s\n(go test -update writes it anew)", name, b.Bytes(), want)
		}
	}
}
