package measure

// sample keeps some of the values that were recorded since it was last emptied: all as long as there are few, then every
// second, every fourth and so on, so that it is small, spread evenly over the time, and the same in every run that
// records the same.
type sample struct {
	values []int32
	stride int // every so many values one is kept; 0 is 1
	skip   int // values to skip before the next
}

// sampleSize is the most values that a sample keeps; the 99th percentile of a thousand is the tenth from the top.
const sampleSize = 1024

func (s *sample) add(v int64) {
	if s.skip > 0 {
		s.skip--
		return
	}
	if len(s.values) == sampleSize {
		half := s.values[:0]
		for i := 0; i < sampleSize; i += 2 {
			half = append(half, s.values[i])
		}
		s.values = half
		s.stride = 2 * max(s.stride, 1)
	}
	s.values = append(s.values, int32(max(min(v, distTop), -distTop)))
	s.skip = max(s.stride, 1) - 1
}

func (s *sample) reset() { s.values, s.stride, s.skip = s.values[:0], 0, 0 }
