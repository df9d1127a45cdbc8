package game

import (
	"fmt"
	"math"
	"math/bits"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"unsafe"

	"laglab/protocol"
)

// Role says what a field means to the engine.
type Role uint8

// The roles, as tags name them.
const (
	Discrete Role = iota // "": shown as it was at the older of two snapshots
	Position             // "pos": one axis of the position, which has at most three; interpolated; errors are measured on it
	Velocity             // "vel=X": velocity of position field X, which moves on by it
	Angle                // "angle": the type's range is a full turn; interpolated along the shorter arc
	Linear               // "lerp": any other number that is interpolated
	Teleport             // "teleport": a change says that the entity jumped and must not be interpolated
)

// Field is one replicated integer of a struct.
type Field struct {
	Name     string // with dots and brackets for nested structs and arrays
	Role     Role
	Own      bool  // only the entity's owner is told
	Derived  bool  // Velocity: others are told it once, and then measure it by how far the entity moves
	Step     int32 // Angle: others are told the nearest multiple of this power of two; 1 for other roles
	Min, Max int32 // what is accepted from the wire, inclusive
	Unit     int32 // Position: how many of the field's units make one world unit; 1 for other roles
	Of       int   // Velocity: the index of its position field
	Per      int32 // Velocity: how many of the field's units make one unit of position per tick

	offset uintptr
	kind   reflect.Kind
}

// Schema is the replicated form of a struct of integers: a row of int32, one for each field that is not
// tagged "-". It knows how to load, store, delta-encode and interpolate rows. It is immutable.
type Schema[T any] struct {
	fields       []Field
	leans        []lean
	blurred      []lean // for others than the owner
	hidden       []Field
	whole        slots   // of fields
	short        slots   // of those in short rows
	unsent       slots   // of hidden
	unit         float64 // the positions' Unit, when they have the same; 0 when not
	positions    []int
	linear       []int // what Blend moves along a line: positions, velocities, numbers
	angles       []int
	drifts       []drift
	sharedDrifts []drift // those of short rows
	measured     []drift // those whose velocity is Derived
	stepped      []int   // indexes of the fields with a Step above 1
	teleport     int     // index of the field, or -1
	own          uint32  // mask of the fields with Own
	derived      uint32  // mask of the fields with Derived
	shared       int     // see Shared
	name         string
	zero         []int32
}

// NewSchema derives the schema of T, whose tags the package documentation describes.
func NewSchema[T any]() (*Schema[T], error) {
	t := reflect.TypeFor[T]()
	if t.Kind() != reflect.Struct {
		return nil, fmt.Errorf("%s is not a struct", t)
	}
	s := &Schema[T]{teleport: -1, name: t.Name()}
	velocityOf := map[int]string{}
	if err := s.collect(t, "", "", 0, velocityOf); err != nil {
		return nil, err
	}
	if len(s.fields) == 0 {
		return nil, fmt.Errorf("%s has no replicated fields", t)
	}
	if len(s.fields) > protocol.MaxFields {
		return nil, fmt.Errorf("%s has %d replicated fields, at most %d are possible: tag what the other end need not know with `net:\"-\"`", t, len(s.fields), protocol.MaxFields)
	}
	for i := range s.fields {
		f := &s.fields[i]
		low, high, _ := kindRange(f.kind)
		l := leanOf(f.kind, low, high)
		l.min, l.max = f.Min, f.Max
		s.leans = append(s.leans, l)
		l.step = uint8(bits.TrailingZeros32(uint32(f.Step)))
		l.least, l.most = l.least>>l.step, l.most>>l.step
		s.blurred = append(s.blurred, l)
		if err := s.link(i, velocityOf); err != nil {
			return nil, err
		}
	}
	s.zero = make([]int32, len(s.fields))
	s.shared = bits.Len32(s.Visible(false))
	s.whole, s.short, s.unsent = slotsOf(s.fields), slotsOf(s.fields[:s.shared]), slotsOf(s.hidden)
	s.linkUnit()
	s.linkDrifts()
	return s, nil
}

// link finishes a field once all fields are known.
func (s *Schema[T]) link(i int, velocityOf map[int]string) error {
	f := &s.fields[i]
	if f.Own {
		s.own |= 1 << i
	}
	if f.Derived {
		s.derived |= 1 << i
	}
	if f.Step > 1 {
		s.stepped = append(s.stepped, i)
	}
	switch f.Role {
	case Position, Velocity, Linear:
		s.linear = append(s.linear, i)
	case Angle:
		s.angles = append(s.angles, i)
	}
	switch f.Role {
	case Position:
		if len(s.positions) == maxAxes {
			return fmt.Errorf("field %s: a position has at most %d axes: tag what else moves along a line with lerp", f.Name, maxAxes)
		}
		s.positions = append(s.positions, i)
	case Teleport:
		s.teleport = i
	case Velocity:
		f.Of = s.Field(velocityOf[i])
		if f.Of < 0 || s.fields[f.Of].Role != Position {
			return fmt.Errorf("field %s: vel=%s names no field tagged pos", f.Name, velocityOf[i])
		}
		if f.Derived && s.fields[f.Of].Own {
			return fmt.Errorf("field %s: it cannot be derived from %s, which only the owner is told", f.Name, s.fields[f.Of].Name)
		}
	}
	return nil
}

