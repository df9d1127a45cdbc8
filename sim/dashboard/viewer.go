package dashboard

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"github.com/coder/websocket"

	"laglab/protocol"
	"laglab/protocol/game"
	"laglab/sim"
	"laglab/sim/netem"
)

// viewer is somebody at a WebSocket. One goroutine reads, another one writes; scenes are made only when the one before has
// gone out, so that who is slow loses scenes and holds nobody up.
type viewer struct {
	dashboard *Dashboard
	socket    *websocket.Conn
	news      chan []byte // for the one who writes; who lets it fill up loses some
	dismissed context.CancelFunc

	mu    sync.Mutex
	wants watchOrder
	fresh chan struct{} // wants has changed

	pad    atomic.Pointer[game.Pad]
	joined *seat // of the one who reads
}

// seat is where a viewer plays.
type seat struct {
	stage  *stage
	Group  int `json:"group"`
	Number int `json:"number"`
}

// What comes from a viewer: one of these.
type (
	request struct {
		Watch *watchOrder `json:"watch"`
		Join  *joinOrder  `json:"join"`
		Pad   *game.Pad   `json:"pad"`
		Leave *struct{}   `json:"leave"`
	}
	watchOrder struct {
		Rate    float64           `json:"rate"`
		Match   int               `json:"match"`
		World   bool              `json:"world"`
		Players []watchedPlayer   `json:"players"`
		Entity  protocol.EntityID `json:"entity"`
	}
	watchedPlayer struct {
		Group  int `json:"group"`
		Number int `json:"number"`
	}
	joinOrder struct {
		Name string `json:"name"`
		Link string `json:"link"`
	}
)

// The limits of viewers.
const (
	mostViewers    = 32
	mostLookedAt   = 4
	mostScenes     = 60.0 // per second
	mostMessage    = 4 << 10
	mostMessages   = 200 // per second, on average
	newsThatWait   = 64
	messagesAtOnce = 400
)

// enter lets a viewer in, if there is room, and makes it one of those who are told.
func (d *Dashboard) enter(v *viewer) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	if len(d.viewers) >= mostViewers {
		return false
	}
	d.viewers[v] = struct{}{}
	return true
}

func (d *Dashboard) leave(v *viewer) {
	d.mu.Lock()
	defer d.mu.Unlock()
	delete(d.viewers, v)
}

// dismiss ends all viewers.
func (d *Dashboard) dismiss() {
	d.mu.Lock()
	defer d.mu.Unlock()
	for v := range d.viewers {
		v.dismissed()
	}
}

// watch is GET /ws.
func (d *Dashboard) watch(w http.ResponseWriter, r *http.Request) {
	ctx, cancel := context.WithCancel(r.Context())
	defer cancel()
	v := &viewer{dashboard: d, news: make(chan []byte, newsThatWait), fresh: make(chan struct{}, 1), dismissed: cancel}
	if !d.enter(v) {
		w.Header().Set("Connection", "close")
		refuse(w, http.StatusServiceUnavailable, fmt.Sprintf("%d viewers watch already: close one of their pages", mostViewers))
		return
	}
	defer d.leave(v)
	var err error
	if v.socket, err = websocket.Accept(w, r, nil); err != nil {
		return // it has answered
	}
	defer v.socket.CloseNow()
	cutShort(r)
	v.socket.SetReadLimit(mostMessage)
	v.pad.Store(&game.Pad{})
	var writer sync.WaitGroup
	writer.Go(func() {
		defer cancel()
		v.write(ctx)
	})
	v.read(ctx)
	cancel()
	writer.Wait()
	v.leaveGame()
}

// tell has a viewer told something. It does not wait.
func (v *viewer) tell(b []byte) {
	select {
	case v.news <- b:
	default:
	}
}

// say is the same for a value.
func (v *viewer) say(message any) {
	if b, err := json.Marshal(message); err == nil {
		v.tell(b)
	}
}

