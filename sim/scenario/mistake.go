package scenario

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// Mistake is something that is wrong in a file.
type Mistake struct {
	File         string
	Line, Column int // from 1 on; columns are characters
	Reason       string
	Source       string // the line
}

// Error is the mistake as compilers write theirs, with the line and a caret below it.
func (m *Mistake) Error() string {
	return fmt.Sprintf("%s:%d:%d: %s%s", m.File, m.Line, m.Column, m.Reason, m.excerpt())
}

// shownBefore and shownAfter are how much of a long line is shown on either side of the column.
const (
	shownBefore = 60
	shownAfter  = 60
)

// excerpt is the line and the caret.
func (m *Mistake) excerpt() string {
	line := []rune(strings.ReplaceAll(strings.TrimRight(m.Source, "\r"), "\t", " "))
	if len(line) == 0 {
		return ""
	}
	at := min(max(m.Column-1, 0), len(line))
	before, after := "", ""
	if at > shownBefore {
		line, at, before = line[at-shownBefore:], shownBefore, "…"
	}
	if len(line) > at+shownAfter {
		line, after = line[:at+shownAfter], "…"
	}
	return fmt.Sprintf("\n    %s%s%s\n    %s^", before, string(line), after, strings.Repeat(" ", at+len([]rune(before))))
}

// Mistakes are all that were found in a file, in its order.
type Mistakes []*Mistake

func (m Mistakes) Error() string {
	texts := make([]string, len(m))
	for i := range m {
		texts[i] = m[i].Error()
	}
	return strings.Join(texts, "\n")
}

// mostMistakes are told at once.
const mostMistakes = 10

// sorted are the first mistakes in the order of the file.
func (m Mistakes) sorted() Mistakes {
	slices.SortStableFunc(m, func(a, b *Mistake) int {
		return cmp.Or(cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column))
	})
	return m[:min(len(m), mostMistakes)]
}
