package main

import (
	"encoding/json"
	"fmt"
	"runtime"
	"runtime/debug"

	"github.com/spf13/cobra"

	"laglab/protocol"
	"laglab/sim/arena"
)

// build is what a bug report wants to know.
type build struct {
	Version  string `json:"version"`
	Revision string `json:"revision,omitempty"`
	Modified bool   `json:"modified,omitempty"`
	Go       string `json:"go"`
	System   string `json:"system"`
	Protocol int    `json:"protocol"`
	Game     string `json:"game"`
	Schema   string `json:"schema"`
}

func newVersion() *cobra.Command {
	var asJSON bool
	cmd := newCommand("version", "Print the versions of the program, the protocol and the game",
		"version prints what a bug report wants to know.", "  laglab version --json", nil)
	cmd.Flags().BoolVar(&asJSON, "json", false, "as one JSON object")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		b := thisBuild()
		if asJSON {
			return json.NewEncoder(cmd.OutOrStdout()).Encode(b)
		}
		_, err := fmt.Fprintf(cmd.OutOrStdout(), "%s\n%s on %s\nprotocol %d, game %s, schema %s\n", b.name(), b.Go, b.System, b.Protocol, b.Game, b.Schema)
		return err
	}
	return cmd
}

func thisBuild() build {
	b := build{
		Version: "devel", Go: runtime.Version(), System: runtime.GOOS + "/" + runtime.GOARCH, Protocol: protocol.Version,
		Game: fmt.Sprintf("%s %d", arena.Game.Name, arena.Game.Version), Schema: fmt.Sprintf("%016x", arena.Game.Hash()),
	}
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return b
	}
	if v := info.Main.Version; v != "" && v != "(devel)" {
		b.Version = v
	}
	for _, s := range info.Settings {
		switch s.Key {
		case "vcs.revision":
			b.Revision = s.Value
		case "vcs.modified":
			b.Modified = s.Value == "true"
		}
	}
	return b
}

// name is the program's version in a few words.
func (b *build) name() string {
	name := "laglab " + b.Version
	if b.Revision != "" {
		name += " " + b.Revision[:min(len(b.Revision), 12)]
	}
	if b.Modified {
		name += ", modified"
	}
	return name
}
