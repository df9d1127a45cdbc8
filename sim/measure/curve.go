package measure

// CurveAt are the percentages at which a Curve tells a distribution: fine at both ends, where it matters.
var CurveAt = []float64{0, 1, 2, 5, 10, 15, 20, 25, 30, 35, 40, 45, 50, 55, 60, 65, 70, 75, 80, 85, 90, 92.5, 95, 97, 98, 99, 99.5, 99.9, 100}

// Curve is the metric's distribution in a group, as the quantiles at CurveAt, in the metric's unit. It is nil for a metric that
// is one value, and when nothing was measured.
func (m *Metric) Curve(g *Group) []float64 {
	if m.dist == nil {
		return nil
	}
	d := m.dist(g)
	if d.Count() == 0 {
		return nil
	}
	curve := make([]float64, len(CurveAt))
	for i, at := range CurveAt {
		curve[i] = round(float64(d.at(at)) * m.Unit.scale())
	}
	return curve
}
