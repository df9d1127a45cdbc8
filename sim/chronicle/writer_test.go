package chronicle

import (
	"errors"
	"os"
	"testing"
	"time"
)

func ExampleWriter() {
	w := NewWriter(os.Stdout, LeastCorrection)
	w.Write(8*time.Second, Entry{Kind: Scenario, Group: "4g", Text: "4g: blackout 2s"})
	w.Write(9*time.Second, Entry{Kind: Correction, Group: "4g", Player: "4g-2", Units: 0.1, Tick: 540}) // too small to tell
	w.Write(10133333*time.Microsecond, Entry{Kind: Snap, Group: "4g", Player: "4g-2", Units: 5.3123, Tick: 602})
	w.Close()
	// Output:
	// {"t_ms":8000,"kind":"event","group":"4g","text":"4g: blackout 2s"}
	// {"t_ms":10133.333,"kind":"snap","group":"4g","player":"4g-2","tick":602,"units":5.312}
}

type full struct{}

func (full) Write([]byte) (int, error) { return 0, errors.New("the disk is full") }

// TestErrorsAreKept: the first error comes from Close.
func TestErrorsAreKept(t *testing.T) {
	w := NewWriter(full{}, 0)
	for range 10_000 {
		w.Write(0, Entry{Kind: Join})
	}
	if err := w.Close(); err == nil || w.Entries() == 0 || w.Entries() == 10_000 {
		t.Errorf("%v after %d entries", err, w.Entries())
	}
}
