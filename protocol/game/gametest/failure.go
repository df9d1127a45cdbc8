package gametest

import (
	"fmt"
	"strings"

	"laglab/protocol"
)

// Failure is a rule of the contract that a game breaks, and where that was first seen. It is an error.
type Failure struct {
	Check  string            // the check that failed, as the package documentation lists them
	Tick   protocol.Tick     // the first tick at which it shows, 0 when it is not a matter of ticks
	Entity protocol.EntityID // the first entity concerned, 0 for none
	Field  string            // the first field concerned, "" for none
	Found  string            // what was found there
	Rule   string            // the rule that it breaks, and what to look for
}

// Error says where, what, and why that is wrong.
func (f *Failure) Error() string {
	var b strings.Builder
	b.WriteString(f.Check)
	for _, part := range f.place() {
		b.WriteString(", " + part)
	}
	fmt.Fprintf(&b, ": %s. %s", f.Found, f.Rule)
	return b.String()
}

// place names the tick, entity and field, as far as there are any.
func (f *Failure) place() (parts []string) {
	if f.Tick != 0 {
		parts = append(parts, fmt.Sprintf("tick %d", f.Tick))
	}
	if f.Entity != 0 {
		parts = append(parts, fmt.Sprintf("entity %d", f.Entity))
	}
	if f.Field != "" {
		parts = append(parts, "field "+f.Field)
	}
	return parts
}
