package measure

// Better says which way a figure improves.
type Better string

// Less and More are ways to improve; a figure that only describes what happened has none.
const (
	Less    Better = "less"
	More    Better = "more"
	Neutral Better = ""
)

// titles are the metrics' short names in words, and which way they improve, where that is clear whatever the network and the
// game. The links' own figures are what a run was given, and so neutral.
var titles = map[string]struct {
	text   string
	better Better
}{
	"players":      {"players of the group", Neutral},
	"kept_out":     {"players who never got to play", Less},
	"rtt":          {"round trip of the transport", Less},
	"link_rtt":     {"round trip of the links alone", Neutral},
	"rtt_overhead": {"round trip that the links do not explain", Less},
	"loss_up":      {"datagrams lost on the way up", Neutral},
	"loss_down":    {"datagrams lost on the way down", Neutral},

	"jitter_up":       {"jitter on the way up", Neutral},
	"jitter_down":     {"jitter on the way down", Neutral},
	"jitter_up_p99":   {"jitter on the way up, 99th percentile", Neutral},
	"jitter_down_p99": {"jitter on the way down, 99th percentile", Neutral},
	"overtaken_up":    {"datagrams overtaken on the way up", Neutral},
	"overtaken_down":  {"datagrams overtaken on the way down", Neutral},

	"prediction_error":   {"own position predicted wrong by", Less},
	"misprediction":      {"ticks predicted wrong", Less},
	"correction":         {"own position corrected by", Less},
	"corrections":        {"corrections of the own position", Less},
	"snaps":              {"corrections too large to be smoothed", Less},
	"render_jump":        {"own position as drawn jumped by", Less},
	"residual_half_life": {"half of a correction is seen after", Neutral},
	"replay_depth":       {"commands replayed by a correction", Less},
	"replay_cost":        {"time that a replay took", Less},

	"snapshot_age":        {"age of the newest snapshot", Less},
	"view_delay":          {"others shown late by", Less},
	"view_intervals":      {"others shown late by, in snapshot intervals", Less},
	"freshness_gap":       {"time between snapshots as they came", Less},
	"needed_delay":        {"interpolation delay that was needed", Less},
	"droughts":            {"times without a newer snapshot", Less},
	"starvation":          {"time without a newer snapshot", Less},
	"extrapolation":       {"time in which others were extrapolated", Less},
	"freeze":              {"time in which others stood still", Less},
	"longest_freeze":      {"longest time that others stood still", Less},
	"playback_adjusted":   {"time in which playback ran fast or slow", Less},
	"playback_speed":      {"mean speed of the playback", Neutral},
	"display_error":       {"others shown off by", Less},
	"extrapolation_error": {"others shown off by, while extrapolated", Less},
	"velocity_error":      {"stutter: velocity of others shown off by", Less},

	"untold": {"entities without room in a snapshot waited", Less},

	"inputs_late":       {"commands that came too late", Less},
	"inputs_lost":       {"commands that never came", Less},
	"inputs_missed":     {"commands late or lost", Less},
	"inputs_repeated":   {"ticks that repeated a command", Less},
	"input_slack":       {"commands waited for their tick", Neutral},
	"own_latency":       {"from a command to the own screen", Less},
	"action_to_confirm": {"from a command to its confirmation", Less},
	"action_to_other":   {"from a command to another's screen", Less},

	"hit_agreement":     {"hits seen that were awarded", More},
	"hits_seen":         {"hits seen by shooters", Neutral},
	"hits_gone":         {"hits seen on who was dead by then", Less},
	"hits_barred":       {"hits seen by who was dead by then", Less},
	"hits_fair":         {"hits seen by the living on the living", Neutral},
	"hits_denied":       {"hits seen and judged otherwise", Less},
	"hits_unjudged":     {"hits seen whose command was missing", Less},
	"hits_gifted":       {"misses seen that were awarded as hits", Less},
	"rewind_error":      {"target judged off from where it was seen", Less},
	"rewind_time_error": {"target judged later than it was seen by", Less},
	"price_distance":    {"victim had moved on by", Less},
	"price_cover":       {"victim had been behind cover for", Less},
	"peekers_advantage": {"who peeks sees the other earlier by", Less},

	"stall":           {"reliable message waited for one before it", Less},
	"stalled":         {"time that reliable messages waited so", Less},
	"bytes_up":        {"bytes to the server", Less},
	"bytes_down":      {"bytes from the server", Less},
	"datagrams_up":    {"datagrams to the server", Less},
	"datagrams_down":  {"datagrams from the server", Less},
	"snapshot_share":  {"snapshots' share of what came", Neutral},
	"event_share":     {"events' share of what came", Neutral},
	"join_share":      {"share of joins and leaves in what came", Neutral},
	"bits_per_update": {"bits for each state of an entity", Less},
	"retransmits":     {"KCP segments sent again", Less},

	"retransmits_down": {"KCP segments that the server sent again", Less},

	"connects":        {"connections that played", Neutral},
	"ends":            {"connections that ended early", Less},
	"worlds_compared": {"entities compared at the end", Neutral},
	"desyncs":         {"disagreements of client and server", Less},
	"checksums":       {"checksums compared", Neutral},
	"bot_late":        {"bots' ticks late by", Neutral},
}

func init() {
	for i := range Metrics {
		t := titles[Metrics[i].Name]
		Metrics[i].Title, Metrics[i].Better = t.text, t.better
	}
}

// seriesTitles are the series' short names in words, where they differ from those of the metrics of the same names.
var seriesTitles = map[string]string{
	"players":           "players who play",
	"rtt":               "round trip, median",
	"rtt_p95":           "round trip, 95th percentile",
	"snapshot_age":      "age of the newest snapshot, median",
	"snapshot_age_p95":  "age of the newest snapshot, 95th percentile",
	"view_delay":        "others shown late by, median",
	"correction_p95":    "own position corrected by, 95th percentile",
	"kept_out":          "players who are kept out",
	"playback_speed":    "speed of the playback",
	"render_jump_p95":   "own position as drawn jumped by, 95th percentile",
	"rewind_time_error": "target judged later than it was seen by, median",
	"input_slack":       "commands waited for their tick, median",
}

// Title is what the series is in a few words.
func (s *Series) Title() string {
	if title, ok := seriesTitles[s.Name]; ok {
		return title
	}
	return titles[s.Name].text
}