// write writes what there is to be told, and scenes, until the viewer is gone or takes nothing for too long.
func (v *viewer) write(ctx context.Context) {
	tick := time.NewTicker(time.Hour)
	defer tick.Stop()
	var eye eye
	for {
		if s := v.dashboard.current(); eye.stage != s {
			eye = newEye(s)
			if wants := v.wanted(); wants.Rate > 0 {
				eye.turn(&wants)
			}
			if !v.send(ctx, map[string]any{"hello": v.dashboard.helloOf(s)}) {
				return
			}
		}
		select {
		case <-ctx.Done():
			return
		case b := <-v.news:
			if !v.sendBytes(ctx, b) {
				return
			}
		case <-v.fresh:
			wants := v.wanted()
			eye.turn(&wants)
			tick.Reset(eye.every)
		case <-tick.C:
			if !v.send(ctx, map[string]any{"scene": eye.look()}) {
				return
			}
		}
	}
}

func (v *viewer) wanted() watchOrder {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.wants
}

func (v *viewer) send(ctx context.Context, message any) bool {
	b, err := json.Marshal(message)
	return err == nil && v.sendBytes(ctx, b)
}

func (v *viewer) sendBytes(ctx context.Context, b []byte) bool {
	ctx, cancel := context.WithTimeout(ctx, v.dashboard.patience.viewer)
	defer cancel()
	return v.socket.Write(ctx, websocket.MessageText, b) == nil
}

// eye looks at a stage again and again.
type eye struct {
	stage *stage
	asks  sim.LookRequest
	every time.Duration
}

func newEye(s *stage) eye { return eye{stage: s, every: time.Hour} }

// turn makes it look at something else.
func (e *eye) turn(w *watchOrder) {
	e.asks = sim.LookRequest{Match: w.Match, World: w.World, Shots: e.asks.Shots, Entity: w.Entity}
	for _, p := range w.Players[:min(len(w.Players), mostLookedAt)] {
		e.asks.Players = append(e.asks.Players, sim.LookAt{Group: p.Group, Number: p.Number})
	}
	e.every = time.Duration(float64(time.Second) / min(max(w.Rate, 1), mostScenes))
}

// look looks, and notes from where on to go on the next time.
func (e *eye) look() sim.Scene {
	scene := e.stage.Look(e.asks)
	e.asks.Shots = scene.NextShot
	for i, p := range scene.Players {
		if p != nil && i < len(e.asks.Players) {
			e.asks.Players[i].Since = p.Lag.Next
		}
	}
	return scene
}

// read does what the viewer asks for, until it is gone.
func (v *viewer) read(ctx context.Context) {
	began, messages := time.Now(), 0
	for {
		_, b, err := v.socket.Read(ctx)
		if err != nil {
			return
		}
		if messages++; float64(messages) > messagesAtOnce+mostMessages*time.Since(began).Seconds() {
			return
		}
		var q request
		if err := json.Unmarshal(b, &q); err != nil {
			v.say(problem{"this is not what it should be: " + err.Error()})
			continue
		}
		if err := v.do(&q); err != nil {
			v.say(problem{err.Error()})
		}
	}
}

func (v *viewer) do(q *request) error {
	switch {
	case q.Watch != nil:
		v.mu.Lock()
		v.wants = *q.Watch
		v.mu.Unlock()
		select {
		case v.fresh <- struct{}{}:
		default:
		}
		return nil
	case q.Pad != nil:
		v.pad.Store(q.Pad)
		return nil
	case q.Join != nil:
		return v.join(q.Join)
	case q.Leave != nil:
		v.leaveGame()
		return nil
	}
	return fmt.Errorf("want one of watch, join, pad and leave")
}

// join lets the viewer play.
func (v *viewer) join(q *joinOrder) error {
	v.leaveGame()
	path, err := netem.ParsePath(q.Link)
	if err != nil {
		return err
	}
	s := v.dashboard.current()
	v.pad.Store(&game.Pad{})
	number, err := s.Join(sim.Person{Name: q.Name, Link: path, Pad: func() game.Pad { return *v.pad.Load() }})
	if err != nil {
		return err
	}
	v.joined = &seat{stage: s, Number: number}
	for i, g := range s.Describe().Groups {
		if g.Name == sim.People {
			v.joined.Group = i
		}
	}
	v.say(map[string]*seat{"joined": v.joined})
	return nil
}

// leaveGame takes the viewer's player out.
func (v *viewer) leaveGame() {
	if v.joined == nil {
		return
	}
	_ = v.joined.stage.Do(sim.Event{Group: sim.People, Bots: []int{v.joined.Number}, Do: sim.Remove{}}) // or the run is over
	v.joined = nil
}
