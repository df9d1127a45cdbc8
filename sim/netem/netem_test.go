package netem

import (
	"bytes"
	"cmp"
	"math"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

const ms = time.Millisecond

func TestLossIsAsAsked(t *testing.T) {
	for _, p := range []float64{0, 0.001, 0.02, 0.3, 1} {
		l := NewLink(Profile{Loss: p}, 42)
		const n = 200_000
		lost := 0
		for i := range n {
			if l.Admit(time.Duration(i)*ms, 100).Drop == Lost {
				lost++
			}
		}
		if sigma := math.Sqrt(n * p * (1 - p)); math.Abs(float64(lost)-n*p) > 4*sigma {
			t.Errorf("loss %v: lost %d of %d", p, lost, n)
		}
	}
}

func TestDelayAndJitter(t *testing.T) {
	l := NewLink(Profile{Delay: 50 * ms, Jitter: 10 * ms}, 7)
	const n = 100_000
	var sum, square float64
	for i := range n {
		// One per second: nothing can overtake, so the marginal distribution shows.
		now := time.Duration(i) * time.Second
		d := (l.Admit(now, 100).At - now).Seconds() * 1000
		if d < 40 || d > 60 {
			t.Fatalf("delay of %v ms", d)
		}
		sum += d
		square += d * d
	}
	mean := sum / n
	deviation := math.Sqrt(square/n - mean*mean)
	if math.Abs(mean-50) > 0.1 || math.Abs(deviation-20/math.Sqrt(12)) > 0.05 {
		t.Errorf("mean %v ms, deviation %v ms, want 50 and %v", mean, deviation, 20/math.Sqrt(12))
	}
}

func TestDatagramsStayInOrder(t *testing.T) {
	l := NewLink(Profile{Delay: 50 * ms, Jitter: 50 * ms}, 7)
	last := time.Duration(0)
	for i := range 10_000 {
		at := l.Admit(time.Duration(i)*ms, 100).At
		if at < last {
			t.Fatalf("datagram %d overtakes", i)
		}
		last = at
	}
}

// TestSameWeather: switching jitter on does not change what is lost.
func TestSameWeather(t *testing.T) {
	a := NewLink(Profile{Loss: 0.2}, 5)
	b := NewLink(Profile{Loss: 0.2, Delay: 30 * ms, Jitter: 20 * ms}, 5)
	c := NewLink(Profile{Loss: 0.2}, 6)
	same := 0
	for i := range 1000 {
		da := a.Admit(time.Duration(i)*ms, 100).Drop
		db := b.Admit(time.Duration(i)*ms, 900).Drop
		dc := c.Admit(time.Duration(i)*ms, 100).Drop
		if da != db {
			t.Fatalf("datagram %d fares differently", i)
		}
		if da == dc {
			same++
		}
	}
	if same == 1000 {
		t.Fatal("another seed has the same weather")
	}
}

func TestProfileErrors(t *testing.T) {
	for _, c := range []struct {
		p    Profile
		want string
	}{
		{Profile{Delay: -1}, "delay"},
		{Profile{Delay: time.Minute}, "delay"},
		{Profile{Delay: 5 * ms, Jitter: 6 * ms}, "jitter"},
		{Profile{Loss: 1.5}, "loss is 150%"},
		{Profile{Loss: math.NaN()}, "loss"},
	} {
		if err := c.p.Check(); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%+v: %v", c.p, err)
		}
	}
}

