//go:build !linux && !darwin

package main

import (
	"context"
	"errors"
	"io"
	"os"
)

// terminal is what other systems have. There are no keys there.
type terminal struct{}

func openTerminal(*os.File) (*terminal, error) { return nil, errors.ErrUnsupported }

func (s *steersman) begin(context.Context, *terminal) (release func()) { return func() {} }

// terminalWidth is not known.
func terminalWidth(io.Writer) int { return 0 }
