package dashboard

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/pprof"
	"strconv"
	"strings"
	"time"

	"laglab/protocol"
	"laglab/sim"
	"laglab/sim/bot"
	"laglab/sim/netem"
)

// Handler is all that is served.
func (d *Dashboard) Handler() http.Handler {
	mux := http.NewServeMux()
	mux.Handle("/", servePage("index.html"))
	mux.HandleFunc("GET /api/run", d.getRun)
	mux.HandleFunc("GET /api/progress", d.getProgress)
	mux.HandleFunc("GET /api/players", d.getPlayers)
	mux.HandleFunc("GET /api/timeline", d.getTimeline)
	mux.HandleFunc("GET /api/scene", d.getScene)
	mux.HandleFunc("GET /api/report", d.getReport)
	mux.HandleFunc("GET /api/datagrams", d.getDatagrams)
	mux.HandleFunc("GET /api/datagram", d.getDatagram)
	mux.HandleFunc("GET /api/presets", getPresets)
	mux.HandleFunc("GET /api/actions", getActions)
	mux.HandleFunc("GET /api/lessons", d.getLessons)
	mux.HandleFunc("POST /api/lesson", d.withToken(d.postLesson))
	mux.HandleFunc("POST /api/do", d.withToken(d.postDo))
	mux.HandleFunc("POST /api/pace", d.withToken(d.postPace))
	mux.HandleFunc("GET /ws", d.watch)
	mux.Handle("GET /metrics", d.metrics())
	mux.HandleFunc("GET /healthz", d.getHealth)
	if d.config.Pprof {
		profile(mux)
	} else {
		mux.HandleFunc("/debug/", func(w http.ResponseWriter, _ *http.Request) {
			refuse(w, http.StatusNotFound, "profiles are served with --pprof only")
		})
	}
	mux.HandleFunc("/api/", func(w http.ResponseWriter, r *http.Request) {
		refuse(w, http.StatusNotFound, fmt.Sprintf("there is no %s %s: see API.md", r.Method, r.URL.Path))
	})
	return d.guard.protect(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasPrefix(r.URL.Path, "/api/") {
			d.asked()
		}
		mux.ServeHTTP(w, r)
	}))
}

// answer writes a value as JSON.
func answer(w http.ResponseWriter, v any) {
	b, err := json.Marshal(v)
	if err != nil {
		refuse(w, http.StatusInternalServerError, err.Error())
		return
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	_, _ = w.Write(append(b, '\n'))
}

// refuse answers with an error.
func refuse(w http.ResponseWriter, status int, why string) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	b, _ := json.Marshal(problem{why})
	_, _ = w.Write(append(b, '\n'))
}

// problem is the answer to what could not be done.
type problem struct {
	Error string `json:"error"`
}

// read reads a request's body, all of it, and refuses what is not known.
func read(w http.ResponseWriter, r *http.Request, v any) bool {
	dec := json.NewDecoder(r.Body)
	dec.DisallowUnknownFields()
	err := dec.Decode(v)
	if err == nil {
		if _, more := dec.Token(); more != io.EOF {
			err = errors.New("want one JSON object")
		}
	}
	var tooBig *http.MaxBytesError
	switch {
	case errors.As(err, &tooBig):
		refuse(w, http.StatusRequestEntityTooLarge, fmt.Sprintf("the body is too large: want at most %d bytes", tooBig.Limit))
	case err != nil:
		refuse(w, http.StatusBadRequest, "the body is not what it should be: "+err.Error())
	}
	return err == nil
}

// refuseError answers with what went wrong with the run.
func refuseError(w http.ResponseWriter, err error) {
	status := http.StatusBadRequest
	if errors.Is(err, sim.ErrOver) || errors.Is(err, sim.ErrRealTime) {
		status = http.StatusConflict
	}
	refuse(w, status, err.Error())
}

// hello is what does not change while something is shown.
type hello struct {
	Token  string          `json:"token"`
	Run    sim.Description `json:"run"`
	Lesson string          `json:"lesson"`
}

func (d *Dashboard) helloOf(s *stage) hello { return hello{d.token, s.Describe(), s.lesson} }

func (d *Dashboard) getRun(w http.ResponseWriter, _ *http.Request) {
	answer(w, d.helloOf(d.current()))
}

func (d *Dashboard) getPlayers(w http.ResponseWriter, _ *http.Request) {
	rows := d.current().Rows()
	if rows == nil {
		rows = []bot.Row{}
	}
	answer(w, rows)
}

func (d *Dashboard) getTimeline(w http.ResponseWriter, _ *http.Request) {
	t := d.current().Timeline()
	if t == nil {
		refuseError(w, sim.ErrOver)
		return
	}
	answer(w, t)
}

func (d *Dashboard) getProgress(w http.ResponseWriter, _ *http.Request) {
	s := d.current()
	answer(w, progressNews{s.progress(s.Show), s.Pace()})
}

func (d *Dashboard) getScene(w http.ResponseWriter, r *http.Request) {
	q, err := lookRequest(r.URL.Query().Get)
	if err != nil {
		refuse(w, http.StatusBadRequest, err.Error())
		return
	}
	answer(w, d.current().Look(q))
}

