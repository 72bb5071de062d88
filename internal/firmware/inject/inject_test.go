package inject_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/tripoint-go/tripoint/internal/firmware/bare"
	"github.com/tripoint-go/tripoint/internal/firmware/inject"
	"github.com/tripoint-go/tripoint/internal/require"
)

// build makes a sweep over a firmware of testdata.
func build(t *testing.T, b bare.Board, source string, flags ...string) inject.Sweep {
	t.Helper()
	if err := bare.Lacking(bare.Clang); err != nil {
		require.Lacking(t, require.Cortexm, err)
	}
	elf := filepath.Join(t.TempDir(), "fw.elf")
	if err := bare.Build(t.Context(), b, bare.Clang, elf, []string{filepath.Join("testdata", source)}, flags...); err != nil {
		t.Fatal(err)
	}
	return inject.Sweep{
		ELF: elf, Machine: inject.Machine{Name: b.Machine, NVIC: b.NVIC, Secure: b.Secure},
		From: "begin", To: "end", Verdict: "verdict", Sources: []inject.Source{30},
	}
}

// each runs a test on every board.
func each(t *testing.T, test func(*testing.T, bare.Board)) {
	for _, b := range bare.Boards() {
		t.Run(b.Machine, func(t *testing.T) { test(t, b) })
	}
}

