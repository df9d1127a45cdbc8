package scenario_test

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"

	"laglab/sim/scenario"
)

// TestSchema: the schema is one that editors understand, it accepts what the reader accepts, and refuses what is misspelt.
func TestSchema(t *testing.T) {
	var b strings.Builder
	if err := scenario.Schema(&b, arenaGame); err != nil {
		t.Fatal(err)
	}
	var schema map[string]any
	if err := json.Unmarshal([]byte(b.String()), &schema); err != nil {
		t.Fatal(err)
	}
	if schema["$schema"] != "https://json-schema.org/draft/2020-12/schema" {
		t.Errorf("it is of %v", schema["$schema"])
	}
	described(t, "", schema)
	good := map[string]string{"the example": example}
	for _, name := range scenario.Library() {
		text, err := scenario.Builtin(name)
		if err != nil {
			t.Fatal(err)
		}
		good[name] = string(text)
	}
	for name, text := range good {
		if wrong := valid(schema, document(t, text), ""); wrong != "" {
			t.Errorf("%s: %s", name, wrong)
		}
	}
	for _, name := range []string{"keys", "brain", "setting-of-link", "no-version", "game", "kinds"} {
		text, err := os.ReadFile(filepath.Join("testdata/broken", name+".yaml"))
		if err != nil {
			t.Fatal(err)
		}
		if valid(schema, document(t, string(text)), "") == "" {
			t.Errorf("%s is valid", name)
		}
	}
	for _, change := range [][2]string{
		{"version: 1", "version: 2"}, {"duration: 2m", "duration: 120"}, {"duration: 2m", "duration: 2"}, {"seed: 42", "seed: -1"}, {"seed: 42", "seed: soon"},
		{"tick: 60", "tick: fast"}, {"tick: 60", "tick: 0"}, {"rewind: 250ms", "rewind: 250"}, {"rewind: 250ms", "rewind: on"}, {"count: 24", "count: 50000"},
		{"name: home", "name: all"}, {"name: home", "name: at home"}, {"join: 10s", "join: 10"}, {"at: 45s", "at: 45"}, {"blackout: 4s", "blackout: 4"},
		{"blackout: 4s", "spike: 200ms"}, {"blackout: 4s", "loss: 30% for 2"}, {"blackout: 4s", "restart: 1"}, {"blackout: 4s", "add: few"}, {"blackout: 4s", "set: prediction"},
	} {
		if valid(schema, document(t, strings.Replace(example, change[0], change[1], 1)), "") == "" {
			t.Errorf("%s is valid", change[1])
		}
	}
	for _, change := range [][2]string{
		{"version: 1", `version: "1"`}, {"duration: 2m", "duration: 1m30.5s"}, {"seed: 42", "seed: 0"}, {"rewind: 250ms", "rewind: off"}, {"rewind: 250ms", "rewind: false"},
		{"count: 24", `count: "24"`}, {"name: home", "name: 4"}, {"blackout: 4s", "blackout: up 4s"}, {"blackout: 4s", "spike: 200ms for 2s"}, {"blackout: 4s", "loss: down 30% for 2s"},
		{"blackout: 4s", "restart: 1s"}, {"blackout: 4s", "add: 3"}, {"blackout: 4s", "add: 3 over 2s for 30s"}, {"blackout: 4s", "remove: all"}, {"blackout: 4s", "set: prediction=off"},
		{"blackout: 4s", "hold: 300ms"}, {"snapshots: 20", "delta: no"}, {"join: 10s", "join: 0"},
	} {
		if wrong := valid(schema, document(t, strings.Replace(example, change[0], change[1], 1)), ""); wrong != "" {
			t.Errorf("%s: %s", change[1], wrong)
		}
	}
	if text := strings.Replace(example, "blackout: 4s", "blackout: 4s, kick: yes", 1); valid(schema, document(t, text), "") == "" {
		t.Error("an event that does two things is valid")
	}
}

