package protocol

import (
	"errors"
	"fmt"
	"io"
	"math"
	"unicode"
	"unicode/utf8"

	"github.com/vmihailenco/msgpack/v5"
	"github.com/vmihailenco/msgpack/v5/msgpcode"
)

// ErrMalformed is what every decoding error wraps: the peer sent something WIRE.md does not allow.
var ErrMalformed = errors.New("malformed message")

// The reasons are fixed values, so that a flood of bad messages allocates nothing.
var (
	errTruncated = fmt.Errorf("%w: it ends too early", ErrMalformed)
	errTrailing  = fmt.Errorf("%w: bytes follow its end", ErrMalformed)
	errType      = fmt.Errorf("%w: a value has the wrong type", ErrMalformed)
	errCanonical = fmt.Errorf("%w: an integer or length is not in its shortest form", ErrMalformed)
	errRange     = fmt.Errorf("%w: a value is out of range", ErrMalformed)
	errText      = fmt.Errorf("%w: a text is not printable UTF-8", ErrMalformed)
	errKind      = fmt.Errorf("%w: unknown kind", ErrMalformed)
)

// Reader decodes one message at a time. The first thing wrong sticks: later calls return zero values and
// Err tells what it was, so a decoder reads straight on and checks once. It never allocates, except for the
// strings it returns, and never panics on any input. The zero value is ready for Reset.
//
// msgpack's own decoder accepts nil, wrapped and oversize integers and counts beyond the message; the
// Reader checks each value's first byte and length before and after, so that these are refused.
type Reader struct {
	from source
	dec  *msgpack.Decoder
	err  error
}

// source is the message under the decoder; its position is what the Reader checks values by.
type source struct {
	data []byte
	at   int
}

func (s *source) Read(p []byte) (int, error) {
	if s.at >= len(s.data) {
		return 0, io.EOF
	}
	n := copy(p, s.data[s.at:])
	s.at += n
	return n, nil
}

func (s *source) ReadByte() (byte, error) {
	if s.at >= len(s.data) {
		return 0, io.EOF
	}
	s.at++
	return s.data[s.at-1], nil
}

func (s *source) UnreadByte() error {
	s.at--
	return nil
}

// Reset starts to read message, which must not change until the next Reset.
func (r *Reader) Reset(message []byte) {
	r.from = source{data: message}
	r.err = nil
	if r.dec == nil {
		r.dec = msgpack.NewDecoder(&r.from)
	}
}

// Len is the number of bytes not yet read.
func (r *Reader) Len() int { return len(r.from.data) - r.from.at }

// Err is the first thing that was wrong, or nil. It wraps ErrMalformed.
func (r *Reader) Err() error { return r.err }

// Fail makes the message malformed because a value is out of range.
func (r *Reader) Fail() {
	if r.err == nil {
		r.err = errRange
	}
}

// End checks that everything was read, and returns the first thing that was wrong.
func (r *Reader) End() error {
	if r.err == nil && r.Len() > 0 {
		r.err = errTrailing
	}
	return r.err
}

// peek returns the first byte of the next value.
func (r *Reader) peek() (byte, bool) {
	if r.err != nil {
		return 0, false
	}
	if r.Len() == 0 {
		r.err = errTruncated
		return 0, false
	}
	return r.from.data[r.from.at], true
}

// Int reads an integer in [low, high].
func (r *Reader) Int(low, high int64) int64 {
	code, ok := r.peek()
	if !ok {
		return 0
	}
	v := int64(int8(code))
	if msgpcode.IsFixedNum(code) { // most values are small: the byte is the value
		r.from.at++
	} else {
		v = r.wideInt(code)
	}
	if (v < low || v > high) && r.err == nil {
		r.err = errRange
	}
	if r.err != nil {
		return 0
	}
	return v
}

// wideInt reads an integer that is longer than its code.
func (r *Reader) wideInt(code byte) int64 {
	if code < msgpcode.Uint8 || code > msgpcode.Int64 {
		r.err = errType
		return 0
	}
	before := r.from.at
	v, err := r.dec.DecodeInt64()
	switch {
	case err != nil:
		r.err = errTruncated
	case code == msgpcode.Uint64 && v < 0:
		r.err = errRange
	case r.from.at-before != intSize(v) || v >= 0 && code >= msgpcode.Int8:
		r.err = errCanonical
	}
	return v
}

