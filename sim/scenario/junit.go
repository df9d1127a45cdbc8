package scenario

import (
	"encoding/xml"
	"fmt"
	"io"

	"laglab/sim/verdict"
)

// The elements of a JUnit report, as far as those who read one agree on it.
type (
	junit struct {
		XMLName  xml.Name     `xml:"testsuites"`
		Tests    int          `xml:"tests,attr"`
		Failures int          `xml:"failures,attr"`
		Errors   int          `xml:"errors,attr"`
		Skipped  int          `xml:"skipped,attr"`
		Suites   []junitSuite `xml:"testsuite"`
	}
	junitSuite struct {
		Name     string      `xml:"name,attr"`
		Tests    int         `xml:"tests,attr"`
		Failures int         `xml:"failures,attr"`
		Errors   int         `xml:"errors,attr"`
		Skipped  int         `xml:"skipped,attr"`
		Time     string      `xml:"time,attr"`
		Cases    []junitCase `xml:"testcase"`
	}
	junitCase struct {
		Class   string        `xml:"classname,attr"`
		Name    string        `xml:"name,attr"`
		Failure *junitMessage `xml:"failure"`
		Error   *junitMessage `xml:"error"`
		Skipped *junitMessage `xml:"skipped"`
	}
	junitMessage struct {
		Message string `xml:"message,attr"`
		Text    string `xml:",chardata"`
	}
)

// WriteJUnit writes results as a JUnit report: a suite for each scenario, a case for each expectation. In an invalid run
// every case is an error.
func WriteJUnit(w io.Writer, results []*Result) error {
	var all junit
	for _, r := range results {
		s := r.junit()
		all.Tests += s.Tests
		all.Failures += s.Failures
		all.Errors += s.Errors
		all.Skipped += s.Skipped
		all.Suites = append(all.Suites, s)
	}
	if _, err := io.WriteString(w, xml.Header); err != nil {
		return err
	}
	enc := xml.NewEncoder(w)
	enc.Indent("", "  ")
	if err := enc.Encode(all); err != nil {
		return err
	}
	_, err := io.WriteString(w, "\n")
	return err
}

func (r *Result) junit() junitSuite {
	s := junitSuite{Name: r.Scenario, Time: fmt.Sprintf("%.3f", r.Elapsed.Seconds())}
	again := fmt.Sprintf("seed %d; to see it again: %s", r.Seed, r.Again)
	for i := range r.Findings {
		f := &r.Findings[i]
		c := junitCase{Class: r.Scenario, Name: f.Expectation}
		if f.Variant != "" {
			c.Name += " [" + f.Variant + "]"
		}
		switch {
		case r.Outcome == verdict.Invalid:
			c.Error = &junitMessage{r.Reason, again}
			s.Errors++
		case f.Status == verdict.Fail:
			c.Failure = &junitMessage{f.Expectation + ": " + f.Says, again}
			s.Failures++
		case f.Status == verdict.Skipped:
			c.Skipped = &junitMessage{Message: f.Says}
			s.Skipped++
		}
		s.Cases = append(s.Cases, c)
	}
	if len(s.Cases) == 0 {
		c := junitCase{Class: r.Scenario, Name: "it runs"}
		if r.Outcome == verdict.Invalid {
			c.Error = &junitMessage{r.Reason, again}
			s.Errors++
		}
		s.Cases = append(s.Cases, c)
	}
	s.Tests = len(s.Cases)
	return s
}