// collect walks the struct and appends its fields.
func (s *Schema[T]) collect(t reflect.Type, path, tag string, offset uintptr, velocityOf map[int]string) error {
	switch t.Kind() {
	case reflect.Struct:
		for i := range t.NumField() {
			f := t.Field(i)
			own := f.Tag.Get("net")
			if tag == "-" {
				own = "-" // what is in a struct that is not sent is not sent
			}
			if !f.IsExported() {
				return fmt.Errorf("field %s%s is not exported, so the engine cannot copy it by name: export it and tag it `net:\"-\"` if it must not be sent", path, f.Name)
			}
			if err := s.collect(f.Type, path+"."+f.Name, own, offset+f.Offset, velocityOf); err != nil {
				return err
			}
		}
		return nil
	case reflect.Array:
		for i := range t.Len() {
			name := path + "[" + strconv.Itoa(i) + "]"
			if err := s.collect(t.Elem(), name, tag, offset+uintptr(i)*t.Elem().Size(), velocityOf); err != nil {
				return err
			}
		}
		return nil
	}
	f := Field{Name: strings.TrimPrefix(path, "."), offset: offset, kind: t.Kind(), Step: 1, Unit: 1, Per: 1}
	low, high, ok := kindRange(f.kind)
	if !ok {
		return fmt.Errorf("field %s is a %s: state is bool, int8, int16, int32, uint8 or uint16, so that both ends agree to the bit", f.Name, t)
	}
	f.Min, f.Max = low, high
	if tag == "-" {
		s.hidden = append(s.hidden, f)
		return nil
	}
	of, err := f.parseTag(tag)
	if err != nil {
		return fmt.Errorf("field %s: tag `net:%q`: %w", f.Name, tag, err)
	}
	if f.Role == Velocity {
		velocityOf[len(s.fields)] = of
	}
	s.fields = append(s.fields, f)
	return nil
}

// parseTag fills the field from its tag; of is the position field that a velocity names.
func (f *Field) parseTag(tag string) (of string, err error) {
	for option := range strings.SplitSeq(tag, ",") {
		key, value, _ := strings.Cut(strings.TrimSpace(option), "=")
		switch key {
		case "":
		case "pos":
			f.Role = Position
		case "vel":
			f.Role, of = Velocity, value
		case "angle":
			f.Role = Angle
			if f.kind != reflect.Uint8 && f.kind != reflect.Uint16 {
				return "", fmt.Errorf("an angle is a uint8 or uint16, whose range is the full turn")
			}
		case "lerp":
			f.Role = Linear
		case "teleport":
			f.Role = Teleport
		case "own":
			f.Own = true
		case "derived":
			f.Derived = true
		case "step":
			err = setNumber(&f.Step, value, 2, f.Max/4+1)
		case "min":
			err = setNumber(&f.Min, value, f.Min, f.Max)
		case "max":
			err = setNumber(&f.Max, value, f.Min, f.Max)
		case "unit":
			err = setNumber(&f.Unit, value, 1, math.MaxInt32)
		case "per":
			err = setNumber(&f.Per, value, 1, 1<<20)
		default:
			return "", fmt.Errorf("unknown option %q: the options are pos, vel=FIELD, angle, lerp, teleport, own, derived, step=, min=, max=, unit=, per=, -", key)
		}
		if err != nil {
			return "", fmt.Errorf("%s: %w", key, err)
		}
	}
	return of, f.checkTag()
}

// checkTag says what options do not go together.
func (f *Field) checkTag() error {
	switch {
	case f.Derived && (f.Role != Velocity || f.Own):
		return fmt.Errorf("derived is for a velocity that others than the owner are to know")
	case f.Step > 1 && (f.Role != Angle || f.Own || bits.OnesCount32(uint32(f.Step)) != 1):
		return fmt.Errorf("step=%d: a step is a power of two, and of an angle that others than the owner are told", f.Step)
	}
	return nil
}

func setNumber(to *int32, value string, low, high int32) error {
	n, err := strconv.ParseInt(value, 10, 32)
	if err != nil || n < int64(low) || n > int64(high) {
		return fmt.Errorf("%q is not a number from %d to %d", value, low, high)
	}
	*to = int32(n)
	return nil
}

// kindRange is the range of an integer kind that state may have.
func kindRange(k reflect.Kind) (low, high int32, ok bool) {
	switch k {
	case reflect.Bool:
		return 0, 1, true
	case reflect.Int8:
		return math.MinInt8, math.MaxInt8, true
	case reflect.Int16:
		return math.MinInt16, math.MaxInt16, true
	case reflect.Int32:
		return math.MinInt32, math.MaxInt32, true
	case reflect.Uint8:
		return 0, math.MaxUint8, true
	case reflect.Uint16:
		return 0, math.MaxUint16, true
	}
	return 0, 0, false
}

// Width is the number of values in a row.
func (s *Schema[T]) Width() int { return len(s.fields) }

