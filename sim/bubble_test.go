package sim

import (
	"errors"
	"strings"
	"testing"
	"time"
)

// TestBubble: simulated time is what sim/bubble.go relies on: it starts with kcp-go's clock at the beginning of its
// millisecond 0, moves that clock, costs no real time, and hands errors and panics back.
func TestBubble(t *testing.T) {
	began := time.Now()
	err := inBubble(func() error {
		if at := readKCP(); at != 0 {
			t.Errorf("kcp-go's clock begins at %d", at)
		}
		time.Sleep(time.Millisecond - 1)
		if at := readKCP(); at != 0 {
			t.Errorf("kcp-go's clock is at %d before its first millisecond is over", at)
		}
		time.Sleep(time.Nanosecond)
		if at := readKCP(); at != 1 {
			t.Errorf("kcp-go's clock is at %d after a millisecond", at)
		}
		time.Sleep(time.Hour)
		if at := readKCP(); at != 3600_001 {
			t.Errorf("kcp-go's clock is at %d after an hour", at)
		}
		return errors.New("as it should")
	})
	if err == nil || err.Error() != "as it should" {
		t.Errorf("the error became %v", err)
	}
	if took := time.Since(began); took > time.Minute {
		t.Errorf("it took %v", took)
	}
	if err := inBubble(func() error { panic("oh") }); err == nil || !strings.Contains(err.Error(), "oh") {
		t.Errorf("a panic became %v", err)
	}
}
