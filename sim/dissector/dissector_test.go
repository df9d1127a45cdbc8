package dissector

import (
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"hash/crc32"
	"math/rand/v2"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"laglab/protocol/game"
	"laglab/sim/netem/pcapng"
)

// The example game of WIRE.md.
type (
	entity struct {
		X      int32  `net:"pos,unit=256"`
		Y      int32  `net:"pos,unit=256"`
		Aim    uint16 `net:"angle,step=256"`
		Health uint8  `net:"max=200"`
		Alive  bool
		VX     int32 `net:"vel=X,per=16,derived"`
		Ammo   int16 `net:"own,min=0,max=30"`
	}
	command struct {
		Move int8
		Aim  uint16 `net:"angle"`
		Fire bool
	}
)

// example is one of WIRE.md's: its datagram, and the values that its comments give, by the fields of the dissector.
type example struct {
	name     string
	datagram []byte
	want     map[string][]string
}

// fieldOf is the dissector's field for a name of WIRE.md's examples, up to a comma or a colon.
var fieldOf = map[string]string{
	"type": "type", "version": "version", "nonce": "nonce", "key": "key", "schema hash": "schema", "id": "id", "reason": "reason", "detail": "detail",
	"seq": "seq", "newest": "ack.newest", "received": "ack.received", "delay": "ack.delay", "length of the segments": "segments",
	"conv": "kcp.conv", "cmd": "kcp.cmd", "frg": "kcp.frg", "wnd": "kcp.wnd", "ts": "kcp.ts", "sn": "kcp.sn", "una": "kcp.una", "len": "kcp.len",
	"CRC-32C": "", "data": "type",
}

// bodyFieldOf is the same for messages, by the kind of message; what is not there is a difference.
var bodyFieldOf = map[byte]map[string]string{
	1: {"kind": "message", "name": "name"},
	2: {"kind": "message", "player": "player", "entity": "entity", "match": "match", "tick rate": "tick_rate", "snapshot rate": "snapshot_rate", "reliable data": "reliable_data", "tick": "tick", "options": "options"},
	3: {"kind": "message", "newest": "commands.newest", "ack": "commands.ack", "count": "commands.count"},
	4: {"kind": "message", "tick": "tick", "base": "snapshot.base", "received": "snapshot.received", "slack": "snapshot.slack", "checksum": "snapshot.checksum", "distance": "distance", "mask": "mask", "new": "entry"},
	5: {"kind": "message", "player": "player", "entity": "entity", "name": "name"},
	6: {"kind": "message", "player": "player"},
	8: {"kind": "message", "tick": "tick", "distance": "distance", "age": "held.age"},
	9: {"kind": "message", "delay": "delay"},
	7: {"kind": "message", "distance": "event.distance", "code": "event.code", "a": "event.a", "b": "event.b", "value": "event.value"},
}

var (
	block = regexp.MustCompile("(?ms)^```wire (\\S+) (\\S+)\n(.*?)^```$")
	tick  = regexp.MustCompile(`^tick \d+`)
)

// examples reads WIRE.md. A message is put into a datagram.
func examples(t *testing.T) (all []example) {
	t.Helper()
	text, err := os.ReadFile("../../protocol/WIRE.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range block.FindAllStringSubmatch(string(text), -1) {
		name, class := m[1], m[2]
		e := example{name: name, want: map[string][]string{}}
		var names, values []string
		for line := range strings.Lines(m[3]) {
			digits, comment, named := strings.Cut(line, "#")
			b, err := hex.DecodeString(strings.Join(strings.Fields(digits), ""))
			if err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			e.datagram = append(e.datagram, b...)
			if named {
				name, value, _ := strings.Cut(strings.TrimSpace(comment), " = ")
				names, values = append(names, name), append(values, value)
			}
		}
		for i := range names {
			e.expect(t, class, names[i], values[i])
		}
		if class != "datagram" {
			e.datagram = inDatagram(e.datagram)
		}
		all = append(all, e)
	}
	if len(all) < 20 {
		t.Fatalf("only %d examples", len(all))
	}
	return all
}

// expect notes what the dissector should show for a line with a value.
func (e *example) expect(t *testing.T, class, name, value string) {
	if value == "" {
		return
	}
	if i := strings.IndexAny(name, ",:"); i >= 0 && class == "datagram" {
		name = name[:i]
	}
	field, known := fieldOf[name]
	if class != "datagram" {
		whole := name
		if i := strings.IndexAny(name, ",:"); i >= 0 {
			name = name[:i]
		}
		kind := e.datagram[0]
		field, known = bodyFieldOf[kind][name]
		switch {
		case known:
		case name == "view" && !slices.Contains(mapKeys(e.want), "commands.view"):
			field = "commands.view"
		case name == "view":
			field = "view_difference"
		case tick.MatchString(whole):
			field = "head"
		case strings.HasPrefix(whole, "entity "):
			field = "entry"
		case kind == 8:
			field = "held.value"
		default:
			field = "difference"
		}
		known = true
	}
	switch {
	case !known:
		if name != "magic" {
			t.Errorf("%s: no field is known for %q", e.name, name)
		}
	case field != "":
		value = strings.Trim(value, `"`)
		e.want[field] = append(e.want[field], value)
	}
}

