package protocol

import (
	"encoding/binary"
	"errors"
	"math"

	"github.com/vmihailenco/msgpack/v5"
	"github.com/vmihailenco/msgpack/v5/msgpcode"
)

// ErrOverflow says that a message did not fit its limit.
var ErrOverflow = errors.New("message exceeds its size limit")

// Writer encodes one message at a time into storage that it keeps. What does not fit is not written, and
// Err says so. It is not safe for concurrent use.
type Writer struct {
	sink sink
	enc  *msgpack.Encoder
}

// sink is the bounded buffer under the encoder.
type sink struct {
	buf   []byte
	limit int
	err   error
}

func (s *sink) Write(p []byte) (int, error) {
	if len(s.buf)+len(p) > s.limit {
		s.err = ErrOverflow
		return 0, s.err
	}
	s.buf = append(s.buf, p...)
	return len(p), nil
}

func (s *sink) WriteByte(c byte) error {
	if len(s.buf) >= s.limit {
		s.err = ErrOverflow
		return s.err
	}
	s.buf = append(s.buf, c)
	return nil
}

func (s *sink) write2(a, b byte) {
	if len(s.buf)+2 > s.limit {
		s.err = ErrOverflow
		return
	}
	s.buf = append(s.buf, a, b)
}

func (s *sink) write3(a, b, c byte) {
	if len(s.buf)+3 > s.limit {
		s.err = ErrOverflow
		return
	}
	s.buf = append(s.buf, a, b, c)
}

// NewWriter makes a Writer for messages of at most limit bytes.
func NewWriter(limit int) *Writer {
	w := &Writer{sink: sink{buf: make([]byte, 0, limit), limit: limit}}
	w.enc = msgpack.NewEncoder(&w.sink)
	return w
}

// Reset starts a new message.
func (w *Writer) Reset() {
	w.sink.buf = w.sink.buf[:0]
	w.sink.err = nil
}

// SetLimit makes n bytes the limit from here on; n is at most what NewWriter was given.
func (w *Writer) SetLimit(n int) { w.sink.limit = min(n, cap(w.sink.buf)) }

// Limit is the most bytes that a message may have.
func (w *Writer) Limit() int { return w.sink.limit }

// Len is the number of bytes written so far.
func (w *Writer) Len() int { return len(w.sink.buf) }

// Truncate drops everything after the first n bytes and forgets an overflow: it takes back what did not fit.
func (w *Writer) Truncate(n int) {
	w.sink.buf = w.sink.buf[:n]
	w.sink.err = nil
}

// Bytes is the message; it is valid until the next Reset.
func (w *Writer) Bytes() []byte { return w.sink.buf }

// Err is ErrOverflow when something did not fit, else nil.
func (w *Writer) Err() error { return w.sink.err }

// The encoder's own error is the sink's, which Err keeps, so the calls below need not pass it on.

// Int writes a signed integer in its shortest form. Those of up to three bytes, which is nearly all there are, are
// written right here, in a fraction of the time.
func (w *Writer) Int(v int64) {
	switch {
	case v >= 0:
		w.Uint(uint64(v))
	case v >= -32:
		_ = w.sink.WriteByte(byte(v))
	case v >= math.MinInt8:
		w.sink.write2(msgpcode.Int8, byte(v))
	case v >= math.MinInt16:
		w.sink.write3(msgpcode.Int16, byte(v>>8), byte(v))
	default:
		_ = w.enc.EncodeInt(v)
	}
}

// Uint writes an unsigned integer in its shortest form, as Int does.
func (w *Writer) Uint(v uint64) {
	switch {
	case v <= math.MaxInt8:
		_ = w.sink.WriteByte(byte(v))
	case v <= math.MaxUint8:
		w.sink.write2(msgpcode.Uint8, byte(v))
	case v <= math.MaxUint16:
		w.sink.write3(msgpcode.Uint16, byte(v>>8), byte(v))
	default:
		_ = w.enc.EncodeUint(v)
	}
}

// Raw writes values that were encoded before.
func (w *Writer) Raw(encoded []byte) { _, _ = w.sink.Write(encoded) }

// Short writes values that were encoded before into n bytes, at most ShortMost: the lower ones of b, the lowest first. It is faster
// than Raw for so few.
func (w *Writer) Short(b uint64, n int) {
	at := len(w.sink.buf)
	switch {
	case at+n > w.sink.limit:
		w.sink.err = ErrOverflow
	case at+ShortMost > cap(w.sink.buf):
		var all [ShortMost]byte
		binary.LittleEndian.PutUint64(all[:], b)
		w.sink.buf = append(w.sink.buf, all[:n]...)
	default:
		binary.LittleEndian.PutUint64(w.sink.buf[at:at+ShortMost], b)
		w.sink.buf = w.sink.buf[:at+n]
	}
}

// ShortMost is how many bytes Short writes at most.
const ShortMost = 8

// String writes a string.
func (w *Writer) String(s string) { _ = w.enc.EncodeString(s) }
