package bench

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"path/filepath"
	"strings"
	"text/tabwriter"
	"time"
)

// Config says what to measure.
type Config struct {
	Players []int         // default 100, 400, 800, 1600
	Kinds   []Kind        // in this order; default: all
	Whole   bool          // snapshots are sent whole, not as differences
	Sockets int           // see Task
	Window  time.Duration // of each measurement; default 5 s
	Settle  time.Duration // before it, once all play; default 2 s
	// Command starts a process that calls Node with the task.
	Command func(Task) (*exec.Cmd, error)
	// Profiles is a directory for CPU profiles of all nodes, or empty.
	Profiles string
	// Progress is told what is going on.
	Progress func(string)
}

// Row is the outcome of one kind with one number of players.
type Row struct {
	Kind           Kind    `json:"kind"`
	Players        int     `json:"players"`
	ServerMicros   float64 `json:"server_us_per_client_second"`
	LoadMicros     float64 `json:"load_us_per_client_second"`
	Ratio          float64 `json:"ratio_to_plain_udp"`
	PolledRatio    float64 `json:"ratio_to_polled_udp"`
	Waits          float64 `json:"waits_per_client_second"`
	BytesUp        float64 `json:"bytes_up_per_player_second"` // with IP and UDP headers
	BytesDown      float64 `json:"bytes_down_per_player_second"`
	DatagramsUp    float64 `json:"datagrams_up_per_player_second"`
	DatagramsDown  float64 `json:"datagrams_down_per_player_second"`
	AllocsPerTick  float64 `json:"allocations_per_tick"`
	Pinned         bool    `json:"pinned"`
	Void           string  `json:"void,omitempty"`
	Server, Player Reading `json:"-"`
}

// voidLate is how late, in microseconds at p99, the load may be: a quarter of a tick.
const voidLate = 1_000_000 / tickRate / 4

// Run measures. It stops all processes that it started before it returns.
func Run(ctx context.Context, c Config) ([]Row, error) {
	if len(c.Players) == 0 {
		c.Players = []int{100, 400, 800, 1600}
	}
	if c.Window == 0 {
		c.Window = 5 * time.Second
	}
	if c.Settle == 0 {
		c.Settle = 2 * time.Second
	}
	kinds := c.Kinds
	if len(kinds) == 0 {
		kinds = []Kind{Laglab, Plain, Polled, Session}
	}
	var rows []Row
	for _, players := range c.Players {
		task := Task{Players: players, Whole: c.Whole, Sockets: c.Sockets, SizeUp: 100, SizeDown: 900}
		var plain, polled float64
		for _, kind := range kinds {
			task.Kind = kind
			row, err := c.measure(ctx, task)
			if err != nil {
				return rows, err
			}
			switch kind {
			case Laglab: // the yardsticks carry datagrams of its sizes
				task.SizeUp = perDatagram(row.Server.BytesIn, row.Server.DatagramsIn)
				task.SizeDown = perDatagram(row.Server.BytesOut, row.Server.DatagramsOut)
			case Plain:
				plain = row.ServerMicros
			case Polled:
				polled = row.ServerMicros
			}
			rows = append(rows, row)
		}
		for i := range rows {
			if r := &rows[i]; r.Players == players {
				r.Ratio, r.PolledRatio = ratio(r.ServerMicros, plain), ratio(r.ServerMicros, polled)
			}
		}
	}
	return rows, nil
}

// ratio is 0 when what it would relate to was not measured.
func ratio(micros, of float64) float64 {
	if of == 0 {
		return 0
	}
	return micros / of
}

func perDatagram(bytes, datagrams int64) int { return int(bytes / max(datagrams, 1)) }

// measure runs one server and its load.
func (c *Config) measure(ctx context.Context, t Task) (Row, error) {
	c.tell(fmt.Sprintf("%s, %d players", t.Kind, t.Players))
	row := Row{Kind: t.Kind, Players: t.Players}
	server, err := c.start(ctx, t, 0)
	if err != nil {
		return row, err
	}
	defer server.stop()
	t.Load, t.Addr = true, server.addr
	load, err := c.start(ctx, t, 1)
	if err != nil {
		return row, err
	}
	defer load.stop()
	row.Pinned = server.pinned && load.pinned
	if err := wait(ctx, c.Settle); err != nil {
		return row, err
	}
	if err := errors.Join(server.begin(), load.begin()); err != nil {
		return row, err
	}
	if err := wait(ctx, c.Window); err != nil {
		return row, err
	}
	if row.Server, err = server.end(); err != nil {
		return row, err
	}
	if row.Player, err = load.end(); err != nil {
		return row, err
	}
	row.fill()
	return row, nil
}

func (c *Config) tell(s string) {
	if c.Progress != nil {
		c.Progress(s)
	}
}

