package verdict

import (
	"fmt"

	"laglab/sim/measure"
)

// reason says in words why a value is not good, and where it can what would help.
func (t *Threshold) reason(g Grade, u measure.Unit, v float64, all map[string]measure.Figure) string {
	text := t.Name() + " is " + Format(u, v)
	if form, ok := texts[t.Metric]; ok {
		text = fmt.Sprintf(form, Format(u, v))
	}
	if f := all["players"]; t.Metric == "kept_out" && f.Value != nil {
		text = fmt.Sprintf("%s of %s never got to play", Format(u, v), Format(u, *f.Value))
	}
	missed, limit, bound := Good, t.Good, "at most"
	if g == Bad {
		missed, limit = Fair, t.Fair
	}
	if t.Good > t.Fair {
		bound = "at least"
	}
	text += fmt.Sprintf(" (%s: %s %s)", missed, bound, Format(u, limit))
	if more := advice(t.Metric, all); more != "" {
		text += "; " + more
	}
	return text
}

// texts say what a value of each metric means.
var texts = map[string]string{
	"kept_out":         "%s players never got to play",
	"starvation":       "the interpolation buffer was dry for %s of the time",
	"inputs_missed":    "%s of the commands came too late or never",
	"own_latency":      "one in twenty frames shows the own moves %s late or later",
	"prediction_error": "one tick in a hundred was predicted wrong by more than %s",
	"correction":       "one correction in a hundred moved the player by more than %s",
	"snaps":            "%s corrections were too large to be smoothed",
	"hit_agreement":    "only %s of the hits that shooters saw were awarded",
	"view_intervals":   "the others are shown %s snapshot intervals later than the way here takes",
	"desyncs":          "%s predictions or snapshots were wrong with nothing to explain it: client and server disagree",
	"rtt":              "the round trip is %s",
	"price_cover":      "one victim in a hundred had been behind cover for more than %s when it was hit",
	"longest_freeze":   "the others stood still for up to %s",
	"ends":             "connections ended: %s",
}

// advice is what would help, from what else was measured.
func advice(metric string, all map[string]measure.Figure) string {
	at := func(name, part string) (v float64, ok bool) {
		if f, known := all[name]; known {
			v, ok = f.At(part)
		}
		return v, ok
	}
	switch metric {
	case "starvation":
		n, ok := at("droughts", "value")
		need, known := at("needed_delay", "p99")
		if ok && known {
			return fmt.Sprintf("it ran dry %.0f times; an interpolation delay of %.0f ms would have covered 99 %% of the gaps", n, need)
		}
	case "inputs_missed":
		if slack, ok := at("input_slack", "p50"); ok {
			return fmt.Sprintf("half of them wait less than %.0f ms for their tick", slack)
		}
	case "hit_agreement":
		if lost, ok := at("hits_unjudged", "value"); ok && lost > 0 {
			return fmt.Sprintf("%.1f %% were never judged, because their commands came too late or never", lost*100)
		}
	case "own_latency":
		return "prediction shows them at once"
	case "prediction_error":
		_, corrected := at("correction", "p99")
		if wrong, ok := at("misprediction", "value"); ok && !corrected {
			return fmt.Sprintf("%.1f %% of the ticks were predicted wrong, and nothing corrects them", wrong*100)
		}
	case "correction", "snaps":
		if wrong, ok := at("misprediction", "value"); ok {
			return fmt.Sprintf("%.1f %% of the ticks were predicted wrong", wrong*100)
		}
	}
	return ""
}
