package netem

// turns are a heap: the earliest one is the first. Each has four below it and not two, for fewer levels and because these four lie
// side by side.
type turns []turn

// push adds a turn.
func (h *turns) push(t turn) {
	*h = append(*h, t)
	all := *h
	i := len(all) - 1
	for i > 0 {
		parent := (i - 1) / 4
		if !t.before(&all[parent]) {
			break
		}
		all[i] = all[parent]
		i = parent
	}
	all[i] = t
}

// pop takes out the earliest turn, of which there is one.
func (h *turns) pop() turn {
	all := *h
	first, last := all[0], len(all)-1
	t := all[last]
	if *h = all[:last]; last > 0 {
		h.sink(t)
	}
	return first
}

// sink puts a turn into the first place, or below it, where it belongs.
func (h turns) sink(t turn) {
	i := 0
	for {
		c := 4*i + 1
		if c >= len(h) {
			break
		}
		least := c
		for end := min(c+4, len(h)); c+1 < end; {
			if c++; h[c].before(&h[least]) {
				least = c
			}
		}
		if !h[least].before(&t) {
			break
		}
		h[i] = h[least]
		i = least
	}
	h[i] = t
}