func run(t *testing.T, s inject.Sweep) inject.Report {
	t.Helper()
	r, err := s.Run(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	log(t, r)
	return r
}

func log(t *testing.T, r inject.Report) {
	text, _, _ := strings.Cut(r.String(), "\n")
	t.Log(text)
}

func TestMaskedListIsGoodEverywhere(t *testing.T) {
	each(t, func(t *testing.T, b bare.Board) {
		s := build(t, b, "list.c")
		s.Sources = append(s.Sources, 31)
		r := run(t, s)
		if len(r.Failures) > 0 || r.Positions < 10 || r.Runs != 2*r.Positions {
			t.Errorf("got %v\nwant two good runs for each of ten positions or more", r)
		}
	})
}

func TestUnmaskedListFails(t *testing.T) {
	each(t, func(t *testing.T, b bare.Board) {
		r := run(t, build(t, b, "list.c", "-DUNMASKED"))
		if len(r.Failures) == 0 || len(r.Failures) == r.Positions {
			t.Fatalf("got %d failures at %d positions, want some and not all", len(r.Failures), r.Positions)
		}
		for _, f := range r.Failures {
			if f.End != inject.Judged || f.Why != "no waiter is lost" && f.Why != "a waiter is woken once" {
				t.Errorf("got %v, want a verdict that names an invariant", f)
			}
			if len(f.Points) != 1 || !strings.HasPrefix(f.Points[0].Where, "begin+") || !strings.Contains(f.Points[0].Where, "(list.c:") {
				t.Errorf("got %v, want one point in begin and a line of list.c", f)
			}
		}
	})
}

// The mutant that two interrupts are needed for is dead with pairs, and only with pairs.
func TestPairs(t *testing.T) {
	each(t, func(t *testing.T, b bare.Board) {
		for _, c := range []struct {
			name  string
			flags []string
			pairs bool
			bad   bool
		}{
			{"good", nil, true, false},
			{"mutant with single injections", []string{"-DONESLOT"}, false, false},
			{"mutant with pairs", []string{"-DONESLOT"}, true, true},
		} {
			t.Run(c.name, func(t *testing.T) {
				s := build(t, b, "two.c", c.flags...)
				s.Sources, s.Pairs = []inject.Source{30, 31}, c.pairs
				all := b == bare.Boards()[0] // failures of one board are enough to look at closely
				if !all {
					s.Enough = 1
				}
				r, err := s.Run(t.Context())
				if err != nil {
					t.Fatal(err)
				}
				log(t, r)
				inHandler := false
				if bad := len(r.Failures) > 0; bad != c.bad {
					t.Errorf("got %v\nwant failures: %v", r, c.bad)
				}
				for _, f := range r.Failures {
					if len(f.Points) != 2 || f.Points[0].At > f.Points[1].At || f.Points[0].Source == f.Points[1].Source || f.Why != "LOST" {
						t.Errorf("got %v, want two sources in order, and the word LOST", f)
					}
					inHandler = inHandler || strings.HasPrefix(f.Points[len(f.Points)-1].Where, "Any_Handler+")
				}
				if c.bad && all && !inHandler {
					t.Errorf("got %v\nwant a failure whose second injection is in the handler of the first", r)
				}
			})
		}
	})
}

// A source that is listed twice makes pairs with itself, but is injected alone only once. The firmware's notes do not count:
// two interrupts of one line leave the same note.
func TestSourceTwice(t *testing.T) {
	s := build(t, bare.Boards()[0], "two.c")
	s.Sources = []inject.Source{30, 30}
	if r := run(t, s); r.Runs != r.Positions || len(r.Failures) > 0 {
		t.Errorf("got %v\nwant a good run for each position", r)
	}
	s.Pairs = true
	r := run(t, s)
	if len(r.Failures) == 0 {
		t.Errorf("got %v\nwant failures", r)
	}
	for i, f := range r.Failures {
		if len(f.Points) != 2 || f.Points[0].Source != f.Points[1].Source || f.Points[0].At == f.Points[1].At ||
			i > 0 && reflect.DeepEqual(f, r.Failures[i-1]) {
			t.Errorf("got %v, want one source at two positions, and each pair of positions once", f)
		}
	}
}

// The lock is taken in the second call, and the window is that call up to its return.
func TestHang(t *testing.T) {
	each(t, func(t *testing.T, b bare.Board) {
		t.Parallel() // it waits most of the time
		s := build(t, b, "lock.c")
		s.To, s.Limit = "", 2*time.Second
		if r := run(t, s); len(r.Failures) > 0 {
			t.Errorf("got %v\nwant the first call to be good", r)
		}
		s.Skip = 1
		r := run(t, s)
		if len(r.Failures) == 0 || len(r.Failures) == r.Positions {
			t.Fatalf("got %v\nwant hangs at some positions and not at all", r)
		}
		for i, f := range r.Failures {
			if f.End != inject.Hung || i > 0 && f.Points[0].At != r.Failures[i-1].Points[0].At+1 {
				t.Errorf("got %v, want hangs without a gap", f)
			}
		}
	})
}

func TestExitWithoutVerdict(t *testing.T) {
	s := build(t, bare.Boards()[0], "lock.c", "-DQUIT")
	s.To, s.Skip = "", 1
	r := run(t, s)
	if len(r.Failures) == 0 || slices.ContainsFunc(r.Failures, func(f inject.Failure) bool { return f.End != inject.Exited || f.Code != 0 }) {
		t.Errorf("got %v\nwant exits with status 0, which are failures", r)
	}
}

func TestEnough(t *testing.T) {
	s := build(t, bare.Boards()[0], "list.c", "-DUNMASKED")
	s.Enough = 1
	if r := run(t, s); len(r.Failures) != 1 || !r.Cut {
		t.Errorf("got %v\nwant one failure, then stopped", r)
	}
}

func TestBadWithoutInjection(t *testing.T) {
	s := build(t, bare.Boards()[0], "bad.c")
	s.To = ""
	r := run(t, s)
	if len(r.Failures) != 1 || len(r.Failures[0].Points) != 0 || r.Failures[0].Code != 7 || r.Failures[0].Why != "bad from the start" || r.Runs != 0 {
		t.Errorf("got %v\nwant one failure without an injection, verdict 7", r)
	}
}

// PendSV and SysTick need no enabling.
func TestCoreExceptions(t *testing.T) {
	for _, b := range bare.Boards() {
		s := build(t, b, "list.c")
		s.Sources = []inject.Source{inject.PendSV, inject.SysTick}
		r, err := s.Run(t.Context())
		if b.Secure {
			if err == nil || !strings.Contains(err.Error(), "PendSV of "+b.Machine) {
				t.Errorf("%s: got %v, want PendSV to be refused", b.Machine, err)
			}
		} else if err != nil || len(r.Failures) > 0 || r.Runs != 2*r.Positions {
			t.Errorf("%s: got %v, %v\nwant good runs", b.Machine, r, err)
		}
	}
}

func TestErrors(t *testing.T) {
	for _, c := range []struct {
		name, source, flag string
		change             func(*inject.Sweep)
		want               string
	}{
		{"no function", "list.c", "", func(s *inject.Sweep) { s.To = "finish" }, "has no function finish"},
		{"no file", "list.c", "", func(s *inject.Sweep) { s.ELF += "x" }, "no such file"},
		{"no sources", "list.c", "", func(s *inject.Sweep) { s.Sources = nil }, "a sweep needs"},
		{"unknown source", "list.c", "", func(s *inject.Sweep) { s.Sources[0] = -3 }, "source -3 is neither"},
		{"no NVIC", "list.c", "", func(s *inject.Sweep) { s.Machine.NVIC = "" }, "needs the machine's NVIC"},
		{"wrong NVIC", "list.c", "", func(s *inject.Sweep) { s.Machine.NVIC = "nowhere" }, "line 30 cannot be made pending"},
		{"negative", "list.c", "", func(s *inject.Sweep) { s.Jobs = -1 }, "negative"},
		{"unknown machine", "list.c", "", func(s *inject.Sweep) { s.Machine.Name = "lm3s" }, "unsupported machine type"},
		{"no emulator", "list.c", "", func(s *inject.Sweep) { s.Machine.QEMU = "no-such-qemu" }, "no-such-qemu"},
		{"long window", "list.c", "", func(s *inject.Sweep) { s.Max = 5 }, "longer than 5 steps"},
		{"not that many entries", "list.c", "", func(s *inject.Sweep) { s.Skip = 1 }, "entry 1 of begin"},
		{"window without an end", "list.c", "", func(s *inject.Sweep) { s.To = "begin" }, "the window from begin is empty"},
		{"line that is not enabled", "bad.c", "-DDEAF", func(s *inject.Sweep) { s.To = "" }, "is it enabled?"},
		{"timer", "bad.c", "-DTICK", func(s *inject.Sweep) { s.To, s.Max = "", 100 }, "does a timer run in it?"},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := build(t, bare.Boards()[0], c.source, c.flag)
			c.change(&s)
			r, err := s.Run(t.Context())
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v, %v; want an error with %q", r, err, c.want)
			}
		})
	}
}

