package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net"
	"net/http"
	"regexp"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// heard is what a command says, for who reads it meanwhile.
type heard struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (h *heard) Write(b []byte) (int, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.b.Write(b)
}

func (h *heard) String() string {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.b.String()
}

// going is a command that runs until it is interrupted.
type going struct {
	out, err  heard
	code      chan int
	interrupt func()
}

// begin runs a command until the test ends, at the latest.
func begin(t *testing.T, args ...string) *going {
	t.Helper()
	ctx, cancel := context.WithCancelCause(context.Background())
	g := &going{code: make(chan int, 1), interrupt: func() { cancel(errInterrupted) }}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		g.code <- run(ctx, args, &g.out, &g.err)
	}()
	t.Cleanup(func() { g.interrupt(); <-ended })
	return g
}

var pageLink = regexp.MustCompile(`(?m)^page: (http://\S+)$`)

// page waits for a command's page, and returns its address.
func (g *going) page(t *testing.T) (addr string) {
	t.Helper()
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for deadline := time.Now().Add(10 * time.Second); ; <-tick.C {
		if m := pageLink.FindStringSubmatch(g.err.String()); m != nil {
			return strings.TrimPrefix(m[1], "http://")
		}
		if time.Now().After(deadline) {
			t.Fatalf("there is no page: %s", g.err.String())
		}
	}
}

func get(t *testing.T, url string, into any) string {
	t.Helper()
	r, err := http.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Body.Close()
	b, err := io.ReadAll(r.Body)
	if err != nil {
		t.Fatal(err)
	}
	if into != nil {
		if err := json.Unmarshal(b, into); err != nil {
			t.Fatalf("%v in %s", err, b)
		}
	}
	return string(b)
}

// TestPages: what runs a server shows a page at the game's own number.
func TestPages(t *testing.T) {
	for _, args := range [][]string{{"demo"}, {"demo", "--paced"}, {"run", "--count", "2", "--duration", "1h"}, {"serve"}} {
		t.Run(strings.Join(args, " "), func(t *testing.T) {
			g := begin(t, append(args, "--addr", "127.0.0.1:0")...)
			addr := g.page(t)
			var run struct {
				Run struct {
					Addr  string
					Paced bool
				}
			}
			if get(t, "http://"+addr+"/api/run", &run); !run.Run.Paced && run.Run.Addr != addr {
				t.Errorf("the game is at %s and the page at %s", run.Run.Addr, addr)
			}
			if text := get(t, "http://"+addr+"/", nil); !strings.Contains(text, "laglab") {
				t.Errorf("the page is %q", text)
			}
			g.interrupt()
			if code := <-g.code; code != exitInterrupted {
				t.Errorf("exit code %d: %s", code, g.err.String())
			}
			if _, err := net.DialTimeout("tcp", addr, time.Second); err == nil {
				t.Error("the page is still there")
			}
		})
	}
}

// TestNoPage: --no-http leaves TCP alone.
func TestNoPage(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	code, stdout, stderr := call(context.Background(), "run", "--addr", l.Addr().String(), "--no-http", "--count", "2", "--duration", "500ms")
	if code != exitOK || strings.Contains(stderr, "page:") || !strings.Contains(stdout, "PLAYERS") {
		t.Errorf("exit code %d: %s", code, stderr)
	}
}

// TestBoundTogether: TCP and UDP are bound together or not at all, and the message names the one that failed and who holds it.
func TestBoundTogether(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	addr := l.Addr().String()
	code, _, stderr := call(context.Background(), "serve", "--addr", addr)
	for _, w := range []string{"TCP " + addr, "in use", "--no-http", holderOf("tcp", addr)} {
		if code != exitBind || !strings.Contains(stderr, w) {
			t.Errorf("exit code %d, no %q in %q", code, w, stderr)
		}
	}
	if c, err := net.ListenPacket("udp", addr); err != nil {
		t.Errorf("UDP was not released: %v", err)
	} else {
		c.Close()
	}
	port := taken(t) // UDP
	if code, _, stderr := call(context.Background(), "serve", "--addr", port); code != exitBind || !strings.Contains(stderr, "UDP "+port) {
		t.Errorf("exit code %d: %q", code, stderr)
	}
	if l, err := net.Listen("tcp", port); err != nil {
		t.Errorf("TCP was not released: %v", err)
	} else {
		l.Close()
	}
}

// TestAnyPort: with port 0 it tries until both are free.
func TestAnyPort(t *testing.T) {
	tries := 0
	var p pageFlags
	l, err := p.bind("127.0.0.1:0", func(string) error {
		if tries++; tries < 5 {
			return syscall.EADDRINUSE
		}
		return nil
	})
	if err != nil || tries != 5 {
		t.Fatalf("%d tries, %v", tries, err)
	}
	l.Close()
	broken := errors.New("broken")
	if _, err := p.bind("127.0.0.1:0", func(string) error { return broken }); !errors.Is(err, broken) {
		t.Errorf("%v", err)
	}
}