func wait(ctx context.Context, d time.Duration) error {
	select {
	case <-time.After(d):
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// fill computes the row's figures from the readings.
func (r *Row) fill() {
	s, p := &r.Server, &r.Player
	clientSeconds := float64(r.Players) * s.Seconds
	r.ServerMicros = s.CPU / clientSeconds * 1e6
	r.Waits = float64(s.Waits) / clientSeconds
	r.LoadMicros = p.CPU / (float64(r.Players) * p.Seconds) * 1e6
	r.BytesUp = float64(s.BytesIn+headers*s.DatagramsIn) / clientSeconds
	r.BytesDown = float64(s.BytesOut+headers*s.DatagramsOut) / clientSeconds
	r.DatagramsUp = float64(s.DatagramsIn) / clientSeconds
	r.DatagramsDown = float64(s.DatagramsOut) / clientSeconds
	if s.Ticks > 0 {
		r.AllocsPerTick = float64(s.Mallocs) / float64(s.Ticks)
	}
	switch {
	case p.Late.P99 > voidLate:
		r.Void = fmt.Sprintf("the load was late by %.1f ms at p99", float64(p.Late.P99)/1000)
	case r.DatagramsUp < 0.95*tickRate:
		r.Void = fmt.Sprintf("only %.1f commands per player and second arrived", r.DatagramsUp)
	case r.DatagramsDown < 0.95*snapshotRate:
		r.Void = fmt.Sprintf("only %.1f snapshots per player and second were sent", r.DatagramsDown)
	}
}

// headers is what IPv4 and UDP add to a datagram.
const headers = 28

// process is a node that runs.
type process struct {
	cmd    *exec.Cmd
	in     io.WriteCloser
	out    *bufio.Scanner
	addr   string
	pinned bool
}

func (c *Config) start(ctx context.Context, t Task, processor int) (*process, error) {
	if c.Profiles != "" {
		side := "server"
		if t.Load {
			side = "load"
		}
		t.Profile = filepath.Join(c.Profiles, fmt.Sprintf("%s-%d-%s.prof", strings.ReplaceAll(string(t.Kind), " ", "-"), t.Players, side))
	}
	cmd, err := c.Command(t)
	if err != nil {
		return nil, err
	}
	p := &process{cmd: cmd}
	if p.in, err = cmd.StdinPipe(); err != nil {
		return nil, err
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	p.out = bufio.NewScanner(out)
	if p.pinned, err = startPinned(cmd, processor); err != nil {
		return nil, err
	}
	stop := context.AfterFunc(ctx, func() { _ = cmd.Process.Kill() })
	r, err := p.line()
	stop()
	if err != nil {
		p.stop()
		return nil, fmt.Errorf("%s of %d players: %w", t.Kind, t.Players, err)
	}
	p.addr = r.Addr
	return p, nil
}

// line reads one reply.
func (p *process) line() (r reply, err error) {
	if !p.out.Scan() {
		return r, errors.New("the process ended early")
	}
	if err := json.Unmarshal(p.out.Bytes(), &r); err != nil {
		return r, fmt.Errorf("the process said %q: %w", p.out.Text(), err)
	}
	if r.Error != "" {
		return r, errors.New(r.Error)
	}
	return r, nil
}

func (p *process) begin() error {
	if _, err := io.WriteString(p.in, "begin\n"); err != nil {
		return err
	}
	_, err := p.line()
	return err
}

func (p *process) end() (Reading, error) {
	if _, err := io.WriteString(p.in, "end\n"); err != nil {
		return Reading{}, err
	}
	r, err := p.line()
	if err != nil || r.Reading == nil {
		return Reading{}, errors.Join(err, errors.New("the process has no reading"))
	}
	return *r.Reading, nil
}

// stop ends the process: gently by closing its input, and then not.
func (p *process) stop() {
	p.in.Close()
	t := time.AfterFunc(10*time.Second, func() { _ = p.cmd.Process.Kill() })
	defer t.Stop()
	_ = p.cmd.Wait()
}

// WriteText writes the table that a person reads.
func WriteText(w io.Writer, rows []Row) error {
	var b strings.Builder
	fmt.Fprintf(&b, "\nCPU per client-second of the whole server, %d Hz, %d snapshots/s; compare the ratios, not the microseconds\n\n", tickRate, snapshotRate)
	t := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "players\tserver\tus/client-s\tof plain\tof polled\twaits/client-s\tload us\ttick p50\tp99\tmax ms\tstart late p50\tp99 ms\tskipped\tdropped\tallocs/tick\tkB/s up\tdown\tload late p99\t")
	for i := range rows {
		r := &rows[i]
		own := "\t\t\t\t\t\t\t"
		if r.Kind == Laglab {
			own = fmt.Sprintf("%s\t%s\t%s\t%s\t%s\t%d\t%d\t%.1f", ms(r.Server.Cost.P50), ms(r.Server.Cost.P99), ms(r.Server.Cost.Max),
				ms(r.Server.Late.P50), ms(r.Server.Late.P99), r.Server.Skipped, r.Server.Drops, r.AllocsPerTick)
		}
		void := ""
		if r.Void != "" {
			void = "VOID: " + r.Void
		}
		fmt.Fprintf(t, "%d\t%s\t%.0f\t%.2f\t%.2f\t%.1f\t%.0f\t%s\t%.1f\t%.1f\t%s ms\t%s\n", r.Players, r.Kind, r.ServerMicros, r.Ratio, r.PolledRatio, r.Waits, r.LoadMicros, own,
			r.BytesUp/1000, r.BytesDown/1000, ms(r.Player.Late.P99), void)
	}
	t.Flush()
	if len(rows) > 0 && !rows[0].Pinned {
		b.WriteString("\nserver and load could not be pinned to processors of their own\n")
	}
	_, err := io.WriteString(w, b.String())
	return err
}

func ms(micros int64) string { return fmt.Sprintf("%.3f", float64(micros)/1000) }
