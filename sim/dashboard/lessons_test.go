package dashboard

import (
	"context"
	"encoding/json"
	"testing"
	"time"

	"laglab/sim"
	"laglab/sim/arena"
	"laglab/sim/lesson"
)

// withLessons is the config of a dashboard with lessons.
func withLessons(s sim.Show) Config {
	return Config{Show: s, Lessons: lesson.All, Begin: func(s sim.Scenario) (Runner, error) { return sim.NewPaced(arena.Game, s) }}
}

// TestLessons: a lesson is shown in place of the run, to all who watch; another one ends it, and the run goes on behind it.
func TestLessons(t *testing.T) {
	show := pacedShow(t)
	s := serve(t, withLessons(show))
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	c := s.dial(ctx)
	if err := c.Write(ctx, 1, []byte(`{"watch": {"rate": 60, "world": true, "players": [{"group": 0, "number": 1}]}}`)); err != nil {
		t.Fatal(err)
	}
	shows := func(lesson, scenario string) {
		t.Helper()
		next(ctx, t, c, "hello", func(b json.RawMessage) bool {
			var h hello
			return json.Unmarshal(b, &h) == nil && h.Lesson == lesson && h.Run.Scenario == scenario
		})
	}
	begin := func(o lessonOrder) {
		t.Helper()
		if status, text := s.call("/api/lesson", o, nil); status != 200 {
			t.Fatalf("%d: %s", status, text)
		}
	}
	shows("", "")
	before := show.Pace().Now
	var all []lesson.Lesson
	if s.call("/api/lessons", nil, &all); len(all) != 8 || all[0].Title == "" || all[0].Layout.Players == nil {
		t.Errorf("%+v", all)
	}
	begin(lessonOrder{Name: "why-prediction"})
	shows("why-prediction", "why-prediction")
	next(ctx, t, c, "scene", func(b json.RawMessage) bool { // the viewer goes on watching
		var scene sim.Scene
		return json.Unmarshal(b, &scene) == nil && len(scene.World) >= 6 && scene.Players[0] != nil && scene.Players[0].Name == "predicting-1"
	})
	if status, text := s.call("/api/pace", sim.Pace{Speed: 0.5}, nil); status != 200 {
		t.Errorf("%d: %s", status, text)
	}
	if _, err := s.d.current().Join(sim.Person{Name: "anna"}); err != nil {
		t.Errorf("nobody can join: %v", err)
	}
	first := s.d.current()
	for range 10 {
		begin(lessonOrder{Name: "why-prediction"})
		var timeline sim.Timeline
		if status, text := s.call("/api/timeline", nil, &timeline); status != 200 || timeline.Series["predicting"] == nil {
			t.Fatalf("just after the beginning there is no timeline: %d: %s", status, text)
		}
	}
	begin(lessonOrder{Name: "lag-compensation", Set: []string{"rewind=off"}})
	shows("lag-compensation", "lag-compensation")
	if d := s.d.current().Describe(); d.Rewind != "off" {
		t.Errorf("rewind is %s", d.Rewind)
	}
	waitFor(t, "the first lesson to end", func() bool { return first.Do(sim.Event{Do: sim.Kick{}}) == sim.ErrOver })
	for _, bad := range []lessonOrder{{Name: "why-not"}, {Name: "why-prediction", Set: []string{"rewind=7"}}} {
		if status, text := s.call("/api/lesson", bad, nil); status != 400 {
			t.Errorf("%d: %s", status, text)
		}
	}
	begin(lessonOrder{})
	shows("", "")
	if after := show.Pace().Now; after <= before {
		t.Errorf("the run stood still behind the lessons: %v, then %v", before, after)
	}
}

// TestUnwatchedLessonEnds: a lesson that nobody watches ends by itself, and one that is watched does not.
func TestUnwatchedLessonEnds(t *testing.T) {
	short := usual
	short.lesson = 300 * time.Millisecond
	s := serveWith(t, withLessons(pacedShow(t)), short)
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	c := s.dial(ctx)
	next(ctx, t, c, "hello", nil)
	s.call("/api/lesson", lessonOrder{Name: "why-prediction"}, nil)
	until := time.Now().Add(3 * short.lesson)
	next(ctx, t, c, "progress", func(json.RawMessage) bool { return time.Now().After(until) })
	if s.d.current().lesson == "" {
		t.Error("a lesson that is watched has ended")
	}
	c.CloseNow()
	waitFor(t, "the lesson to end", func() bool { return s.d.current().lesson == "" })
}

// TestNoLessons: a dashboard without lessons says so.
func TestNoLessons(t *testing.T) {
	s := serve(t, Config{Show: pacedShow(t)})
	if status, _ := s.call("/api/lesson", lessonOrder{Name: "why-prediction"}, nil); status != 400 {
		t.Error(status)
	}
	if _, text := s.call("/api/lessons", nil, nil); text != "[]\n" {
		t.Error(text)
	}
}
