package spelling

import (
	"strings"
	"testing"
)

func TestClosest(t *testing.T) {
	names := []string{"lan", "fibre", "4g", "4g-train", "wifi-busy"}
	for name, want := range map[string]string{
		"fibr": "fibre", "fiber": "fibre", "4gg": "4g", "4g-trian": "4g-train", "wifi": "", "satellite": "", "": "", strings.Repeat("4g", 40): "",
	} {
		if got, ok := Closest(name, names); got != want || ok != (want != "") {
			t.Errorf("%q: %q, %v; want %q", name, got, ok, want)
		}
	}
	if _, ok := Closest("any", nil); ok {
		t.Error("one of none was meant")
	}
}
