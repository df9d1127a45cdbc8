package scenario

import (
	"encoding/json"
	"io"
	"strings"

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

// plainSchema describes a plain value by what one looks like.
func plainSchema(form string) schema {
	switch form {
	case "on|off", "off|on":
		return schema{"enum": []any{"on", "off", true, false}, "default": strings.SplitN(form, "|", 2)[0]}
	case "":
		return schema{"type": plainTypes}
	}
	return schema{"type": plainTypes, "examples": strings.Split(form, "|")}
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
	}
	return plainSchema(form)
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
