package firmware

import (
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// small is a module with one firmware in it, and no toolchain.
func small(t *testing.T) *Toolchain {
	t.Helper()
	tc := &Toolchain{root: t.TempDir(), stamp: "1"}
	files := map[string][]byte{}
	for name, content := range map[string]string{
		"go.mod":                       "module " + module + "\n",
		"go.sum":                       "",
		targets + "/base.json":         "{}",
		"fw/x/main.go":                 "//go:build tinygo && cortexm\n\npackage main\nimport _ \"" + module + "/near\"\n",
		"fw/x/lm3s.go":                 "//go:build lm3s\n\npackage main\nimport _ \"" + module + "/board\"\n",
		"fw/x/loud.go":                 "//go:build loud\n\npackage main\n",
		"fw/x/start.c":                 "int x;",
		"fw/x/main_test.go":            "package main\n",
		"near/near.go":                 "package near\nimport (\n\t_ \"math/bits\"\n\t_ \"" + module + "/far\"\n)\n",
		"near/host.go":                 "//go:build !tinygo\n\npackage near\nimport _ \"" + module + "/host\"\n",
		"near/near_arm.go":             "package near\n",
		"near/near_amd64.go":           "package near\n",
		"far/far.go":                   "package far\nimport _ \"" + module + "/near\"\n", // a cycle: for the compiler to report
		"board/board.go":               "package board\n",
		"host/host.go":                 "package host\n",
		"near/deeper/deeper.go":        "package deeper\n",
		"fw/y/main.go":                 "package main\n",
		"internal/unrelated/README.md": "-",
	} {
		files[name] = []byte(content)
	}
	if err := writeTree(tc.root, files); err != nil {
		t.Fatal(err)
	}
	return tc
}

// A firmware is built from what it imports on its board, and from nothing else.
func TestInputs(t *testing.T) {
	tc := small(t)
	common := "backend/cortexm/target/base.json far/far.go fw/x/main.go fw/x/start.c go.mod go.sum near/near.go near/near_arm.go"
	for _, c := range []struct {
		fw   Firmware
		more string
	}{
		{Firmware{}, ""},
		{Firmware{Board: Board{Tag: "lm3s"}}, "board/board.go fw/x/lm3s.go"},
		{Firmware{Tags: []string{"loud"}}, "fw/x/loud.go"},
		{Firmware{Overlay: map[string]string{"far/far.go": "package far\n"}}, ""},
		{Firmware{Overlay: map[string]string{"far/far.go": "package far\nimport _ \"" + module + "/new\"\n", "new/new.go": "package new\n"}}, "new/new.go"},
		{Firmware{Overlay: map[string]string{"unused/unused.go": "package unused\n"}}, ""},
	} {
		c.fw.Package = "./fw/x"
		files, err := tc.inputs(c.fw)
		if err != nil {
			t.Fatal(err)
		}
		want := append(strings.Fields(common), strings.Fields(c.more)...)
		slices.Sort(want)
		if got := slices.Sorted(maps.Keys(files)); !slices.Equal(got, want) {
			t.Errorf("%+v: got the inputs\n%s, want\n%s", c.fw, got, want)
		}
		for name, content := range c.fw.Overlay {
			if got, used := files[name]; used && string(got) != content {
				t.Errorf("%s: got %q, want the overlay's %q", name, got, content)
			}
		}
	}
}

// Two firmwares share a key only if all that decides what they are is equal.
func TestKey(t *testing.T) {
	tc := small(t)
	board := Boards()[0]
	key := func() string {
		t.Helper()
		fw := Firmware{Package: "./fw/x", Board: board}
		files, err := tc.inputs(fw)
		if err != nil {
			t.Fatal(err)
		}
		return tc.key(fw, files)
	}
	before := key()
	write := func(name, content string) {
		t.Helper()
		if err := os.WriteFile(filepath.Join(tc.root, name), []byte(content), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	for _, name := range []string{"host/host.go", "fw/y/main.go", "near/near_amd64.go", "fw/x/main_test.go"} {
		write(name, "package changed\n")
		if key() != before {
			t.Errorf("%s is not part of the firmware and changes its key", name)
		}
	}
	seen := map[string]string{before: "the original"}
	step := func(what string) {
		t.Helper()
		k := key()
		if seen[k] != "" {
			t.Errorf("%s: the key is that of %s", what, seen[k])
		}
		seen[k] = what
	}
	for _, name := range []string{"go.mod", "fw/x/start.c", "far/far.go", targets + "/base.json"} {
		write(name, "// changed")
		step(name)
	}
	tc.stamp = "2"
	step("the toolchain")
	board = Boards()[1]
	step("the board")

	files := map[string][]byte{}
	for _, fw := range []Firmware{{}, {Tags: []string{"a", "b"}}, {Tags: []string{"a b"}}, {MainStack: 4096}, {Package: "other"}} {
		k := tc.key(fw, files)
		if seen[k] != "" {
			t.Errorf("%+v has the key of %s", fw, seen[k])
		}
		seen[k] = "other options"
	}
}

func TestPathsOutsideOfTheModule(t *testing.T) {
	tc := small(t)
	for _, fw := range []Firmware{
		{Package: "../x"},
		{Package: "/x"},
		{Package: "./fw/x", Overlay: map[string]string{"../x.go": ""}},
		{Package: "./fw/x", Overlay: map[string]string{"./fw/x/main.go": ""}},
		{Package: "./fw/x", Overlay: map[string]string{tc.root + "/fw/x/main.go": ""}},
	} {
		if _, err := tc.inputs(fw); err == nil {
			t.Errorf("%+v: no error", fw)
		}
	}
}