func mapKeys(m map[string][]string) (keys []string) {
	for k := range m {
		keys = append(keys, k)
	}
	return keys
}

// inDatagram puts a message on the unreliable lane.
func inDatagram(message []byte) []byte {
	b := append([]byte{0x84, 1, 2, 3, 4, 5, 6, 7, 8, 0, 9}, message...)
	return binary.BigEndian.AppendUint32(b, crc32.Checksum(b, crc32.MakeTable(crc32.Castagnoli)))
}

// tshark dissects datagrams and returns, of each, the values of the fields.
func tshark(t *testing.T, script, file string, args ...string) string {
	t.Helper()
	program, err := exec.LookPath("tshark")
	if err != nil {
		t.Skip("there is no tshark here")
	}
	cmd := exec.Command(program, append([]string{"-X", "lua_script:" + script, "-r", file}, args...)...)
	var stderr strings.Builder
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil || strings.Contains(stderr.String(), ".lua") {
		t.Fatalf("tshark: %v: %s", err, stderr.String())
	}
	return string(out)
}

// capture writes datagrams to a file.
func capture(t *testing.T, port uint16, datagrams ...[]byte) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "c.pcapng")
	f, err := os.Create(file)
	if err != nil {
		t.Fatal(err)
	}
	w, err := pcapng.NewWriter(f, "server")
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range datagrams {
		w.Write(&pcapng.Packet{Time: time.Unix(1, 0), From: netip.MustParseAddrPort("127.0.0.1:40000"), To: netip.AddrPortFrom(netip.MustParseAddr("127.0.0.1"), port), Payload: d})
	}
	if err := errors.Join(w.Close(), f.Close()); err != nil {
		t.Fatal(err)
	}
	return file
}

func writeScript(t *testing.T) string {
	t.Helper()
	g := game.MustDefine[entity, command]("example", 1, func(game.Settings) (game.Rules[entity, command], error) { return nil, errors.New("not played") })
	file := filepath.Join(t.TempDir(), "laglab.lua")
	f, err := os.Create(file)
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(Write(f, g), f.Close()); err != nil {
		t.Fatal(err)
	}
	return file
}

// TestExamples: tshark shows of each of WIRE.md's examples what WIRE.md says of it, and nothing is malformed.
func TestExamples(t *testing.T) {
	all := examples(t)
	var datagrams [][]byte
	fields := []string{}
	for _, e := range all {
		datagrams = append(datagrams, e.datagram)
		for field := range e.want {
			if !slices.Contains(fields, field) {
				fields = append(fields, field)
			}
		}
	}
	slices.Sort(fields)
	args := []string{"-T", "fields", "-E", "separator=|", "-E", "aggregator=;"}
	for _, field := range append([]string{"crc.good", "malformed"}, fields...) {
		args = append(args, "-e", "laglab."+field)
	}
	lines := strings.Split(strings.TrimSpace(tshark(t, writeScript(t), capture(t, 62893, datagrams...), args...)), "\n")
	if len(lines) != len(all) {
		t.Fatalf("%d lines for %d datagrams", len(lines), len(all))
	}
	checked := 0
	for i, e := range all {
		cells := strings.Split(lines[i], "|")
		if cells[0] != "1" || cells[1] != "" {
			t.Errorf("%s: checksum %q, malformed %q", e.name, cells[0], cells[1])
		}
		for j, field := range fields {
			want, ok := e.want[field]
			if !ok {
				continue
			}
			var got []string
			for cell := range strings.SplitSeq(cells[j+2], ";") {
				got = append(got, cell)
			}
			for _, w := range want {
				checked++
				if !slices.ContainsFunc(got, func(g string) bool { return same(g, w) }) {
					t.Errorf("%s: %s is %q, want %q", e.name, field, got, want)
				}
			}
		}
	}
	if checked < 150 {
		t.Errorf("only %d values were checked", checked)
	}
}

// same compares numbers as numbers, and the rest as it stands.
func same(a, b string) bool {
	number := func(s string) (float64, bool) {
		if v, err := strconv.ParseUint(s, 0, 64); err == nil {
			return float64(v), true
		}
		v, err := strconv.ParseFloat(s, 64)
		return v, err == nil
	}
	x, ok := number(a)
	y, too := number(b)
	if ok && too {
		return x == y
	}
	return a == b
}

// TestWithoutItsBase: differences to a snapshot that is not in the capture are shown as bytes, and are not called
// malformed.
func TestWithoutItsBase(t *testing.T) {
	d := inDatagram([]byte{4, 9, 4, 0, 0, 5, 1})
	out := tshark(t, writeScript(t), capture(t, 62893, d), "-T", "fields", "-E", "separator=|", "-e", "laglab.undecoded", "-e", "laglab.malformed", "-e", "_ws.col.Info")
	if cells := strings.Split(strings.TrimSpace(out), "|"); len(cells) != 3 || cells[0] != "0501" || cells[1] != "" || !strings.Contains(cells[2], "of tick 9, differences to 8, which are not in the capture") {
		t.Errorf("%q", out)
	}
}

