package clock_test

import (
	"fmt"
	"time"

	"laglab/protocol/clock"
)

// A tick loop that others can wake: it ticks at 100 Hz, and serves a queue in between.
func Example() {
	timer, err := clock.NewTimer()
	if err != nil {
		fmt.Println(err)
		return
	}
	defer timer.Close()

	queue := make(chan string, 1)
	go func() {
		queue <- "a player joins"
		timer.Wake()
	}()

	const interval = 10 * time.Millisecond
	ticks := 0
	for next := clock.Now() + interval; ticks < 3; {
		if timer.Sleep(next) {
			ticks++
			next += interval // not Now()+interval: lateness must not add up
			continue
		}
		fmt.Println(<-queue)
	}
	fmt.Println(ticks, "ticks")
	// Output:
	// a player joins
	// 3 ticks
}

// A Wake before the Sleep is not lost.
func ExampleTimer_Wake() {
	timer, err := clock.NewTimer()
	if err != nil {
		fmt.Println(err)
		return
	}
	defer timer.Close()

	timer.Wake()
	fmt.Println(timer.Sleep(clock.Forever))
	// Output: false
}
