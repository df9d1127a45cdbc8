package measure

// The units of figures that are not of players.
const (
	Hertz     Unit = "Hz"
	PerSecond Unit = "/s"
)

// OwnDist declares a distribution that is not of a group of players: the server or the laboratory tells it of itself.
func OwnDist(name string, unit Unit, doc string) Metric {
	return dist(name, unit, doc, func(*Group) *Dist { return new(Dist) })
}

// OwnValue declares such a figure of one value.
func OwnValue(name string, unit Unit, doc string) Metric {
	return value(name, unit, doc, func(*Group, float64) (float64, bool) { return 0, false })
}

// Closest is the name that is spelt most like another; ok is false when none is near enough to have been meant.
func Closest(name string, names []string) (best string, ok bool) {
	if len(name) > 64 {
		return "", false // no name is that long
	}
	least := max(2, len(name)/3) + 1
	for _, n := range names {
		if d := distance(name, n); d < least {
			best, least, ok = n, d, true
		}
	}
	return best, ok
}
