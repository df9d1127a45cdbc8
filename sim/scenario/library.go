package scenario

import (
	"embed"
	"fmt"
	"io/fs"
	"path"
	"strings"

	"laglab/sim/verdict"
)

//go:embed library/*.yaml
var library embed.FS

// Library are the names of the scenarios that are built in, in alphabetical order. They play the arena.
func Library() []string {
	files, err := fs.Glob(library, "library/*.yaml")
	if err != nil {
		panic(err) // of the pattern
	}
	for i := range files {
		files[i] = strings.TrimSuffix(path.Base(files[i]), ".yaml")
	}
	return files
}

// Builtin is the text of a built-in scenario. The error says which there are.
func Builtin(name string) ([]byte, error) {
	text, err := library.ReadFile("library/" + name + ".yaml")
	if err != nil {
		return nil, fmt.Errorf("there is no scenario %q%s (laglab scenarios lists all)", name, verdict.Meant(name, Library()))
	}
	return text, nil
}

// ReadBuiltin reads a built-in scenario.
func ReadBuiltin(g Game, name string) (*Scenario, error) {
	text, err := Builtin(name)
	if err != nil {
		return nil, err
	}
	s, err := Read(g, name+".yaml", text, nil)
	if err != nil {
		return nil, err
	}
	s.File = name
	return s, nil
}
