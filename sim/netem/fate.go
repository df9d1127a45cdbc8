package netem

import (
	"strconv"
	"time"
)

// AppendFate appends what becomes of the datagram, or has become of it, in words.
func (s *Sighting) AppendFate(b []byte) []byte {
	if s.IsCopy {
		b = append(b, "copy, "...)
	}
	switch v := s.Verdict; {
	case v == nil:
		b = millis(append(b, "arrives after "...), s.Now-s.Entered)
	case v.Drop != Delivered:
		b = append(append(b, "dropped, "...), v.Drop.String()...)
	default:
		b = leaves(b, v, s.Entered)
	}
	if v := s.Verdict; v != nil && v.Copied {
		b = millis(append(b, "; a copy leaves after "...), v.CopyAt-s.Entered)
	}
	return b
}

// leaves says how long a datagram will have been under way, and why.
func leaves(b []byte, v *Verdict, entered time.Duration) []byte {
	b = millis(append(b, "leaves after "...), v.At-entered)
	if v.Waited > 0 {
		b = millis(append(b, ", of it for capacity "...), v.Waited)
	}
	if v.Held > 0 {
		b = millis(append(b, ", to stay in order "...), v.Held)
	}
	if v.Damage != 0 {
		b = append(b, ", with a bit flipped"...)
	}
	return b
}

func millis(b []byte, d time.Duration) []byte {
	return append(strconv.AppendFloat(b, d.Seconds()*1000, 'f', 3, 64), " ms"...)
}
