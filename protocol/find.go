package protocol

// FindEntity finds an entity in a list of ids in ascending order, at an index or after it: where it stands, or would, and whether it
// is there. It stands at most as far on as its id is from the id at the index, and exactly so far when nobody between them has left:
// that is where it is looked for first.
func FindEntity(ids []EntityID, id EntityID, from int) (int, bool) {
	if from >= len(ids) || id <= ids[from] {
		return from, from < len(ids) && ids[from] == id
	}
	high := len(ids)
	if at := uint64(from) + uint64(id-ids[from]); at < uint64(high) {
		if ids[at] == id {
			return int(at), true
		}
		high = int(at)
	}
	// Mostly it is not far before that: few have left, and who came last is at the end.
	low := from
	for step := 1; high-step > from; step *= 2 {
		if ids[high-step] <= id {
			low = high - step
			break
		}
		high -= step
	}
	for low < high { // as slices.BinarySearch, which costs twice as much for the few that are left
		if middle := int(uint(low+high) / 2); ids[middle] < id {
			low = middle + 1
		} else {
			high = middle
		}
	}
	return low, low < len(ids) && ids[low] == id
}
