package game

import (
	"reflect"
	"unsafe"
)

// slot is what copying needs of a field: where it is in the struct and of what kind. Many share a cache line, which Fields do
// not.
type slot struct {
	offset uint32
	kind   uint8 // a reflect.Kind
}

func slotsOf(fields []Field) []slot {
	slots := make([]slot, len(fields))
	for i := range fields {
		slots[i] = fields[i].slot()
	}
	return slots
}

func (f *Field) slot() slot { return slot{uint32(f.offset), uint8(f.kind)} }

// load reads the fields at their offsets. Offsets and kinds come from reflection over the very type, so the
// reads are in bounds and of the right width; reflect.Value would cost five times as much per field.
func load(p unsafe.Pointer, slots []slot, row []int32) {
	row = row[:len(slots)]
	for i, f := range slots {
		q := unsafe.Add(p, f.offset)
		switch reflect.Kind(f.kind) {
		case reflect.Bool:
			row[i] = 0
			if *(*bool)(q) {
				row[i] = 1
			}
		case reflect.Int8:
			row[i] = int32(*(*int8)(q))
		case reflect.Int16:
			row[i] = int32(*(*int16)(q))
		case reflect.Int32:
			row[i] = *(*int32)(q)
		case reflect.Uint8:
			row[i] = int32(*(*uint8)(q))
		case reflect.Uint16:
			row[i] = int32(*(*uint16)(q))
		}
	}
}

// store writes a row, which may be a short one, to the first of the fields.
func store(p unsafe.Pointer, slots []slot, row []int32) {
	slots = slots[:len(row)]
	for i, x := range row {
		f := slots[i]
		q := unsafe.Add(p, f.offset)
		switch reflect.Kind(f.kind) {
		case reflect.Bool:
			*(*bool)(q) = x != 0
		case reflect.Int8:
			*(*int8)(q) = int8(x)
		case reflect.Int16:
			*(*int16)(q) = int16(x)
		case reflect.Int32:
			*(*int32)(q) = x
		case reflect.Uint8:
			*(*uint8)(q) = uint8(x)
		case reflect.Uint16:
			*(*uint16)(q) = uint16(x)
		}
	}
}
