package sim

import (
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
)

// ReportVersion is the version of the reports' format. It changes when a field goes away or comes to mean something else;
// fields may come without that.
const ReportVersion = 1

// ReportFormat documents every field of a report.
//
//go:embed REPORT.md
var ReportFormat string

// WriteJSON writes the report as one JSON object.
func (r *Report) WriteJSON(w io.Writer) error { return writeJSON(w, r) }

// WriteReports writes reports as one JSON array.
func WriteReports(w io.Writer, reports []*Report) error { return writeJSON(w, reports) }

func writeJSON(w io.Writer, v any) error {
	enc := json.NewEncoder(w)
	enc.SetIndent("", "  ")
	return enc.Encode(v)
}

// mostReport is the most bytes that ReadReports reads.
const mostReport = 1 << 30

// ReadReports reads what WriteJSON or WriteReports has written: one report or several. It refuses reports of another version,
// and a file without any.
func ReadReports(r io.Reader) ([]*Report, error) {
	text, err := io.ReadAll(io.LimitReader(r, mostReport))
	if err != nil {
		return nil, err
	}
	if what := otherwise(text); what != "" {
		return nil, fmt.Errorf("this is no report, but what %s; want what --json of run or demo has written", what)
	}
	var reports []*Report
	if one := new(Report); json.Unmarshal(text, one) == nil {
		reports = append(reports, one)
	} else if err := json.Unmarshal(text, &reports); err != nil {
		return nil, errors.New("this is no report; want what --json of run or demo has written")
	}
	if len(reports) == 0 {
		return nil, errors.New("there is no report in it; want what --json of run or demo has written")
	}
	for _, r := range reports {
		switch {
		case r == nil || r.Version == 0:
			return nil, errors.New("this is no report, or one from before they had versions; run again with --json")
		case r.Version != ReportVersion:
			return nil, fmt.Errorf("the report has version %d, and this program reads version %d: use the program that wrote it", r.Version, ReportVersion)
		}
	}
	return reports, nil
}

// otherwise says what wrote a file that has no reports of one run or of several seeds, as far as it is one of this program's.
func otherwise(text []byte) string {
	var parts []map[string]json.RawMessage
	if one := map[string]json.RawMessage{}; json.Unmarshal(text, &one) == nil {
		parts = append(parts, one)
	} else if json.Unmarshal(text, &parts) != nil {
		return ""
	}
	for _, p := range parts {
		has := func(names ...string) bool {
			return !slices.ContainsFunc(names, func(name string) bool { return p[name] == nil })
		}
		switch {
		case has("axes", "cells"):
			return "sweep --json has written: a map of many runs, without their reports"
		case has("name", "report"):
			return "run --vary --json has written: several reports, each of other settings"
		case has("scenario", "expectations", "outcome") && !has("version"):
			return "test --json has written: what came of expectations, without the figures"
		}
	}
	return ""
}