func TestQueueGivesBackInOrder(t *testing.T) {
	var q Queue[int]
	rng := rand.New(rand.NewPCG(1, 2))
	type entry struct {
		at  time.Duration
		tag int
	}
	var want []entry
	for i := range 5000 {
		at := time.Duration(rng.IntN(300)) * ms
		q.Push(at, []byte{byte(i), byte(i >> 8)}, i)
		want = append(want, entry{at, i})
	}
	slices.SortStableFunc(want, func(a, b entry) int { return int(a.at - b.at) })
	if _, _, _, ok := q.Pop(-1); ok {
		t.Fatal("something left before its time")
	}
	for _, w := range want {
		at, data, tag, ok := q.Pop(300 * ms)
		if !ok || at != w.at || tag != w.tag || !bytes.Equal(data, []byte{byte(tag), byte(tag >> 8)}) {
			t.Fatalf("got %v %d, want %v", at, tag, w)
		}
		q.Recycle(data)
	}
	if q.Len() != 0 {
		t.Fatal("something is left")
	}
}

// TestQueueIsAsOneThatSorts: whatever is pushed, sooner or much later and even into the past, comes out as if all were sorted.
func TestQueueIsAsOneThatSorts(t *testing.T) {
	type entry struct {
		at  time.Duration
		tag int
	}
	rapid.Check(t, func(t *rapid.T) {
		var q Queue[int]
		var model []entry // by time, then by age
		now, pushed := time.Duration(rapid.Int64Range(0, 1<<40).Draw(t, "start")), 0
		for range rapid.IntRange(1, 60).Draw(t, "steps") {
			for range rapid.IntRange(0, 5).Draw(t, "pushes") {
				ahead := rapid.SampledFrom([]int64{0, 1, 1 << slotBits, 5 * int64(ms), span - 1, span, 3 * span, int64(time.Hour)}).Draw(t, "ahead")
				e := entry{now + time.Duration(ahead-rapid.Int64Range(0, 2<<slotBits).Draw(t, "earlier")), pushed}
				pushed++
				q.Push(e.at, nil, e.tag)
				i, _ := slices.BinarySearchFunc(model, e.at, func(m entry, at time.Duration) int { return cmp.Compare(m.at, at+1) })
				model = slices.Insert(model, i, e)
			}
			now += time.Duration(rapid.SampledFrom([]int64{0, 1, 1 << slotBits, 7 * int64(ms), 2 * span, int64(time.Hour)}).Draw(t, "passed"))
			if at, ok := q.Next(); ok != (len(model) > 0) || ok && at != model[0].at {
				t.Fatalf("the next is at %v, %t, of %v", at, ok, model)
			}
			due := 0
			for due < len(model) && model[due].at <= now {
				due++
			}
			touched := map[int]bool{}
			if q.EachDue(now, func(tag *int) { touched[*tag] = true }); due > 1 && len(touched) != due {
				t.Fatalf("%d of %d due", len(touched), due)
			}
			for range rapid.IntRange(0, due).Draw(t, "pops") {
				at, _, tag, ok := q.Pop(now)
				if got := (entry{at, tag}); !ok || got != model[0] {
					t.Fatalf("got %v, %t, want %v", got, ok, model[0])
				}
				model = model[1:]
			}
			if q.Len() != len(model) {
				t.Fatalf("%d are left, want %d", q.Len(), len(model))
			}
		}
	})
}

func BenchmarkAdmit(b *testing.B) {
	l := NewLink(Profile{Delay: 50 * ms, Jitter: 10 * ms, Loss: 0.02}, 1)
	b.ReportAllocs()
	now := time.Duration(0)
	for b.Loop() {
		now += ms
		l.Admit(now, 100)
	}
}

// BenchmarkQueue has datagrams of 50 to 69 ms under way, of which some are sent in each millisecond.
func BenchmarkQueue(b *testing.B) {
	for _, each := range []int{1, 20, 200} {
		b.Run(strconv.Itoa(each), func(b *testing.B) {
			var q Queue[int]
			data := make([]byte, 200)
			b.ReportAllocs()
			now := time.Duration(0)
			for i := 0; b.Loop(); i++ {
				if i%each == 0 {
					now += ms
				}
				q.Push(now+time.Duration(50+i%20)*ms, data, i)
				for {
					_, d, _, ok := q.Pop(now)
					if !ok {
						break
					}
					q.Recycle(d)
				}
			}
		})
	}
}
