package scenario

import (
	"errors"
	"slices"
	"strings"

	"laglab/sim"
	"laglab/sim/netem"
	"laglab/sim/verdict"
)

const linkExample = "link: {preset: 4g, loss: 3%}"

// linkDoc says what a link's value is.
const linkDoc = `the network: a preset's name, the text that --link takes, a mapping of settings, or one of up and down`

// link reads a link: a text, a mapping of settings, or one of up and down, each again a text or a mapping. The text is what
// it says, in one line. has tells which directions it is about.
func (in *reader) link(n *node) (p netem.Path, text string, has [2]bool) {
	up, down := n.find("up"), n.find("down")
	if up == nil && down == nil {
		if text = in.linkText(n); in.profile(n, text, netem.Up, &p.Up) {
			in.profile(n, text, netem.Down, &p.Down)
		}
		return p, text, [2]bool{true, true}
	}
	for _, e := range n.entries {
		if e != up && e != down {
			in.wrong(e.key, "beside up and down, %q has no place here: write it into either", e.key.text)
		}
	}
	if up != nil {
		part := in.linkText(up.value)
		in.profile(up.value, part, netem.Up, &p.Up)
		text, has[0] = "up "+part, true
	}
	if down != nil {
		part := in.linkText(down.value)
		in.profile(down.value, part, netem.Down, &p.Down)
		text, has[1] = strings.TrimSpace(text+" down "+part), true
	}
	return p, text, has
}

// linkText is a link's value as --link takes it.
func (in *reader) linkText(n *node) string {
	switch n.kind {
	case scalar:
		in.spelling(n)
		return n.text
	case mapping:
	default:
		in.wrong(n, "here is %v: want a link, for instance %s", n.kind, linkExample)
		return ""
	}
	var items []string
	for _, e := range n.entries {
		switch text := in.linkValue(e.value); {
		case e.key.text == "preset":
			in.spelling(e.value)
			items = append([]string{text}, items...)
		case !known(e.key.text):
			in.wrong(e.key, "a link has no setting %q%s", e.key.text, verdict.Meant(e.key.text, linkKeys()))
		default:
			items = append(items, e.key.text+"="+text)
		}
	}
	return strings.Join(items, ",")
}

// linkValue is the text of a setting's value; that of a schedule may be a list.
func (in *reader) linkValue(n *node) string {
	if n.kind == scalar {
		return n.text
	}
	var parts []string
	for _, item := range in.texts(n, "loss: 3%") {
		parts = append(parts, item.text)
	}
	return "(" + strings.Join(parts, "; ") + ")"
}

// profile reads one direction of a link's text. In a mapping, the setting is to blame without which it could be read.
func (in *reader) profile(n *node, text string, d netem.Direction, to *netem.Profile) (ok bool) {
	p, err := netem.Parser{Open: in.open}.Profile(text, d)
	if *to = p; err == nil {
		return true
	}
	at := n
	for i := len(n.entries) - 1; i >= 0 && at == n; i-- {
		without := *n
		without.entries = slices.Delete(slices.Clone(n.entries), i, i+1)
		quiet := &reader{files: in.files}
		if _, err := (netem.Parser{Open: in.open}).Profile(quiet.linkText(&without), d); err == nil {
			at = n.entries[i].value
		}
	}
	if said := len(in.mistakes); said > 0 && in.mistakes[said-1].Line == at.line {
		return false // by spelling, better
	}
	if inner := errors.Unwrap(err); inner != nil {
		err = inner // without the text: it is shown anyway
	}
	in.wrong(at, "%v", err)
	return false
}

// spelling looks for names in a link's text that nobody knows.
func (in *reader) spelling(n *node) {
	if strings.ContainsAny(n.text, "( ") {
		return // a schedule, or a line of tc: the parser tells
	}
	at := 0
	for item := range strings.SplitSeq(n.text, ",") {
		name, _, isSetting := strings.Cut(item, "=")
		bare := strings.TrimPrefix(strings.TrimPrefix(name, "up."), "down.")
		switch {
		case item == "" || n.text == "":
		case isSetting && !known(bare):
			in.wrongAt(n, at, "a link has no setting %q%s", bare, verdict.Meant(bare, linkKeys()))
		case !isSetting && !isPreset(item):
			in.wrongAt(n, at, "there is no preset %q%s (laglab presets lists all)", item, verdict.Meant(item, presetNames()))
		}
		at += len(item) + 1
	}
}

func known(setting string) bool {
	for _, s := range netem.Settings() {
		if s.Key == setting {
			return true
		}
	}
	return false
}

func linkKeys() []string {
	all := []string{"preset", "up", "down"}
	for _, s := range netem.Settings() {
		all = append(all, s.Key)
	}
	return all
}

func isPreset(name string) bool {
	_, err := netem.FindPreset(name)
	return err == nil
}

func presetNames() (all []string) {
	for _, p := range netem.Presets() {
		all = append(all, p.Name)
	}
	return all
}

// setLink reads the action that changes links: a link, or a text with a direction before it.
func (in *reader) setLink(n *node) sim.Action {
	link := *n
	for _, direction := range []string{"up", "down"} {
		rest, ok := strings.CutPrefix(n.text, direction+" ")
		if ok {
			link = node{kind: mapping, line: n.line, column: n.column, entries: []*entry{{
				&node{kind: scalar, text: direction},
				&node{kind: scalar, text: rest, plain: n.plain, line: n.line, column: n.column + len(direction) + 1},
			}}}
		}
	}
	p, text, has := in.link(&link)
	a := sim.LinkTo(p, text)
	if !has[0] {
		a.Up = nil
	}
	if !has[1] {
		a.Down = nil
	}
	return a
}
