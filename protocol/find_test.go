package protocol

import (
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// TestFindEntity compares with a binary search of the whole list.
func TestFindEntity(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		ids := rapid.SliceOfDistinct(rapid.Map(rapid.Uint32Range(1, 60), func(v uint32) EntityID { return EntityID(v) }), rapid.ID).Draw(t, "ids")
		slices.Sort(ids)
		from := rapid.IntRange(0, len(ids)).Draw(t, "from")
		id := EntityID(rapid.Uint32Range(0, 62).Draw(t, "id"))
		at, ok := slices.BinarySearch(ids[from:], id)
		if i, found := FindEntity(ids, id, from); i != from+at || found != ok {
			t.Errorf("%d in %v from %d: %d, %v; want %d, %v", id, ids, from, i, found, from+at, ok)
		}
	})
}
