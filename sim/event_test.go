package sim

import "testing"

// TestActionsRoundTrip: what an action says of itself can be read again, and is the same.
func TestActionsRoundTrip(t *testing.T) {
	for name, values := range map[string][]string{
		"link":     {"4g,loss=3%", "up bad", "down lan,delay=3ms"},
		"blackout": {"4s", "up 4s"},
		"hold":     {"300ms"},
		"spike":    {"200ms for 2s", "down 200ms for 2s"},
		"loss":     {"30% for 2s"},
		"rebind":   {""},
		"kick":     {""},
		"add":      {"20", "20 over 2s", "20 over 2s for 30s"},
		"remove":   {"all", "5 over 2s"},
		"brain":    {"strafe"},
		"set":      {"prediction=off", "interpolation=2"},
		"restart":  {"1s"},
	} {
		for _, value := range values {
			a, err := ParseAction(name, value)
			if err != nil {
				t.Errorf("%s %s: %v", name, value, err)
				continue
			}
			if a.kind().Name != name {
				t.Errorf("%s %s became a %s", name, value, a.kind().Name)
			}
			want := name
			if value != "" {
				want += " " + value
			}
			if a.String() != want {
				t.Errorf("%s became %q", want, a.String())
			}
		}
	}
}

// TestBadActions: each is refused, with what would be right.
func TestBadActions(t *testing.T) {
	for _, bad := range [][2]string{
		{"explode", "4s"}, {"link", "5gg"}, {"blackout", ""}, {"blackout", "4s every 10s"}, {"blackout", "-4s"}, {"spike", "200ms"},
		{"blackout", "4"}, {"hold", "up 300"}, {"spike", "200 for 2s"}, {"spike", "200ms for 2"}, {"loss", "30% for 2"},
		{"loss", "200% for 2s"}, {"rebind", "4s"}, {"kick", "3"}, {"add", ""}, {"add", "0"}, {"add", "20 over"}, {"add", "20 under 3s"},
		{"remove", "none"}, {"brain", ""}, {"set", "prediction"}, {"set", "tick=30"}, {"set", "prediction=maybe"}, {"restart", "2m"}, {"restart", "soon"},
	} {
		if a, err := ParseAction(bad[0], bad[1]); err == nil {
			t.Errorf("%s %s became %v", bad[0], bad[1], a)
		}
	}
}
