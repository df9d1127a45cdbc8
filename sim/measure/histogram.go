package measure

import (
	"math/bits"
	"slices"
)

// histogram counts values that are not negative, to three significant digits: in the very buckets of Gil Tene's HdrHistogram, with the same
// means and quantiles, to the bit. The library, which takes many times as long for one value and for a mean, is for what is measured now and
// then; this is for what is measured of every pair of players in every frame.
//
//	bucket   0 … 2047   2048 … 3071   3072 … 4095   …
//	width    1          2             4             …
type histogram struct {
	counts []int64 // by bucket, as far as there are values
	total  int64
}

// Up to exact, each value has a bucket of its own; then there are half as many for all values of one length in bits.
const (
	exactBits = 11
	halfBits  = exactBits - 1
)

// bucketOf is the bucket of a value.
func bucketOf(v int64) int {
	coarse := max(bits.Len64(uint64(v))-exactBits, 0) // the bits that are not told
	return coarse<<halfBits + int(v>>coarse)
}

// bucket is the least value in a bucket, and how many values it is for.
func bucket(i int) (least, width int64) {
	coarse := max(i>>halfBits-1, 0)
	return int64(i-coarse<<halfBits) << coarse, 1 << coarse
}

// add counts a value n times.
func (h *histogram) add(v, n int64) {
	i := bucketOf(v)
	if i >= len(h.counts) {
		h.reach(i)
	}
	h.counts[i] += n
	h.total += n
}

// reach makes room for a bucket, and for those of the same width.
func (h *histogram) reach(i int) {
	n := (i>>halfBits + 1) << halfBits
	h.counts = append(h.counts, make([]int64, n-len(h.counts))...)
}

// merge adds what another one counted.
func (h *histogram) merge(o *histogram) {
	if len(o.counts) > len(h.counts) {
		h.reach(len(o.counts) - 1)
	}
	for i, n := range o.counts {
		h.counts[i] += n
	}
	h.total += o.total
}

// clone is a copy that shares nothing.
func (h *histogram) clone() histogram { return histogram{slices.Clone(h.counts), h.total} }

// mean is the mean of the middles of the buckets; 0 when there is nothing in them.
func (h *histogram) mean() (mean float64) {
	for i, n := range h.counts {
		if n != 0 {
			least, width := bucket(i)
			mean += float64(n) * float64(least+width/2) / float64(h.total)
		}
	}
	return mean
}

// at is the quantile at a percentage, 0 to 100: the least value that may be in its bucket for 0, else the largest.
func (h *histogram) at(percent float64) int64 {
	if h.total == 0 {
		return 0
	}
	least, width := bucket(h.find(int64(min(max(min(percent, 100)/100*float64(h.total)+0.5, 1), float64(h.total)))))
	if percent <= 0 {
		return least
	}
	return least + width - 1
}

// find is the bucket of the value that so many are not above. It looks at eight buckets at a time, for most are before or after all
// values.
func (h *histogram) find(rank int64) (i int) {
	for ; i+8 <= len(h.counts); i += 8 {
		c := h.counts[i : i+8]
		n := c[0] + c[1] + c[2] + c[3] + c[4] + c[5] + c[6] + c[7]
		if n >= rank {
			break
		}
		rank -= n
	}
	for rank -= h.counts[i]; rank > 0; rank -= h.counts[i] {
		i++
	}
	return i
}
