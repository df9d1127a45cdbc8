package sim

import (
	"bytes"
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"laglab/sim/chronicle"
	"laglab/sim/measure"
)

// reportParts are the types that REPORT.md lists by themselves.
var reportParts = []struct {
	t    reflect.Type
	name string
}{
	{reflect.TypeFor[Report](), "report"},
	{reflect.TypeFor[Expectation](), "expectation"},
	{reflect.TypeFor[GroupReport](), "group"},
	{reflect.TypeFor[PlayerReport](), "player"},
	{reflect.TypeFor[LinkReport](), "link"},
	{reflect.TypeFor[measure.Figure](), "figure"},
	{reflect.TypeFor[ServerReport](), "server"},
	{reflect.TypeFor[Quantiles](), "quantiles"},
	{reflect.TypeFor[Sweep](), "sweep"},
	{reflect.TypeFor[Kept](), "kept"},
	{reflect.TypeFor[SweepOutcome](), "outcome"},
	{reflect.TypeFor[Spread](), "spread"},
	{reflect.TypeFor[chronicle.Entry](), "entry"},
}

// allFields are the fields of reports as REPORT.md lists them.
func allFields() (fields []string) {
	for _, p := range reportParts {
		for i := range p.t.NumField() {
			name, _, _ := strings.Cut(p.t.Field(i).Tag.Get("json"), ",")
			fields = append(fields, fieldsOf(p.t.Field(i).Type, p.name+"."+name)...)
		}
	}
	return fields
}

// fieldsOf are the rows of one field: with [] what is in an array, with {} what is in an object by names.
func fieldsOf(t reflect.Type, path string) (fields []string) {
	add := func(kind string) []string { return []string{fmt.Sprintf("| `%s` | %s |", path, kind)} }
	for _, p := range reportParts {
		if t == p.t {
			return add(p.name)
		}
	}
	switch {
	case t == reflect.TypeFor[time.Time]():
		return add("time")
	case t.Kind() == reflect.Pointer && t == reflect.TypeFor[*Timeline]():
		return fieldsOf(t.Elem(), path)
	case t.Kind() == reflect.Pointer:
		inner := fieldsOf(t.Elem(), path)
		inner[0] = strings.TrimSuffix(inner[0], " |") + " or null |"
		return inner
	case t.Kind() == reflect.Slice:
		return fieldsOf(t.Elem(), path+"[]")
	case t.Kind() == reflect.Map:
		return fieldsOf(t.Elem(), path+"{}")
	case t.Kind() == reflect.Struct:
		for i := range t.NumField() {
			name, _, _ := strings.Cut(t.Field(i).Tag.Get("json"), ",")
			fields = append(fields, fieldsOf(t.Field(i).Type, path+"."+name)...)
		}
		return fields
	case t.Kind() == reflect.String:
		return add("string")
	case t.Kind() == reflect.Bool:
		return add("boolean")
	case t.Kind() == reflect.Float64:
		return add("number")
	}
	return add("integer")
}

// documented are the rows of REPORT.md without what they say, and those that say nothing.
func documented(t *testing.T) (fields, silent []string) {
	for line := range strings.Lines(ReportFormat) {
		cells := strings.Split(strings.TrimSpace(line), " | ")
		if len(cells) < 3 || !strings.HasPrefix(line, "| `") {
			continue
		}
		fields = append(fields, cells[0]+" | "+cells[1]+" |")
		if len(strings.Trim(strings.Join(cells[2:], ""), " |")) == 0 {
			silent = append(silent, cells[0])
		}
	}
	return fields, silent
}

// TestReportFormatIsDocumented: REPORT.md lists exactly the fields that a report has, with their types, and says what each is;
// whoever changes a field has to change it there, and to think of the version.
func TestReportFormatIsDocumented(t *testing.T) {
	fields, silent := documented(t)
	if diff := cmp.Diff(allFields(), fields); diff != "" {
		t.Errorf("REPORT.md lists other fields than a report has (-has +lists):\n%s", diff)
	}
	if len(silent) > 0 {
		t.Errorf("REPORT.md does not say what these are: %v", silent)
	}
	for _, kind := range chronicle.Kinds {
		if !strings.Contains(ReportFormat, "\n- `"+string(kind)+"`: ") {
			t.Errorf("REPORT.md does not say what entries of kind %s are", kind)
		}
	}
	for _, outcome := range chronicle.Outcomes {
		if !strings.Contains(ReportFormat, "`"+outcome+"` ") {
			t.Errorf("REPORT.md does not say what the outcome %s is", outcome)
		}
	}
	if want := fmt.Sprintf("version %d", ReportVersion); !strings.Contains(ReportFormat, want) {
		t.Errorf("REPORT.md does not say that this is %s", want)
	}
}

// TestReadReports: what is written can be read, one or several; what is not a report is refused with what to do.
func TestReadReports(t *testing.T) {
	one := sample()
	var b bytes.Buffer
	if err := one.WriteJSON(&b); err != nil {
		t.Fatal(err)
	}
	got, err := ReadReports(&b)
	if err != nil || len(got) != 1 {
		t.Fatalf("%d reports, %v", len(got), err)
	}
	if diff := cmp.Diff(one, got[0]); diff != "" {
		t.Errorf("what was read is not what was written:\n%s", diff)
	}
	b.Reset()
	if err := WriteReports(&b, []*Report{one, one}); err != nil {
		t.Fatal(err)
	}
	if got, err = ReadReports(&b); err != nil || len(got) != 2 {
		t.Errorf("%d reports, %v", len(got), err)
	}
	for text, want := range map[string]string{
		"":                "no report",
		"[]":              "no report in it",
		"[null]":          "no report",
		"{}":              "run again with --json",
		`{"version": 99}`: "version 99",
		`{"version": "a"`: "no report",
		`{"version": 1, "axes": [], "cells": []}`:                "what sweep --json has written",
		`[{"scenario": "a", "outcome": "", "expectations": []}]`: "what test --json has written",
		`[{"name": "rewind=off", "report": null}]`:               "what run --vary --json has written",
	} {
		if _, err := ReadReports(strings.NewReader(text)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q gives %v, want something with %q", text, err, want)
		}
	}
}

// FuzzReadReports: whatever is in a file, reading, printing and comparing it does not panic.
func FuzzReadReports(f *testing.F) {
	f.Add([]byte(`[{"version":1,"groups":[{"metrics":{"rtt":{"unit":"ms"}}}],"server":{}}]`))
	f.Add([]byte(`{"version":1,"timeline":{"window_ns":0,"series":{"all":{"rtt":[null,1]}},"events":null}}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		reports, err := ReadReports(bytes.NewReader(text))
		if err != nil {
			return
		}
		for _, r := range reports {
			if err := r.WriteText(&bytes.Buffer{}); err != nil {
				t.Error(err)
			}
		}
	})
}