// An emulator that hangs is gone when the context is canceled, and so are its files. The emulator is started by a script
// that tells its number; exec keeps it.
func TestCancel(t *testing.T) {
	s := build(t, bare.Boards()[0], "lock.c")
	dir, temp := t.TempDir(), t.TempDir()
	t.Setenv("TMPDIR", temp)
	script := "#!/bin/sh\n: >\"" + dir + "/$$\"\nexec qemu-system-arm \"$@\"\n"
	s.Machine.QEMU = filepath.Join(t.TempDir(), "qemu")
	if err := os.WriteFile(s.Machine.QEMU, []byte(script), 0o777); err != nil {
		t.Fatal(err)
	}
	s.To, s.Skip, s.Limit = "", 1, time.Hour
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	ended := make(chan error)
	go func() {
		_, err := s.Run(ctx)
		ended <- err
	}()
	const atLeast = 3 // the first run's, and two workers'
	for len(list(t, dir)) < atLeast {
		runtime.Gosched()
	}
	cancel()
	if err := <-ended; !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want the context's error", err)
	}
	for _, name := range list(t, dir) {
		pid, err := strconv.Atoi(name)
		if err != nil {
			t.Fatal(err)
		}
		p, err := os.FindProcess(pid)
		if err != nil {
			t.Fatal(err)
		}
		if err := p.Signal(syscall.Signal(0)); err == nil {
			t.Errorf("the emulator %d lives on", pid)
		}
	}
	if left := list(t, temp); len(left) > 0 {
		t.Errorf("got %v, want no files", left)
	}
}

func list(t *testing.T, dir string) []string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, e := range entries {
		names = append(names, e.Name())
	}
	return names
}
