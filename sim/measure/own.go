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