// described: every key says what it is.
func described(t *testing.T, path string, schema map[string]any) {
	for name, property := range asMap(schema["properties"]) {
		if p := asMap(property); p["description"] == nil && !strings.HasSuffix(path, "link") {
			t.Errorf("%s.%s has no description", path, name)
		} else {
			described(t, path+"."+name, p)
		}
	}
	if items := asMap(schema["items"]); items != nil {
		described(t, path, items)
	}
}

func asMap(v any) map[string]any { m, _ := v.(map[string]any); return m }

// document is what an editor makes of a file.
func document(t *testing.T, text string) any {
	b, err := yaml.YAMLToJSON([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	var v any
	if err := json.Unmarshal(b, &v); err != nil {
		t.Fatal(err)
	}
	return v
}

// valid says what is wrong with a value by as much of JSON Schema as the schema uses; a word that is not known here is wrong
// too.
func valid(schema map[string]any, v any, path string) string {
	for word, s := range schema {
		wrong := ""
		switch word {
		case "$schema", "title", "description", "default", "examples":
		case "type":
			if !isOfType(s, v) {
				wrong = fmt.Sprintf("%v is no %v", v, s)
			}
		case "enum":
			if !slices.Contains(s.([]any), v) {
				wrong = fmt.Sprintf("%v is none of %v", v, s)
			}
		case "const":
			if v != s {
				wrong = fmt.Sprintf("%v is not %v", v, s)
			}
		case "pattern":
			if text, ok := v.(string); ok && !regexp.MustCompile(s.(string)).MatchString(text) {
				wrong = fmt.Sprintf("%q is not like %v", v, s)
			}
		case "not":
			if valid(asMap(s), v, path) == "" {
				wrong = fmt.Sprintf("%v is what it is not to be", v)
			}
		case "maximum":
			if n, ok := v.(float64); ok && n > s.(float64) {
				wrong = fmt.Sprintf("%v is above %v", v, s)
			}
		case "minimum":
			if n, ok := v.(float64); ok && n < s.(float64) {
				wrong = fmt.Sprintf("%v is below %v", v, s)
			}
		case "required":
			for _, name := range s.([]any) {
				if m := asMap(v); m != nil && m[name.(string)] == nil && !has(m, name.(string)) {
					wrong = fmt.Sprintf("%v is missing", name)
				}
			}
		case "properties":
			for name, of := range asMap(s) {
				if m := asMap(v); has(m, name) && wrong == "" {
					wrong = valid(asMap(of), m[name], path+"."+name)
				}
			}
		case "additionalProperties":
			for name, value := range asMap(v) {
				of, isSchema := s.(map[string]any)
				switch {
				case has(asMap(schema["properties"]), name):
				case !isSchema:
					wrong = fmt.Sprintf("there is no key %s", name)
				case wrong == "":
					wrong = valid(of, value, path+"."+name)
				}
			}
		case "items":
			list, _ := v.([]any)
			for i, item := range list {
				if wrong == "" {
					wrong = valid(asMap(s), item, fmt.Sprintf("%s.%d", path, i))
				}
			}
		case "anyOf", "oneOf":
			fits, why := 0, ""
			for _, of := range s.([]any) {
				if w := valid(asMap(of), v, path); w == "" {
					fits++
				} else {
					why = w
				}
			}
			if fits == 0 || word == "oneOf" && fits > 1 {
				wrong = fmt.Sprintf("%d of %s fit: %s", fits, word, why)
			}
		default:
			wrong = "the schema says " + word
		}
		if wrong != "" {
			return path + ": " + wrong
		}
	}
	return ""
}

func has(m map[string]any, name string) bool { _, ok := m[name]; return ok }

func isOfType(types, v any) bool {
	if list, ok := types.([]any); ok {
		return slices.ContainsFunc(list, func(one any) bool { return isOfType(one, v) })
	}
	switch n := v.(type) {
	case string:
		return types == "string"
	case float64:
		return types == "number" || types == "integer" && n == float64(int(n))
	case bool:
		return types == "boolean"
	case map[string]any:
		return types == "object"
	case []any:
		return types == "array"
	}
	return false
}
