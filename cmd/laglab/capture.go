package main

import (
	"errors"
	"fmt"
	"io"
	"os"

	"laglab/sim/netem/pcapng"
)

// pcapHelp is what --pcap is.
const pcapHelp = "file to write each datagram to, in pcapng, for Wireshark: with its fate and its delay as comments; see laglab dissector"

// capture is a file that datagrams are written to; nil is none.
type capture struct {
	*pcapng.Writer
	file *os.File
}

// openCapture makes the file, if one is named.
func openCapture(name string, interfaces ...string) (*capture, error) {
	if name == "" {
		return nil, nil
	}
	file, err := os.Create(name)
	if err != nil {
		return nil, fmt.Errorf("cannot write the capture: %w", err)
	}
	w, err := pcapng.NewWriter(file, interfaces...)
	if err != nil {
		return nil, fmt.Errorf("cannot write the capture: %w", errors.Join(err, file.Close()))
	}
	return &capture{w, file}, nil
}

// writer is the capture's, or nil.
func (c *capture) writer() *pcapng.Writer {
	if c == nil {
		return nil
	}
	return c.Writer
}

// close finishes the file and says what is in it.
func (c *capture) close(w io.Writer) error {
	if c == nil {
		return nil
	}
	if err := errors.Join(c.Close(), c.file.Close()); err != nil {
		return fmt.Errorf("cannot write the capture: %w", err)
	}
	fmt.Fprintf(w, "%d datagrams in %s\n", c.Packets(), c.file.Name())
	return nil
}