// Shared is the number of values in a short row: up to the last field that others than the owner are told. Store,
// Blend, Extrapolate, Drift, Measure, Blur and Changed take short rows, too.
func (s *Schema[T]) Shared() int { return s.shared }

// Fields lists the replicated fields in the order of a row. It must not be changed.
func (s *Schema[T]) Fields() []Field { return s.fields }

// AllFields lists the replicated fields and then those that are not.
func (s *Schema[T]) AllFields() []Field { return slices.Concat(s.fields, s.hidden) }

// Field is the index of a field by name, or -1.
func (s *Schema[T]) Field(name string) int {
	for i := range s.fields {
		if s.fields[i].Name == name {
			return i
		}
	}
	return -1
}

// Signature is a text that is equal exactly for equal layouts and meanings on the wire.
func (s *Schema[T]) Signature() string {
	var b strings.Builder
	for i := range s.fields {
		f := &s.fields[i]
		fmt.Fprintf(&b, "%s %s role=%d own=%t derived=%t step=%d %d..%d unit=%d of=%d per=%d\n", f.Name, f.kind, f.Role, f.Own, f.Derived, f.Step, f.Min, f.Max, f.Unit, f.Of, f.Per)
	}
	return b.String()
}

// Load writes the replicated fields of v into row, which has Width values.
func (s *Schema[T]) Load(v *T, row []int32) { s.whole.load(unsafe.Pointer(v), row) }

// LoadAll writes all fields of v into row: first the replicated ones, then the others. It has a value for each of AllFields.
func (s *Schema[T]) LoadAll(v *T, row []int32) {
	s.whole.load(unsafe.Pointer(v), row)
	s.unsent.load(unsafe.Pointer(v), row[len(s.fields):])
}

// Store writes row, which may be a short one, into the replicated fields of v and leaves the others alone.
func (s *Schema[T]) Store(row []int32, v *T) {
	if len(row) == len(s.fields) {
		s.whole.store(unsafe.Pointer(v), row)
		return
	}
	s.short.store(unsafe.Pointer(v), row)
}

// lean is what the inner loops need of a field, small enough for several to share a cache line.
type lean struct {
	min, max    int32
	least, most int32  // that a difference may be, in steps
	half, keep  uint32 // a sum wraps by adding half of the field's range if it has a sign, keeping its bits, and taking half away
	spare       uint8  // how many of 32 bits the field does not have
	step        uint8  // how many low bits of a value are not told
	form        form
}

type form uint8

const (
	signed form = iota
	unsigned
	boolean
)

func leanOf(kind reflect.Kind, low, high int32) lean {
	l := lean{min: low, max: high, spare: uint8(32 - bits.Len32(uint32(high-low)))}
	l.least, l.most, l.keep = math.MinInt32>>l.spare, math.MaxInt32>>l.spare, math.MaxUint32>>l.spare
	switch {
	case kind == reflect.Bool:
		l.form = boolean
		l.least, l.most = 1, 1
		return l
	case low == 0:
		l.form = unsigned
	default:
		l.half = l.keep/2 + 1
	}
	return l
}

// narrow brings a difference into the field's own width, so that it is as small as it can be and adding it
// wraps as the field does. A bool's is 0 or 1.
func (l *lean) narrow(d int32) int32 {
	if l.form == boolean {
		return d & 1
	}
	return d << (l.spare & 31) >> (l.spare & 31)
}

// wrap brings a sum back into the field's range of values.
func (l *lean) wrap(v int32) int32 { return int32((uint32(v)+l.half)&l.keep - l.half) }

// BlendOne is the whole way from one row to another, for Blend.
const BlendOne = 1 << 16

// Blend sets dst to what lies part/BlendOne of the way from a to b, rounded to nearest; 0 <= part <= BlendOne.
// Discrete fields are a's, and all of them are when the entity teleported in between.
func (s *Schema[T]) Blend(dst, a, b []int32, part int64) {
	copy(dst, a)
	if s.Teleported(a, b) {
		return
	}
	for _, i := range s.linear {
		if i >= len(a) {
			break
		}
		dst[i] = blend(a[i], b[i], part)
	}
	for _, i := range s.angles {
		if i >= len(a) {
			break
		}
		f := &s.leans[i]
		dst[i] = f.wrap(a[i] + int32((int64(f.narrow(b[i]-a[i]))*part+BlendOne/2)>>16))
	}
}

// Distance is how far apart the positions of two rows are, in world units.
func (s *Schema[T]) Distance(a, b []int32) float64 {
	sum := 0.0
	for _, i := range s.positions {
		d := float64(int64(a[i])-int64(b[i])) / float64(s.fields[i].Unit)
		sum += d * d
	}
	return math.Sqrt(sum)
}

// Positions are the indexes of the position fields, in order.
func (s *Schema[T]) Positions() []int { return s.positions }

// Teleported reports whether the entity jumped between two rows, so that they must not be blended.
func (s *Schema[T]) Teleported(a, b []int32) bool {
	return s.teleport >= 0 && s.teleport < len(a) && a[s.teleport] != b[s.teleport]
}
