package scenario

import (
	"encoding/json"
	"io"
	"strconv"
	"strings"
	"time"

	"laglab/sim/netem"
)

// schema is a JSON Schema, or a part of one.
type schema = map[string]any

// Schema writes a JSON Schema (draft 2020-12) of scenario files of a game, for editors. It is made from the tables that the
// reader works from.
func Schema(w io.Writer, g Game) error {
	s := mappingSchema(fileKeys, g)
	s["$schema"] = "https://json-schema.org/draft/2020-12/schema"
	s["title"] = "laglab scenario"
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	return enc.Encode(s)
}

// mappingSchema describes a mapping with these keys and no others.
func mappingSchema[T any](keys []key[T], g Game) schema {
	properties, required := schema{}, []string{}
	for i := range keys {
		k := &keys[i]
		s := plainSchema(k.form)
		if k.of != nil {
			s = k.of(g)
		}
		s["description"] = k.doc
		properties[k.name] = s
		if k.must {
			required = append(required, k.name)
		}
	}
	s := schema{"type": "object", "additionalProperties": false, "properties": properties}
	if len(required) > 0 {
		s["required"] = required
	}
	return s
}

// plainSchema describes a plain value by what one looks like: a switch, a whole number from 1 on, a time, a time or off, or
// anything.
func plainSchema(form string) schema {
	first, other, _ := strings.Cut(form, "|")
	_, notWhole := strconv.Atoi(form)
	_, notTime := time.ParseDuration(first)
	switch {
	case form == "on|off", form == "off|on":
		return schema{"enum": []any{"on", "off", true, false, "yes", "no"}, "default": first}
	case form == "":
		return schema{"type": plainTypes}
	case notWhole == nil:
		return wholeSchema(1, form)
	case notTime == nil && other == "":
		return timeSchema(form)
	case notTime == nil && other == "off":
		return schema{"anyOf": []schema{timeSchema(first), {"enum": []any{"off", false, "no"}}}, "examples": strings.Split(form, "|")}
	}
	return schema{"type": plainTypes, "examples": strings.Split(form, "|")}
}

// wholeSchema is that of a whole number, which may stand in quotes.
func wholeSchema(least int, example string) schema {
	return schema{"type": []string{"integer", "string"}, "minimum": least, "pattern": "^[0-9]+$", "examples": []string{example}}
}

// aTime is the pattern of a time with its unit, as time.ParseDuration reads it.
const aTime = `([0-9]*\.?[0-9]+(ns|us|µs|ms|s|m|h))+`

// timeSchema is that of a time; the only one without a unit is 0.
func timeSchema(example string) schema {
	return schema{"type": []string{"string", "number"}, "pattern": "^(0|" + aTime + ")$", "minimum": 0, "maximum": 0, "examples": []string{example}}
}

func versionSchema(Game) schema { return schema{"enum": []any{1, "1"}} }
func seedSchema(Game) schema    { return wholeSchema(0, "1") }

func countSchema(Game) schema {
	s := wholeSchema(0, "8")
	s["maximum"] = 10_000
	return s
}

func groupNameSchema(Game) schema {
	return schema{"type": plainTypes, "pattern": "^[A-Za-z0-9_-]{1,24}$", "not": schema{"enum": reserved}, "examples": []string{"home"}}
}

// plainTypes are those of plain values: YAML has its own opinion of what 60, off and 4g are.
var plainTypes = []string{"string", "number", "boolean"}

func listSchema(of schema) schema { return schema{"type": "array", "items": of} }

// textsSchema is a text, or a list of them.
func textsSchema(Game) schema {
	return schema{"anyOf": []schema{{"type": "string"}, listSchema(schema{"type": "string"})}}
}

func gameSchema(g Game) schema { return schema{"const": g.Name} }

func brainSchema(g Game) schema {
	if len(g.Brains) == 0 {
		return schema{"const": ""}
	}
	return schema{"enum": g.Brains}
}

func botsSchema(Game) schema {
	number := schema{"type": "integer", "minimum": 1}
	return schema{"anyOf": []schema{number, listSchema(number)}}
}

// linkSchema is that of a text, of settings, or of up and down.
func linkSchema(Game) schema {
	one := schema{"preset": schema{"type": plainTypes, "examples": presetNames(), "description": "a network that has a name"}}
	for _, s := range netem.Settings() {
		value := schema{"type": plainTypes, "examples": []string{s.Form}, "description": s.About}
		if _, notTime := time.ParseDuration(s.Form); notTime == nil {
			value = timeSchema(s.Form)
			value["description"] = s.About
		}
		if s.Key == "schedule" {
			value = schema{"anyOf": []schema{{"type": "string"}, listSchema(schema{"type": "string"})}, "description": s.About}
		}
		one[s.Key] = value
	}
	plain := schema{"type": plainTypes}
	direction := schema{"anyOf": []schema{plain, {"type": "object", "additionalProperties": false, "properties": one}}}
	both := schema{"type": "object", "additionalProperties": false, "properties": schema{"up": direction, "down": direction}}
	return schema{"anyOf": []schema{plain, {"type": "object", "additionalProperties": false, "properties": one}, both}}
}

// actionSchema is that of what an event does.
func actionSchema(name, form string, g Game) schema {
	switch {
	case name == "link":
		return linkSchema(g)
	case name == "brain":
		return brainSchema(g)
	case form == "":
		return schema{"enum": []any{nil, true, "yes"}}
	case name == "restart":
		return timeSchema(form)
	case name == "add" || name == "remove":
		return schema{"type": []string{"integer", "string"}, "minimum": 1, "pattern": "^(all|[0-9]+)( +(over|for) +" + aTime + ")*$", "examples": []string{form}}
	case name == "set":
		return schema{"type": "string", "pattern": "^[a-z]+=.+$", "examples": []string{form}}
	}
	// What happens to links: for a time, or so much for a time, in both directions or in one.
	pattern := aTime
	if before, _, much := strings.Cut(form, " for "); much && strings.HasSuffix(before, "%") {
		pattern = "[0-9.]+%? +for +" + aTime
	} else if much {
		pattern = aTime + " +for +" + aTime
	}
	return schema{"type": "string", "pattern": "^((up|down) +)?" + pattern + "$", "examples": []string{form}}
}

// eventsSchema is that of a list of events, of which each does one thing.
func eventsSchema(g Game) schema {
	event := mappingSchema(eventKeys, g)
	var one []schema
	for _, name := range actionNames() {
		one = append(one, schema{"required": []string{name}})
	}
	event["oneOf"] = one
	return listSchema(event)
}

func thresholdsSchema(Game) schema {
	return schema{"type": "object", "additionalProperties": schema{"anyOf": []schema{{"enum": []any{"off", false}}, mappingSchema(limitKeys, Game{})}}}
}
