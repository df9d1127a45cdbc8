package measure

import (
	"testing"

	"github.com/HdrHistogram/hdrhistogram-go"
	"pgregory.net/rapid"
)

// TestHistogram: counts, means and quantiles are those of the library, to the bit, however the values came.
func TestHistogram(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var h histogram
		want := hdrhistogram.New(1, distTop, 3)
		for range rapid.IntRange(1, 4).Draw(t, "parts") {
			var part histogram
			top := rapid.SampledFrom([]int64{10, 2047, 2048, 5000, 1 << 20, distTop}).Draw(t, "top")
			for _, v := range rapid.SliceOfN(rapid.Int64Range(0, top), 0, 40).Draw(t, "values") {
				n := rapid.Int64Range(1, 3).Draw(t, "times")
				part.add(v, n)
				if err := want.RecordValues(v, n); err != nil {
					t.Fatal(err)
				}
			}
			h.merge(&part)
		}
		h = h.clone()
		if h.total != want.TotalCount() || h.mean() != want.Mean() {
			t.Errorf("%d values with a mean of %v, want %d of %v", h.total, h.mean(), want.TotalCount(), want.Mean())
		}
		for _, percent := range []float64{-1, 0, 0.01, 5, 50, 90, 99.9, 100, 101, rapid.Float64Range(0, 100).Draw(t, "percent")} {
			if got, want := h.at(percent), want.ValueAtQuantile(percent); got != want {
				t.Errorf("at %v %% is %d, want %d", percent, got, want)
			}
		}
	})
}

// BenchmarkRecord keeps a length.
func BenchmarkRecord(b *testing.B) {
	d := NewLengths()
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		d.Length(float64(i%5000) / 1000)
	}
}
