package sim

import (
	"errors"
	"fmt"
	"runtime/debug"
	"testing"
	"testing/synctest"
	"time"

	"github.com/xtaci/kcp-go/v5"
)

// kcp-go reads the clock itself, in milliseconds since the process began, and there is no way to hand it another time. In a
// bubble of testing/synctest, time.Now is the bubble's own clock, which moves only when everything in it sleeps: there
// kcp-go reads simulated time. synctest.Test wants a testing.T; the zero one will do, in a program like in a test, and
// registers no flags. That is what it does in Go 1.26 and not what it promises: TestBubble will tell when it changes.

// inBubble runs f in a bubble of its own, with kcp-go's clock at 0, and returns f's error; a panic in f becomes one too.
func inBubble(f func() error) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = errors.Join(err, fmt.Errorf("simulated time: %v\n%s", p, debug.Stack()))
		}
	}()
	var t testing.T
	synctest.Test(&t, func(*testing.T) {
		defer func() {
			if p := recover(); p != nil {
				err = fmt.Errorf("simulated run: %v\n%s", p, debug.Stack())
			}
		}()
		windKCP()
		err = f()
	})
	return err
}

// windKCP lets the bubble's time pass until kcp-go's clock, a counter of 32 bits, has just become 0, so that it reads the same
// in every run. How long that takes depends on when the process began; it is no real time.
func windKCP() {
	// How far the next millisecond is. Time goes forwards only, but a whole millisecond later it is as far again.
	early, late := time.Duration(0), time.Millisecond
	for late-early > 1 {
		try := (early + late) / 2
		before := readKCP()
		time.Sleep(try)
		if readKCP() == before {
			early = try
		} else {
			late = try
		}
		time.Sleep(time.Millisecond - try)
	}
	time.Sleep(late)
	time.Sleep(time.Duration(-readKCP()) * time.Millisecond)
}

// readKCP is kcp-go's clock: the time stamp of a segment that it sends.
func readKCP() (millis uint32) {
	k := kcp.NewKCP(1, func(b []byte, size int) {
		if size >= kcp.IKCP_OVERHEAD {
			millis = uint32(b[8]) | uint32(b[9])<<8 | uint32(b[10])<<16 | uint32(b[11])<<24
		}
	})
	k.NoDelay(1, 10, 0, 1)
	k.Send([]byte{0})
	k.Update()
	return millis
}
