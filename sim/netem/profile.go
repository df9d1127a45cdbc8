package netem

import (
	"fmt"
	"strings"
	"time"
)

// Profile describes one direction of a path. The zero value is a perfect one.
type Profile struct {
	// Delay is the mean time a datagram is under way, 0 to 10 s.
	Delay time.Duration `json:"delay"`
	// Jitter spreads the delay evenly over Delay ± Jitter; at most Delay. Datagrams stay in order: one that
	// would overtake another arrives together with it.
	Jitter time.Duration `json:"jitter"`
	// Loss is the share of datagrams that vanish, each by itself, 0 to 1.
	Loss float64 `json:"loss"`
}

// maxDelay bounds what a profile may ask for.
const maxDelay = 10 * time.Second

// Check says what is wrong with a profile: the field, its value and its range.
func (p Profile) Check() error {
	switch {
	case p.Delay < 0 || p.Delay > maxDelay:
		return fmt.Errorf("delay is %v: want 0 to %v", p.Delay, maxDelay)
	case p.Jitter < 0 || p.Jitter > p.Delay:
		return fmt.Errorf("jitter is %v: want 0 to the delay, %v, because no datagram arrives before it was sent", p.Jitter, p.Delay)
	case !(p.Loss >= 0 && p.Loss <= 1):
		return fmt.Errorf("loss is %v%%: want 0%% to 100%%", p.Loss*100)
	}
	return nil
}

// String is the profile in few words, as the summary shows it.
func (p Profile) String() string {
	var parts []string
	if p.Delay > 0 {
		d := p.Delay.String()
		if p.Jitter > 0 {
			d += "±" + p.Jitter.String()
		}
		parts = append(parts, d)
	}
	if p.Loss > 0 {
		parts = append(parts, fmt.Sprintf("%.3g%% loss", p.Loss*100))
	}
	if len(parts) == 0 {
		return "perfect"
	}
	return strings.Join(parts, " ")
}