func (d *Dashboard) getReport(w http.ResponseWriter, _ *http.Request) {
	d.reporting.Lock() // one at a time: it takes tens of milliseconds
	defer d.reporting.Unlock()
	r, err := d.current().Report()
	if err != nil {
		refuseError(w, err)
		return
	}
	answer(w, r)
}

// getHealth answers ok while the server ticks.
func (d *Dashboard) getHealth(w http.ResponseWriter, _ *http.Request) {
	h := d.run.progress(d.run.Show).Health
	if h.Server == "down" {
		refuse(w, http.StatusServiceUnavailable, "the server is down")
		return
	}
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	_, _ = fmt.Fprintln(w, "ok")
}

// profile serves the profiles of the process.
func profile(mux *http.ServeMux) {
	slow := func(h http.HandlerFunc) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) {
			_ = http.NewResponseController(w).SetWriteDeadline(time.Time{}) // a profile takes as long as it is asked to
			h(w, r)
		}
	}
	mux.HandleFunc("GET /debug/pprof/", slow(pprof.Index))
	mux.HandleFunc("GET /debug/pprof/cmdline", pprof.Cmdline)
	mux.HandleFunc("GET /debug/pprof/profile", slow(pprof.Profile))
	mux.HandleFunc("GET /debug/pprof/symbol", pprof.Symbol)
	mux.HandleFunc("GET /debug/pprof/trace", slow(pprof.Trace))
}

// lookRequest reads what to look at.
func lookRequest(value func(string) string) (q sim.LookRequest, err error) {
	if text := value("match"); text != "" {
		if q.Match, err = strconv.Atoi(text); err != nil {
			return q, fmt.Errorf("match is %q: want a number from 0 on", text)
		}
	}
	if text := value("entity"); text != "" {
		n, err := strconv.ParseUint(text, 10, 32)
		if err != nil {
			return q, fmt.Errorf("entity is %q: want its number", text)
		}
		q.Entity = protocol.EntityID(n)
	}
	q.World = value("world") == "1" || value("world") == "true"
	if text := value("player"); text != "" {
		for one := range strings.SplitSeq(text, ",") {
			at, err := parsePlayer(one)
			if err != nil {
				return q, err
			}
			q.Players = append(q.Players, at)
		}
	}
	if len(q.Players) > mostLookedAt {
		return q, fmt.Errorf("%d players: want at most %d", len(q.Players), mostLookedAt)
	}
	return q, nil
}

// parsePlayer reads GROUP.NUMBER.
func parsePlayer(text string) (at sim.LookAt, err error) {
	group, number, _ := strings.Cut(text, ".")
	g, err := strconv.Atoi(group)
	n, err2 := strconv.Atoi(number)
	if err != nil || err2 != nil {
		return at, fmt.Errorf("player is %q: want GROUP.NUMBER, for instance 0.1", text)
	}
	return sim.LookAt{Group: g, Number: n}, nil
}

// preset is a network that has a name.
type preset struct {
	Name   string `json:"name"`
	About  string `json:"about"`
	Source string `json:"source"`
	Up     string `json:"up"`
	Down   string `json:"down"`
}

func getPresets(w http.ResponseWriter, _ *http.Request) {
	all := []preset{}
	for _, p := range netem.Presets() {
		all = append(all, preset{p.Name, p.About, p.Source, p.Path.Up.String(), p.Path.Down.String()})
	}
	answer(w, all)
}

// action is a kind of action.
type action struct {
	Name  string `json:"name"`
	Form  string `json:"form"`
	About string `json:"about"`
}

func getActions(w http.ResponseWriter, _ *http.Request) {
	all := []action{}
	for i := range sim.Actions {
		k := &sim.Actions[i]
		all = append(all, action{k.Name, k.Form, k.About})
	}
	answer(w, all)
}

// order is something to be done.
type order struct {
	Group  string `json:"group"`
	Bots   []int  `json:"bots"`
	Action string `json:"action"`
	Value  string `json:"value"`
}

// event is what is to be done.
func (o *order) event() (sim.Event, error) {
	a, err := sim.ParseAction(o.Action, o.Value)
	return sim.Event{Group: o.Group, Bots: o.Bots, Do: a}, err
}

func (d *Dashboard) postDo(w http.ResponseWriter, r *http.Request) {
	var o order
	if !read(w, r, &o) {
		return
	}
	e, err := o.event()
	if err != nil {
		refuse(w, http.StatusBadRequest, err.Error())
		return
	}
	if err := d.current().Do(e); err != nil {
		refuseError(w, err)
		return
	}
	d.look()
	answer(w, map[string]string{"told": e.String()})
}

func (d *Dashboard) postPace(w http.ResponseWriter, r *http.Request) {
	var to sim.Pace
	if !read(w, r, &to) {
		return
	}
	s := d.current()
	if err := s.SetPace(to); err != nil {
		refuseError(w, err)
		return
	}
	d.look()
	answer(w, s.Pace())
}
