package game

import (
	"strings"
	"testing"
)

func TestSchemaErrorsNameTheField(t *testing.T) {
	for _, c := range []struct {
		name string
		make func() error
		want []string
	}{
		{"float", func() error { _, err := NewSchema[struct{ X float64 }](); return err }, []string{"field X", "float64"}},
		{"pointer inside", func() error { _, err := NewSchema[struct{ A struct{ P *int32 } }](); return err }, []string{"A.P"}},
		{"int64", func() error { _, err := NewSchema[struct{ A [2]int64 }](); return err }, []string{"A[0]", "int64"}},
		{"unexported", func() error { _, err := NewSchema[struct{ x int32 }](); return err }, []string{"x", "export it"}},
		{"unknown option", func() error {
			_, err := NewSchema[struct {
				X int32 `net:"position"`
			}]()
			return err
		}, []string{"field X", `"position"`, "pos"}},
		{"velocity of nothing", func() error {
			_, err := NewSchema[struct {
				V int32 `net:"vel=X"`
			}]()
			return err
		}, []string{"field V", "vel=X"}},
		{"wide angle", func() error {
			_, err := NewSchema[struct {
				A int32 `net:"angle"`
			}]()
			return err
		}, []string{"field A", "uint8 or uint16"}},
		{"derived from nothing", func() error {
			_, err := NewSchema[struct {
				A int32 `net:"lerp,derived"`
			}]()
			return err
		}, []string{"field A", "derived"}},
		{"derived and own", func() error {
			_, err := NewSchema[struct {
				X int32 `net:"pos"`
				V int32 `net:"vel=X,derived,own"`
			}]()
			return err
		}, []string{"field V", "derived"}},
		{"derived from own", func() error {
			_, err := NewSchema[struct {
				X int32 `net:"pos,own"`
				V int32 `net:"vel=X,derived"`
			}]()
			return err
		}, []string{"field V", "X"}},
		{"four axes", func() error {
			_, err := NewSchema[struct {
				X, Y, Z, W int32 `net:"pos"`
			}]()
			return err
		}, []string{"field W", "3 axes", "lerp"}},
		{"step of no angle", func() error {
			_, err := NewSchema[struct {
				A uint16 `net:"step=4"`
			}]()
			return err
		}, []string{"field A", "step=4"}},
		{"uneven step", func() error {
			_, err := NewSchema[struct {
				A uint16 `net:"angle,step=6"`
			}]()
			return err
		}, []string{"field A", "step=6", "power of two"}},
		{"wide step", func() error {
			_, err := NewSchema[struct {
				A uint8 `net:"angle,step=128"`
			}]()
			return err
		}, []string{"field A", "128", "64"}},
		{"range", func() error {
			_, err := NewSchema[struct {
				A uint8 `net:"max=300"`
			}]()
			return err
		}, []string{"field A", "300", "255"}},
		{"too many", func() error { _, err := NewSchema[struct{ A [40]int8 }](); return err }, []string{"40", "32"}},
		{"empty", func() error {
			_, err := NewSchema[struct {
				A int8 `net:"-"`
			}]()
			return err
		}, []string{"no replicated fields"}},
		{"not a struct", func() error { _, err := NewSchema[int32](); return err }, []string{"int32", "struct"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			err := c.make()
			if err == nil {
				t.Fatal("accepted")
			}
			for _, w := range c.want {
				if !strings.Contains(err.Error(), w) {
					t.Errorf("%q does not say %q", err, w)
				}
			}
		})
	}
}

func TestHashTellsGamesApart(t *testing.T) {
	type a struct {
		X int32 `net:"pos"`
	}
	type b struct {
		X int16 `net:"pos"`
	}
	type cmd struct{ M int8 }
	base := MustDefine[a, cmd]("g", 1, nil).Hash()
	same := MustDefine[a, cmd]("g", 1, nil).Hash()
	if base != same {
		t.Fatal("the same game has two hashes")
	}
	for name, h := range map[string]uint64{
		"name":    MustDefine[a, cmd]("h", 1, nil).Hash(),
		"version": MustDefine[a, cmd]("g", 2, nil).Hash(),
		"state":   MustDefine[b, cmd]("g", 1, nil).Hash(),
		"command": MustDefine[a, b]("g", 1, nil).Hash(),
	} {
		if h == base {
			t.Errorf("another %s has the same hash", name)
		}
	}
}

// TestHiddenStruct: what is in a struct or array tagged "-" is not sent.
func TestHiddenStruct(t *testing.T) {
	type inner struct {
		A int32 `net:"pos"`
		B [2]int16
	}
	s, err := NewSchema[struct {
		X int32
		H inner                `net:"-"`
		L [3]struct{ C uint8 } `net:"-"`
	}]()
	if err != nil {
		t.Fatal(err)
	}
	if s.Width() != 1 || len(s.hidden) != 6 {
		t.Fatalf("%d fields are sent, %d hidden", s.Width(), len(s.hidden))
	}
}
