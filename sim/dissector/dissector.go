// Package dissector writes a Wireshark dissector of the protocol that protocol/WIRE.md describes, with the names of
// a game's fields: a script in Lua.
//
//	err := dissector.Write(file, arena.Game) // wireshark -X lua_script:laglab.lua capture.pcapng
package dissector

import (
	_ "embed"
	"fmt"
	"io"
	"strconv"
	"strings"

	"laglab/protocol/game"
)

//go:embed laglab.lua
var script string

// gamePlace is where the game's names go.
const gamePlace = "--GAME--\n"

// Write writes the dissector for a game.
func Write[E, C any](w io.Writer, g *game.Game[E, C]) error {
	before, after, found := strings.Cut(script, gamePlace)
	if !found {
		panic("dissector: the script has no place for a game")
	}
	_, err := fmt.Fprintf(w, "%sgame.name = %q\ngame.entity = {%s}\ngame.others = {%s}\ngame.command = {%s}\n%s",
		before, g.Name, names(g.State.Fields()), toOthers(g.State.Fields()), names(g.Command.Fields()), after)
	return err
}

// toOthers are, for each field, whether others than the owner are told it by differences, as a list in Lua.
func toOthers(fields []game.Field) string {
	told := make([]string, len(fields))
	for i := range fields {
		told[i] = strconv.FormatBool(!fields[i].Own && !fields[i].Derived)
	}
	return strings.Join(told, ", ")
}

// names are the fields' names, as a list in Lua.
func names(fields []game.Field) string {
	quoted := make([]string, len(fields))
	for i := range fields {
		quoted[i] = fmt.Sprintf("%q", fields[i].Name)
	}
	return strings.Join(quoted, ", ")
}
