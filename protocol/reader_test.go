package protocol

import (
	"bytes"
	"errors"
	"math"
	"strings"
	"testing"

	"github.com/vmihailenco/msgpack/v5"
	"pgregory.net/rapid"
)

func TestIntRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		v := rapid.Int64().Draw(t, "v")
		w := NewWriter(16)
		w.Int(v)
		if w.Len() != IntSize(v) {
			t.Fatalf("%d takes %d bytes, IntSize says %d", v, w.Len(), IntSize(v))
		}
		var r Reader
		r.Reset(w.Bytes())
		if got := r.Int(math.MinInt64, math.MaxInt64); got != v || r.End() != nil {
			t.Fatalf("read %d for %d: %v", got, v, r.End())
		}
	})
}

// TestIntIsTheLibrarys: on any bytes Int reads what the library reads, if that is what the library writes for it, and
// refuses everything else; Int32 does the same for what 32 bits can hold.
func TestIntIsTheLibrarys(t *testing.T) {
	accepted := 0
	rapid.Check(t, func(t *rapid.T) {
		b := rapid.SliceOfN(rapid.Byte(), 0, 10).Draw(t, "bytes")
		if len(b) > 0 && rapid.Bool().Draw(t, "number") {
			b[0] = rapid.ByteRange(0xca, 0xd4).Draw(t, "code")
		}
		want, err := msgpack.NewDecoder(bytes.NewReader(b)).DecodeInt64()
		var again bytes.Buffer
		if err == nil {
			err = msgpack.NewEncoder(&again).EncodeInt(want)
		}
		ok := err == nil && bytes.HasPrefix(b, again.Bytes())
		var long, short Reader
		long.Reset(b)
		short.Reset(b)
		if v := long.Int(math.MinInt64, math.MaxInt64); ok != (long.Err() == nil) || ok && (v != want || long.Len() != len(b)-again.Len()) {
			t.Fatalf("% x: Int reads %d, %v; the library %d, %v", b, v, long.Err(), want, ok)
		}
		fits := ok && want == int64(int32(want))
		if v := short.Int32(); fits != (short.Err() == nil) || fits && (int64(v) != want || short.Len() != long.Len()) {
			t.Fatalf("% x: Int32 reads %d, %v; the library %d, %v", b, v, short.Err(), want, ok)
		}
		if ok {
			accepted++
		}
	})
	if accepted < 20 {
		t.Errorf("only %d were numbers", accepted)
	}
}

func TestReaderRefuses(t *testing.T) {
	anyInt := func(r *Reader) { r.Int(math.MinInt64, math.MaxInt64) }
	small := func(r *Reader) { r.Int(-5, 5) }
	text := func(r *Reader) { r.Text(4) }
	for _, c := range []struct {
		name string
		in   string
		read func(*Reader)
		want error
	}{
		{"nothing", "", anyInt, errTruncated},
		{"cut uint16", "\xcd\x01", anyInt, errTruncated},
		{"nil is not a number", "\xc0", anyInt, errType},
		{"a float is not a number", "\xca\x00\x00\x00\x00", anyInt, errType},
		{"a string is not a number", "\xa1a", anyInt, errType},
		{"an array is not a number", "\x91\x01", anyInt, errType},
		{"uint8 for a fixint", "\xcc\x05", anyInt, errCanonical},
		{"uint64 for a small value", "\xcf\x00\x00\x00\x00\x00\x00\x00\x05", anyInt, errCanonical},
		{"int8 for a positive value", "\xd0\x05", anyInt, errCanonical},
		{"int16 for a uint8 value", "\xd1\x00\xff", anyInt, errCanonical},
		{"int16 for a uint16 value", "\xd1\x7f\xff", anyInt, errCanonical},
		{"uint64 beyond int64", "\xcf\xff\xff\xff\xff\xff\xff\xff\xff", anyInt, errRange},
		{"above the range", "\x06", small, errRange},
		{"below the range", "\xfa", small, errRange},
		{"trailing byte", "\x01\x01", small, errTrailing},
		{"cut string", "\xa3ab", text, errTruncated},
		{"string of 4 GiB", "\xdb\xff\xff\xff\xff", text, errType},
		{"str8 for a short string", "\xd9\x01a", text, errCanonical},
		{"string too long", "\xa5abcde", text, errRange},
		{"not UTF-8", "\xa1\xff", text, errText},
		{"escape sequence", "\xa2\x1b[", text, errText},
		{"bytes are not a string", "\xc4\x01a", text, errType},
	} {
		t.Run(c.name, func(t *testing.T) {
			var r Reader
			r.Reset([]byte(c.in))
			c.read(&r)
			err := r.End()
			if !errors.Is(err, c.want) || !errors.Is(err, ErrMalformed) {
				t.Fatalf("got %v, want %v", err, c.want)
			}
		})
	}
}

