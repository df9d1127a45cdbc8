package verdict

import (
	"fmt"
	"slices"
	"strings"
)

// Outcome is how a run ended, in one word or two.
type Outcome string

// The outcomes, the best first. Of what failed it tells who is to blame: a server that cannot keep up, or a netcode that
// does not cope with this network.
const (
	Passed        Outcome = "PASS"
	FailedServer  Outcome = "FAIL (server)"
	FailedNetcode Outcome = "FAIL (netcode on this network)"
	// Invalid: the run says nothing about either, because the laboratory was late or the run broke.
	Invalid Outcome = "INVALID"
)

// Conclude is the outcome of a run's findings, and why in a line. void, when not empty, says why the figures are worth
// nothing. An expectation about the lab that failed says that too.
func Conclude(findings []Finding, void string) (Outcome, string) {
	var server, netcode, lab []string
	passed, judged := 0, 0
	for i := range findings {
		f := &findings[i]
		switch {
		case f.Status == Skipped:
			continue
		case f.Status == Pass:
			passed++
		case f.Subject == "server":
			server = append(server, f.Expectation)
		case f.Subject == "lab":
			lab = append(lab, f.Expectation)
		default:
			netcode = append(netcode, f.Expectation)
		}
		judged++
	}
	switch {
	case void != "":
		return Invalid, void
	case len(lab) > 0:
		return Invalid, "the lab was not as punctual as is expected: " + Some(lab)
	case len(server) > 0:
		return FailedServer, Some(append(server, netcode...))
	case len(netcode) > 0:
		return FailedNetcode, Some(netcode)
	case len(findings) == 0:
		return Passed, "nothing was expected of it"
	case judged == 0:
		return Passed, "nothing was expected of it but of the machine, and time was simulated"
	}
	return Passed, fmt.Sprintf("%d of %d", passed, judged)
}

// Worst is the outcome of several runs: whatever of these comes first in FAIL (netcode), FAIL (server), INVALID, PASS.
func Worst(outcomes []Outcome) Outcome {
	for _, o := range []Outcome{FailedNetcode, FailedServer, Invalid} {
		if slices.Contains(outcomes, o) {
			return o
		}
	}
	return Passed
}

// Some are the first of several, and how many more there are.
func Some(texts []string) string {
	const most = 3
	if len(texts) <= most {
		return strings.Join(texts, ", ")
	}
	return fmt.Sprintf("%s, and %d more", strings.Join(texts[:most], ", "), len(texts)-most)
}
