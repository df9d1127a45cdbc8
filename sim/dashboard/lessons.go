package dashboard

import (
	"context"
	"errors"
	"net/http"
	"time"

	"laglab/sim"
	"laglab/sim/lesson"
)

// Runner is a show that is run by the dashboard: a lesson's.
type Runner interface {
	sim.Show
	Run(ctx context.Context) (*sim.Report, error)
}

// unwatchedFor is how long a lesson goes on when nobody watches, and nobody asks.
const unwatchedFor = time.Minute

// errNoLessons says that this dashboard has none.
var errNoLessons = errors.New("there are no lessons here")

// lessonOrder begins a lesson.
type lessonOrder struct {
	Name string   `json:"name"`
	Set  []string `json:"set"`
}

func (d *Dashboard) getLessons(w http.ResponseWriter, _ *http.Request) {
	all := d.config.Lessons
	if all == nil {
		all = []lesson.Lesson{}
	}
	answer(w, all)
}

func (d *Dashboard) postLesson(w http.ResponseWriter, r *http.Request) {
	var o lessonOrder
	if !read(w, r, &o) {
		return
	}
	if err := d.begin(o); err != nil {
		refuse(w, http.StatusBadRequest, err.Error())
		return
	}
	d.look()
	answer(w, map[string]string{"lesson": d.current().lesson})
}

// begin begins a lesson in place of what is shown, or with no name goes back to the run.
func (d *Dashboard) begin(o lessonOrder) error {
	if o.Name == "" {
		d.show(d.run)
		return nil
	}
	if d.config.Lessons == nil || d.config.Begin == nil {
		return errNoLessons
	}
	l, err := lesson.Find(o.Name)
	if err != nil {
		return err
	}
	scenario, err := l.Begin(o.Set)
	if err != nil {
		return err
	}
	runner, err := d.config.Begin(scenario)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(context.Background())
	s := &stage{Show: runner, lesson: l.Name, end: cancel}
	if !d.show(s) {
		cancel()
		return sim.ErrOver
	}
	go func() {
		defer d.lessons.Done()
		if _, err := runner.Run(ctx); err != nil {
			d.logger.Error("a lesson broke off", "lesson", l.Name, "error", err)
		}
		d.over(s)
	}()
	return nil
}

// show shows something else, and ends the lesson that was shown. ok is false when the dashboard has ended: nothing begins then.
func (d *Dashboard) show(s *stage) (ok bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.ended && s != d.run {
		return false
	}
	if d.stage.end != nil {
		d.stage.end()
	}
	d.stage, d.askedAt = s, time.Now()
	if s.end != nil {
		d.lessons.Add(1)
	}
	return true
}

// over goes back to the run, if what has ended is still shown.
func (d *Dashboard) over(s *stage) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.stage == s {
		d.stage = d.run
	}
}

// endLessons ends the lesson that is shown, and lets no other begin.
func (d *Dashboard) endLessons() {
	d.mu.Lock()
	d.ended = true
	d.mu.Unlock()
	d.show(d.run)
	d.lessons.Wait()
}

// asked notes that somebody is there.
func (d *Dashboard) asked() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.askedAt = time.Now()
}

// leaveUnwatched ends a lesson that nobody has watched for too long.
func (d *Dashboard) leaveUnwatched(now time.Time) {
	d.mu.Lock()
	s, since, watched := d.stage, d.askedAt, len(d.viewers) > 0
	d.mu.Unlock()
	switch {
	case watched:
		d.asked()
	case s != d.run && now.Sub(since) > d.patience.lesson:
		d.show(d.run)
	}
}
