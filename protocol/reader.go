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
	errLength    = fmt.Errorf("%w: it is longer than a message may be", ErrMalformed)
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

// Reset starts to read message, which must not change until the next Reset. One of more than MaxMessage bytes is malformed,
// whatever is in it: no Writer makes one, and what it would ask to be stored is bounded by its length.
func (r *Reader) Reset(message []byte) {
	r.from = source{data: message}
	r.err = nil
	if r.dec == nil {
		r.dec = msgpack.NewDecoder(&r.from)
	}
	if len(message) > MaxMessage {
		r.fail(errLength)
	}
}

// Len is the number of bytes not yet read.
func (r *Reader) Len() int { return len(r.from.data) - r.from.at }

// Err is the first thing that was wrong, or nil. It wraps ErrMalformed.
func (r *Reader) Err() error { return r.err }

// fail makes err what was wrong, if nothing was before, and the message have nothing left to read: so what reads on need
// not ask whether something was wrong.
func (r *Reader) fail(err error) {
	if r.err == nil {
		r.err = err
		r.from.at = len(r.from.data)
	}
}

// Fail makes the message malformed because a value is out of range.
func (r *Reader) Fail() {
	r.fail(errRange)
}

// End checks that everything was read, and returns the first thing that was wrong.
func (r *Reader) End() error {
	if r.err == nil && r.Len() > 0 {
		r.fail(errTrailing)
	}
	return r.err
}

// peek returns the first byte of the next value.
func (r *Reader) peek() (byte, bool) {
	if r.err != nil {
		return 0, false
	}
	if r.Len() == 0 {
		r.fail(errTruncated)
		return 0, false
	}
	return r.from.data[r.from.at], true
}

// Int reads an integer in [low, high].
func (r *Reader) Int(low, high int64) int64 {
	short, ok := r.Short()
	v := int64(short)
	if !ok {
		v = r.long()
	}
	if v < low || v > high {
		r.fail(errRange)
		return 0
	}
	return v
}

// long reads an integer that is no single byte; it is 0 when something is wrong.
func (r *Reader) long() int64 {
	if v, size := Brief(r.Unread()); size > 0 {
		r.from.at += size
		return int64(v)
	}
	code, ok := r.peek()
	if !ok {
		return 0
	}
	v := r.wideInt(code)
	if r.err != nil {
		return 0
	}
	return v
}

// Brief is the integer that b begins with and its size, if it is of two or three bytes, in its shortest form, and not at the
// message's very end: in a fraction of the time that the library takes for the rest, and for what is wrong. Else the size is 0.
func Brief(b []byte) (v int32, size int) {
	if len(b) < 3 {
		return 0, 0
	}
	switch b[0] {
	case msgpcode.Uint16:
		if v = int32(b[1])<<8 | int32(b[2]); v > math.MaxUint8 {
			return v, 3
		}
	case msgpcode.Int16:
		if v = int32(int8(b[1]))<<8 | int32(b[2]); v < math.MinInt8 {
			return v, 3
		}
	case msgpcode.Uint8:
		if v = int32(b[1]); v > math.MaxInt8 {
			return v, 2
		}
	case msgpcode.Int8:
		if v = int32(int8(b[1])); v < -32 {
			return v, 2
		}
	}
	return 0, 0
}

// wideInt reads what Short and Brief leave.
func (r *Reader) wideInt(code byte) int64 {
	if code < msgpcode.Uint8 || code > msgpcode.Int64 {
		r.fail(errType)
		return 0
	}
	before := r.from.at
	v, err := r.dec.DecodeInt64()
	switch {
	case err != nil:
		r.fail(errTruncated)
	case code == msgpcode.Uint64 && v < 0:
		r.fail(errRange)
	case r.from.at-before != IntSize(v) || v >= 0 && code >= msgpcode.Int8:
		r.fail(errCanonical)
	}
	return v
}

// Short reads the next integer if it is a single byte, -32 to 127, as nearly all are that snapshots and commands are
// made of. Else it reads nothing. It is small enough to be compiled into loops that then call Int or Int32 for the rest.
func (r *Reader) Short() (v int32, ok bool) {
	if s := &r.from; s.at < len(s.data) {
		if b := int8(s.data[s.at]); b >= -32 {
			s.at++
			return int32(b), true
		}
	}
	return 0, false
}

// Int32 reads any integer of 32 bits.
func (r *Reader) Int32() int32 { return int32(r.Int(math.MinInt32, math.MaxInt32)) }

// Unread are the bytes not yet read, for loops that take them apart with Brief, and then Skip them.
func (r *Reader) Unread() []byte { return r.from.data[r.from.at:] }

// Skip reads n bytes, which have been taken apart already.
func (r *Reader) Skip(n int) { r.from.at += n }

// Uint reads an unsigned integer of at most high, which is at most math.MaxInt64.
func (r *Reader) Uint(high uint64) uint64 { return uint64(r.Int(0, int64(high))) }

// Text reads a string of at most limit runes that is valid UTF-8 and has no control characters.
func (r *Reader) Text(limit int) string {
	code, ok := r.peek()
	if !ok {
		return ""
	}
	if !msgpcode.IsFixedString(code) && code != msgpcode.Str8 && code != msgpcode.Str16 {
		r.fail(errType)
		return ""
	}
	before := r.from.at
	n, err := r.dec.DecodeBytesLen()
	if err != nil || n < 0 || n > r.Len() {
		r.fail(errTruncated)
		return ""
	}
	if r.from.at-before != textHeadSize(n) {
		r.fail(errCanonical)
		return ""
	}
	s := r.from.data[r.from.at : r.from.at+n]
	r.from.at += n
	if !cleanText(s) {
		r.fail(errText)
		return ""
	}
	if utf8.RuneCount(s) > limit {
		r.fail(errRange)
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

// IntSize is the length of v's shortest msgpack form, in bytes.
func IntSize(v int64) int {
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
