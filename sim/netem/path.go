package netem

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"

	"laglab/sim/spelling"
)

// Path is a link in either direction.
//
// Its text is what flags take: names of presets and settings, separated by commas, the later ones over the earlier; a
// setting with up. or down. before it is for one direction:
//
//	4g
//	4g,loss=3%,burst=5
//	delay=40ms,jitter=10ms,up.rate=2mbit,down.rate=20mbit
//	netem delay 50ms 10ms distribution normal loss 5%
//
// As YAML or JSON it is that text, or a mapping of the settings, or one with up and down, each again a text or a
// mapping:
//
//	link: {preset: 4g, loss: 3%, burst: 5}
//	link: {up: "4g,loss=3%", down: {delay: 30ms}}
type Path struct{ Up, Down Profile }

// Check says what is wrong with either direction.
func (p *Path) Check() error {
	if err := p.Up.Check(); err != nil {
		return fmt.Errorf("up: %w", err)
	}
	if err := p.Down.Check(); err != nil {
		return fmt.Errorf("down: %w", err)
	}
	return nil
}

// Parser reads paths and profiles from text. The zero value reads no files.
type Parser struct {
	// Open opens what file:PATH names; nil refuses it, which is right for text from strangers.
	Open func(path string) (io.ReadCloser, error)
}

// ParsePath reads a path's text; it reads no files.
func ParsePath(text string) (Path, error) { return Parser{}.Path(text) }

// Path reads a path's text. The error names what is wrong, its value, and what is wanted.
func (r Parser) Path(text string) (p Path, err error) {
	if p.Up, err = r.Profile(text, Up); err == nil {
		p.Down, err = r.Profile(text, Down)
	}
	return p, err
}

// Profile reads the part of a path's text that is for one direction.
func (r Parser) Profile(text string, d Direction) (Profile, error) {
	in := reading{parser: r, direction: d}
	p, err := in.profile(text)
	if err == nil {
		err = p.Check()
	}
	if err != nil {
		return p, fmt.Errorf("link %q: %w", shorten(text), err)
	}
	return p, nil
}

// shorten keeps errors readable.
func shorten(s string) string {
	if len(s) > 120 {
		return s[:120] + "…"
	}
	return s
}

type reader = io.Reader

// reading is one direction being read.
type reading struct {
	parser    Parser
	direction Direction
	inside    bool // a profile within a schedule
}

// file reads a file, if files may be read.
func (in *reading) file(path string, read func(reader) error) error {
	if in.parser.Open == nil {
		return errors.New("files cannot be named here")
	}
	f, err := in.parser.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	return read(f)
}

func (in *reading) profile(text string) (p Profile, err error) {
	if isTC(text) {
		t, err := ParseTC(text)
		return t.Profile, err
	}
	for _, item := range splitOutside(text, ',') {
		if item = strings.TrimSpace(item); item == "" {
			continue
		}
		key, value, isSetting := strings.Cut(item, "=")
		if !isSetting || strings.HasPrefix(item, "(") {
			preset, err := FindPreset(item)
			if err != nil {
				return p, err
			}
			p = preset.direction(in.direction)
			continue
		}
		if err := in.set(&p, strings.TrimSpace(key), strings.TrimSpace(value)); err != nil {
			return p, err
		}
	}
	return p, nil
}

// set applies a setting, if it is for this direction.
func (in *reading) set(p *Profile, key, value string) error {
	bare := key
	for _, d := range []Direction{Up, Down} {
		if rest, ok := strings.CutPrefix(key, d.String()+"."); ok {
			if bare = rest; d != in.direction {
				var other Profile // it must be right all the same
				p = &other
			}
		}
	}
	s := find(bare)
	if s == nil {
		if meant, ok := spelling.Closest(bare, keys()); ok {
			return fmt.Errorf("there is no setting %q; did you mean %q? (laglab presets settings lists all)", shorten(bare), meant)
		}
		return fmt.Errorf("there is no setting %q; want one of %s", shorten(bare), strings.Join(keys(), ", "))
	}
	if err := s.set(p, value, in); err != nil {
		return fmt.Errorf("%s is %q: %w", key, shorten(value), err)
	}
	return nil
}

func keys() []string {
	all := make([]string, len(settings))
	for i := range settings {
		all[i] = settings[i].Key
	}
	return all
}

// splitOutside splits at a separator that is not within parentheses.
func splitOutside(s string, at byte) (parts []string) {
	depth, from := 0, 0
	for i := range len(s) {
		switch {
		case s[i] == '(':
			depth++
		case s[i] == ')':
			depth--
		case s[i] == at && depth <= 0:
			parts = append(parts, s[from:i])
			from = i + 1
		}
	}
	return append(parts, s[from:])
}