// Int32 reads any integer of 32 bits. It is Int for the values that snapshots and commands are made of: those of
// up to three bytes are read right here, in a fraction of the time, and the rest, and all that is wrong, by Int.
func (r *Reader) Int32() int32 {
	if b := r.from.data[r.from.at:]; len(b) > 0 && r.err == nil {
		code := b[0]
		if code <= msgpcode.PosFixedNumHigh || code >= msgpcode.NegFixedNumLow {
			r.from.at++
			return int32(int8(code))
		}
		if len(b) >= 2 {
			if v := int32(b[1]); code == msgpcode.Uint8 && v > 127 {
				r.from.at += 2
				return v
			}
			if v := int32(int8(b[1])); code == msgpcode.Int8 && v < -32 {
				r.from.at += 2
				return v
			}
		}
		if len(b) >= 3 {
			if v := int32(b[1])<<8 | int32(b[2]); code == msgpcode.Uint16 && v > 255 {
				r.from.at += 3
				return v
			}
			if v := int32(int8(b[1]))<<8 | int32(b[2]); code == msgpcode.Int16 && v < -128 {
				r.from.at += 3
				return v
			}
		}
	}
	return int32(r.Int(math.MinInt32, math.MaxInt32))
}

// Uint reads an unsigned integer of at most high, which is at most math.MaxInt64.
func (r *Reader) Uint(high uint64) uint64 { return uint64(r.Int(0, int64(high))) }

// Text reads a string of at most limit runes that is valid UTF-8 and has no control characters.
func (r *Reader) Text(limit int) string {
	code, ok := r.peek()
	if !ok {
		return ""
	}
	if !msgpcode.IsFixedString(code) && code != msgpcode.Str8 && code != msgpcode.Str16 {
		r.err = errType
		return ""
	}
	before := r.from.at
	n, err := r.dec.DecodeBytesLen()
	if err != nil || n < 0 || n > r.Len() {
		r.err = errTruncated
		return ""
	}
	if r.from.at-before != textHeadSize(n) {
		r.err = errCanonical
		return ""
	}
	s := r.from.data[r.from.at : r.from.at+n]
	r.from.at += n
	if !cleanText(s) {
		r.err = errText
		return ""
	}
	if utf8.RuneCount(s) > limit {
		r.err = errRange
		return ""
	}
	return string(s)
}

// ValidText reports whether s may go over the wire: at most limit runes, all of them printable.
func ValidText(s string, limit int) bool {
	return cleanText([]byte(s)) && utf8.RuneCountInString(s) <= limit
}

// cleanText reports whether s is valid UTF-8 of printable runes: nothing that could steer a terminal or a log.
func cleanText(s []byte) bool {
	for i := 0; i < len(s); {
		c, n := utf8.DecodeRune(s[i:])
		if c == utf8.RuneError && n <= 1 || !unicode.IsPrint(c) {
			return false
		}
		i += n
	}
	return true
}

// CleanName makes any text a valid player name: printable runes only, at most MaxName of them.
func CleanName(s string) string {
	out := make([]rune, 0, MaxName)
	for _, c := range s {
		if len(out) < MaxName && c != utf8.RuneError && unicode.IsPrint(c) {
			out = append(out, c)
		}
	}
	return string(out)
}

// intSize is the length of v's shortest msgpack form.
func intSize(v int64) int {
	switch {
	case v >= -32 && v <= math.MaxInt8:
		return 1
	case v >= math.MinInt8 && v <= math.MaxUint8:
		return 2
	case v >= math.MinInt16 && v <= math.MaxUint16:
		return 3
	case v >= math.MinInt32 && v <= math.MaxUint32:
		return 5
	default:
		return 9
	}
}

// textHeadSize is the length of the shortest header of a string of n bytes.
func textHeadSize(n int) int {
	switch {
	case n < 32:
		return 1
	case n <= math.MaxUint8:
		return 2
	default:
		return 3
	}
}
