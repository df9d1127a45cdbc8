package sim

import (
	"context"
	"fmt"
	"os"
	"testing"

	"laglab/server"
	"laglab/sim/arena"
)

// serveEnv makes the test binary a server on the address that it names, for tests that kill one.
const serveEnv = "LAGLAB_TEST_SERVE"

func TestMain(m *testing.M) {
	if addr := os.Getenv(serveEnv); addr != "" {
		srv, err := server.New(arena.Game, server.Config{Addr: addr})
		if err == nil {
			fmt.Println("listening")
			err = srv.Run(context.Background())
		}
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	os.Exit(m.Run())
}