// TestMalformed: what is wrong is said, and breaks nothing.
func TestMalformed(t *testing.T) {
	good := inDatagram([]byte{6, 5})
	broken := slices.Clone(good)
	broken[11] ^= 1
	cases := map[string][]byte{
		"a bad checksum":        broken,
		"an unknown kind":       inDatagram([]byte{99}),
		"bytes too many":        inDatagram([]byte{9, 5, 5}),
		"no player":             inDatagram([]byte{5}),
		"a player cut":          inDatagram([]byte{5, 1, 2, 0xa1, 'x', 3, 4}),
		"nobody left":           inDatagram([]byte{6}),
		"bytes missing":         inDatagram([]byte{7, 0xce, 0, 0}),
		"no integer":            inDatagram([]byte{6, 0xc0}),
		"out of range":          inDatagram([]byte{6, 0}),
		"a text that is cut":    inDatagram([]byte{1, 0xa9, 'x'}),
		"a mask without values": inDatagram([]byte{4, 9, 0, 0, 0, 3, 0x40}),
		"an event cut":          inDatagram([]byte{7, 9, 1, 0}),
		"2^64 in a mask":        inDatagram([]byte{4, 9, 0, 0, 0, 3, 0xcf, 255, 255, 255, 255, 255, 255, 255, 255}),
		"no room for sections":  seal([]byte{0x83, 1, 2, 3, 4, 5, 6, 7, 8, 0, 9}),
		"a segment cut":         seal(append([]byte{0x82, 1, 2, 3, 4, 5, 6, 7, 8, 0, 9, 0, 5}, 1, 2, 3, 4, 5)),
	}
	script := writeScript(t)
	for name, d := range cases {
		out := tshark(t, script, capture(t, 62893, d), "-T", "fields", "-E", "separator=|", "-e", "laglab.type", "-e", "_ws.expert.message", "-e", "_ws.lua.error")
		if cells := strings.Split(strings.TrimSpace(out), "|"); len(cells) != 3 || cells[0] == "" || cells[1] == "" || cells[2] != "" || strings.Contains(out, "Lua Error") {
			t.Errorf("%s: %q", name, out)
		}
	}
	// On another port only a good checksum makes it ours.
	for _, c := range []struct {
		d    []byte
		want string
	}{{good, "laglab"}, {broken, ""}} {
		if out := tshark(t, script, capture(t, 7000, c.d), "-Y", "laglab", "-T", "fields", "-e", "_ws.col.Protocol"); strings.TrimSpace(out) != c.want {
			t.Errorf("on another port: %q, want %q", out, c.want)
		}
	}
}

// TestNothingBreaksIt: whatever stands in a datagram with a good checksum, the dissector makes no mistake of its own.
func TestNothingBreaksIt(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	var seeds [][]byte
	for _, e := range examples(t) {
		seeds = append(seeds, e.datagram[:len(e.datagram)-4])
	}
	var datagrams [][]byte
	for range 5000 {
		d := slices.Clone(seeds[rng.IntN(len(seeds))])
		for range 1 + rng.IntN(4) {
			switch at := rng.IntN(len(d)); rng.IntN(4) {
			case 0:
				d[at] = byte(rng.Uint32())
			case 1:
				d[at] ^= 1 << rng.IntN(8)
			case 2:
				if len(d) > 20 && at > 0 {
					d = d[:at]
				}
			case 3:
				d = slices.Insert(d, at, byte(rng.Uint32()), 0xcf, 0xff)
			}
		}
		datagrams = append(datagrams, seal(d))
	}
	out := tshark(t, writeScript(t), capture(t, 62893, datagrams...), "-V")
	if i := strings.Index(out, "Lua Error"); i >= 0 {
		t.Errorf("the script fails: %s", out[max(i-400, 0):min(i+400, len(out))])
	}
	if n := strings.Count(out, "Not as WIRE.md has it") + strings.Count(out, "laglab.malformed"); n == 0 && !strings.Contains(out, "Malformed") {
		t.Error("nothing of it is called malformed")
	}
}

func seal(b []byte) []byte {
	return binary.BigEndian.AppendUint32(b, crc32.Checksum(b, crc32.MakeTable(crc32.Castagnoli)))
}

func ExampleWrite() {
	g := game.MustDefine[entity, command]("example", 1, func(game.Settings) (game.Rules[entity, command], error) { return nil, errors.New("not played") })
	var b strings.Builder
	if err := Write(&b, g); err != nil {
		fmt.Println(err)
		return
	}
	for line := range strings.Lines(b.String()) {
		if strings.HasPrefix(line, "game.") {
			fmt.Print(line)
		}
	}
	// Output:
	// game.name = "example"
	// game.entity = {"X", "Y", "Aim", "Health", "Alive", "VX", "Ammo"}
	// game.others = {true, true, true, true, true, false, false}
	// game.command = {"Move", "Aim", "Fire"}
}