// TestOtherEncoder reads what msgpack's own reflective encoder writes in compact form.
func TestOtherEncoder(t *testing.T) {
	var buf bytes.Buffer
	enc := msgpack.NewEncoder(&buf)
	enc.UseCompactInts(true)
	for _, v := range []any{7, -3, 300, -70000, "žluť"} {
		if err := enc.Encode(v); err != nil {
			t.Fatal(err)
		}
	}
	var r Reader
	r.Reset(buf.Bytes())
	all := int64(math.MaxInt64)
	a, b, c, d, s := r.Int(-all, all), r.Int(-all, all), r.Int(-all, all), r.Int(-all, all), r.Text(10)
	if r.End() != nil || a != 7 || b != -3 || c != 300 || d != -70000 || s != "žluť" {
		t.Fatalf("got %d %d %d %d %q, %v", a, b, c, d, s, r.End())
	}
}

func TestWriterOverflow(t *testing.T) {
	w := NewWriter(4)
	w.Uint(1)
	at := w.Len()
	w.Uint(1 << 40)
	if !errors.Is(w.Err(), ErrOverflow) {
		t.Fatal("nine bytes fitted into three")
	}
	w.Truncate(at)
	w.Uint(2)
	if w.Err() != nil || !bytes.Equal(w.Bytes(), []byte{1, 2}) {
		t.Fatalf("after Truncate: %v %v", w.Bytes(), w.Err())
	}
}

func TestCleanName(t *testing.T) {
	for in, want := range map[string]string{
		"anna":                      "anna",
		"a\x1b[31mb\n":              "a[31mb",
		strings.Repeat("é", 40):     strings.Repeat("é", MaxName),
		"bad\xffutf8":               "badutf8",
		"<script>alert(1)</script>": "<script>alert(1)</script"[:24],
	} {
		got := CleanName(in)
		if got != want {
			t.Errorf("CleanName(%q) = %q, want %q", in, got, want)
		}
		w := NewWriter(200)
		w.String(got)
		var r Reader
		r.Reset(w.Bytes())
		if r.Text(MaxName) != got || r.End() != nil {
			t.Errorf("%q is not a name the wire takes: %v", got, r.End())
		}
	}
}

// TestWriterShort: few bytes at once are the same as one by one, up to the limit of a message and to the end of its storage.
func TestWriterShort(t *testing.T) {
	for limit := range 20 {
		short, raw := NewWriter(19), NewWriter(19)
		short.SetLimit(limit)
		raw.SetLimit(limit)
		for n := range ShortMost + 1 {
			all := []byte{1, 2, 3, 4, 5, 6, 7, 8}
			short.Short(0x0807060504030201, n)
			raw.Raw(all[:n])
			if !bytes.Equal(short.Bytes(), raw.Bytes()) || short.Err() != raw.Err() {
				t.Errorf("limit %d, after %d bytes: %v (%v), want %v (%v)", limit, n, short.Bytes(), short.Err(), raw.Bytes(), raw.Err())
			}
		}
	}
}
