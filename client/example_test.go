package client_test

import (
	"context"
	"fmt"
	"time"

	"laglab/client"
	"laglab/protocol/game"
	"laglab/sim/arena"
)

// A program that plays: it connects, gives a command for each tick, and leaves after a while. Prediction,
// reconciliation and interpolation happen within.
func Example() {
	session, err := client.Dial(arena.Game, "127.0.0.1:62893", client.Config{Name: "anna", NoReconnect: true})
	if err != nil {
		fmt.Println(err)
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	err = session.Run(ctx, func(v *game.View[arena.Entity]) arena.Command {
		c := arena.Command{MoveX: 127, Aim: v.Self.State.Yaw + 100}
		if len(v.Others()) > 0 {
			c.Buttons = arena.ButtonFire
		}
		return c
	})
	if err != nil {
		fmt.Println(err) // for instance: no server answers
	}
}
