package recording

import (
	"encoding/binary"
	"math"

	"laglab/protocol"
)

// Numbers are varints as encoding/binary writes them: seven bits a byte, the lowest first; signed ones are folded, so
// that small ones of either sign are short. A text is its length in bytes and its UTF-8.

func appendText(b []byte, s string) []byte {
	return append(binary.AppendUvarint(b, uint64(len(s))), s...)
}

// values reads the values of a part of a frame. The first thing wrong sticks: later calls return zeros, and bad tells. It
// never panics, and allocates for texts only, which are no longer than the part.
type values struct {
	data []byte
	bad  bool
}

// fail makes the values bad, and leaves nothing to read.
func (v *values) fail() {
	v.bad, v.data = true, nil
}

// more reports whether there is more to read.
func (v *values) more() bool { return len(v.data) > 0 }

// end reports whether all was read and right.
func (v *values) end() bool { return !v.bad && len(v.data) == 0 }

// uint reads an unsigned number of at most high, in its shortest form.
func (v *values) uint(high uint64) uint64 {
	if len(v.data) > 0 && v.data[0] < 0x80 && uint64(v.data[0]) <= high {
		n := v.data[0]
		v.data = v.data[1:]
		return uint64(n)
	}
	n, size := binary.Uvarint(v.data)
	if size <= 0 || n > high || size > 1 && v.data[size-1] == 0 {
		v.fail()
		return 0
	}
	v.data = v.data[size:]
	return n
}

// int reads a signed number from low to high.
func (v *values) int(low, high int64) int64 {
	u := v.uint(math.MaxUint64)
	n := int64(u>>1) ^ -int64(u&1)
	if n < low || n > high {
		v.fail()
		return 0
	}
	return n
}

// byte reads one byte.
func (v *values) byte() byte {
	if len(v.data) == 0 {
		v.fail()
		return 0
	}
	b := v.data[0]
	v.data = v.data[1:]
	return b
}

// raw reads n bytes as they are.
func (v *values) raw(n int) []byte {
	if n > len(v.data) {
		v.fail()
		return nil
	}
	b := v.data[:n]
	v.data = v.data[n:]
	return b
}

// text reads a text of at most limit printable runes.
func (v *values) text(limit int) string {
	b := v.raw(int(v.uint(uint64(len(v.data)))))
	if s := string(b); protocol.ValidText(s, limit) {
		return s
	}
	v.fail()
	return ""
}

// fixed reads eight bytes, the lowest first.
func (v *values) fixed() uint64 {
	if b := v.raw(8); b != nil {
		return binary.LittleEndian.Uint64(b)
	}
	return 0
}