// Text is the profile as settings that Parser reads again. A table or a trace that came from nowhere has no name
// and cannot be written: that is an error.
func (p *Profile) Text() (string, error) { return p.text("") }

func (p *Profile) text(prefix string) (string, error) {
	if p.Table != nil && p.Table.name == "" || p.Trace != nil && p.Trace.name == "" {
		return "", errors.New("a table or trace without a name has no text form")
	}
	var parts []string
	for i := range settings {
		if v := settings[i].get(p); v != "" {
			parts = append(parts, prefix+settings[i].Key+"="+v)
		}
	}
	return strings.Join(parts, ","), nil
}

// MarshalText is the path's text.
func (p Path) MarshalText() ([]byte, error) {
	if p.Up == p.Down {
		text, err := p.Up.Text()
		return []byte(text), err
	}
	up, err := p.Up.text("up.")
	if err != nil {
		return nil, err
	}
	down, err := p.Down.text("down.")
	if up != "" && down != "" {
		up += ","
	}
	return []byte(up + down), err
}

// UnmarshalText reads a path's text; it reads no files.
func (p *Path) UnmarshalText(text []byte) (err error) {
	*p, err = ParsePath(string(text))
	return err
}

// UnmarshalJSON reads a text or a mapping.
func (p *Path) UnmarshalJSON(b []byte) error {
	var v any
	d := json.NewDecoder(strings.NewReader(string(b)))
	d.UseNumber()
	if err := d.Decode(&v); err != nil {
		return err
	}
	return p.from(v)
}

// UnmarshalYAML reads a text or a mapping, for YAML libraries that hand over a function to decode with.
func (p *Path) UnmarshalYAML(decode func(any) error) error {
	var v any
	if err := decode(&v); err != nil {
		return err
	}
	return p.from(v)
}

// from reads what a mapping's decoder made of it.
func (p *Path) from(v any) (err error) {
	m, ok := v.(map[string]any)
	if !ok {
		text, err := scalar(v)
		if err != nil {
			return err
		}
		return p.UnmarshalText([]byte(text))
	}
	up, hasUp := m["up"]
	down, hasDown := m["down"]
	if !hasUp && !hasDown {
		up, down = v, v
	} else if len(m) > 2 || len(m) == 2 && !(hasUp && hasDown) {
		return errors.New("link: want up and down and nothing else, or settings for both")
	}
	*p = Path{}
	if p.Up, err = profileFrom(up, Up); err == nil {
		p.Down, err = profileFrom(down, Down)
	}
	return err
}

func profileFrom(v any, d Direction) (Profile, error) {
	m, ok := v.(map[string]any)
	if !ok {
		text, err := scalar(v)
		if err != nil {
			return Profile{}, err
		}
		return Parser{}.Profile(text, d)
	}
	var items []string
	if preset, ok := m["preset"]; ok {
		text, err := scalar(preset)
		if err != nil {
			return Profile{}, err
		}
		items = append(items, text)
	}
	for _, key := range slices.Sorted(maps.Keys(m)) {
		if key == "preset" {
			continue
		}
		text, err := scalar(m[key])
		if err != nil {
			return Profile{}, fmt.Errorf("link: %s: %w", key, err)
		}
		if find(key) == nil {
			return Profile{}, fmt.Errorf("link: there is no setting %q; want preset or one of %s", shorten(key), strings.Join(keys(), ", "))
		}
		if key == "schedule" && !strings.HasPrefix(text, "(") {
			text = "(" + text + ")"
		}
		items = append(items, key+"="+text)
	}
	return Parser{}.Profile(strings.Join(items, ","), d)
}

// scalar is the text of a plain value.
func scalar(v any) (string, error) {
	switch v := v.(type) {
	case nil:
		return "", nil
	case string:
		return v, nil
	case json.Number:
		return v.String(), nil
	case bool:
		if v {
			return "yes", nil
		}
		return "no", nil
	case int, int64, uint64:
		return fmt.Sprint(v), nil
	case float64:
		return strconv.FormatFloat(v, 'g', -1, 64), nil
	case []any:
		// A list of events is a schedule.
		var events []string
		for _, e := range v {
			text, err := scalar(e)
			if err != nil {
				return "", err
			}
			events = append(events, text)
		}
		return strings.Join(events, "; "), nil
	}
	return "", fmt.Errorf("is a %T: want a text or a number", v)
}
