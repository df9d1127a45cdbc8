package game

import (
	"reflect"
	"unsafe"
)

// slot is what copying needs of a field: where it is in the struct and of what kind.
type slot struct {
	offset uint32
	kind   uint8 // a reflect.Kind
}

func (f *Field) slot() slot { return slot{uint32(f.offset), uint8(f.kind)} }

// slots is where the values of a row are in a struct, by kind: each kind is copied in a loop of its own, because to ask each
// value for its kind takes longer than to copy it.
type slots struct {
	width                        int // of the row
	words                        []entry
	halves, shorts, bytes, chars []entry // uint16, int16, uint8, int8
	bools                        []entry
}

// entry is a value: where it is in the struct, and in the row, both in bytes.
type entry struct{ offset, at uint32 }

// slotsOf is for rows of these fields.
func slotsOf(fields []Field) slots {
	var s slots
	for i := range fields {
		s.add(fields[i].slot())
	}
	return s
}

// add adds the row's next value.
func (s *slots) add(f slot) {
	to := map[reflect.Kind]*[]entry{
		reflect.Int32: &s.words, reflect.Uint16: &s.halves, reflect.Int16: &s.shorts,
		reflect.Uint8: &s.bytes, reflect.Int8: &s.chars, reflect.Bool: &s.bools,
	}[reflect.Kind(f.kind)]
	*to = append(*to, entry{f.offset, uint32(s.width) * 4})
	s.width++
}

// load reads the fields at their offsets. Offsets and kinds come from reflection over the very type, and the row is known to be
// long enough, so the reads and writes are in bounds and of the right width; reflect.Value would cost ten times as much per field.
func (s *slots) load(p unsafe.Pointer, row []int32) {
	to := unsafe.Pointer(unsafe.SliceData(row[:s.width]))
	for _, f := range s.words {
		*(*int32)(unsafe.Add(to, f.at)) = *(*int32)(unsafe.Add(p, f.offset))
	}
	for _, f := range s.halves {
		*(*int32)(unsafe.Add(to, f.at)) = int32(*(*uint16)(unsafe.Add(p, f.offset)))
	}
	for _, f := range s.shorts {
		*(*int32)(unsafe.Add(to, f.at)) = int32(*(*int16)(unsafe.Add(p, f.offset)))
	}
	for _, f := range s.bytes {
		*(*int32)(unsafe.Add(to, f.at)) = int32(*(*uint8)(unsafe.Add(p, f.offset)))
	}
	for _, f := range s.chars {
		*(*int32)(unsafe.Add(to, f.at)) = int32(*(*int8)(unsafe.Add(p, f.offset)))
	}
	for _, f := range s.bools { // a bool is a byte, 0 or 1
		*(*int32)(unsafe.Add(to, f.at)) = int32(*(*uint8)(unsafe.Add(p, f.offset)))
	}
}

// store writes a row.
func (s *slots) store(p unsafe.Pointer, row []int32) {
	from := unsafe.Pointer(unsafe.SliceData(row[:s.width]))
	for _, f := range s.words {
		*(*int32)(unsafe.Add(p, f.offset)) = *(*int32)(unsafe.Add(from, f.at))
	}
	for _, f := range s.halves {
		*(*uint16)(unsafe.Add(p, f.offset)) = uint16(*(*int32)(unsafe.Add(from, f.at)))
	}
	for _, f := range s.shorts {
		*(*int16)(unsafe.Add(p, f.offset)) = int16(*(*int32)(unsafe.Add(from, f.at)))
	}
	for _, f := range s.bytes {
		*(*uint8)(unsafe.Add(p, f.offset)) = uint8(*(*int32)(unsafe.Add(from, f.at)))
	}
	for _, f := range s.chars {
		*(*int8)(unsafe.Add(p, f.offset)) = int8(*(*int32)(unsafe.Add(from, f.at)))
	}
	for _, f := range s.bools {
		*(*bool)(unsafe.Add(p, f.offset)) = *(*int32)(unsafe.Add(from, f.at)) != 0
	}
}
