// Package dashboard shows a run in the browser and to scripts, and steers it: HTTP on the number of the game's own port,
// with a page, a JSON API, a WebSocket and metrics. API.md says what each call does.
//
//	d := dashboard.New(dashboard.Config{Show: lab, Addr: lab.Addr()})
//	go d.Serve(ctx, listener)
//
// A dashboard can run lessons in place of its run, and Relay serves a relay in the same style.
//
// It is for this machine: the Host header must name it, what changes something needs a token that only its own page can
// read, and whoever takes too long is dropped. It asks the run by the interface sim.Show alone; that is safe at any time,
// and holds bots and ticks up for microseconds.
package dashboard
