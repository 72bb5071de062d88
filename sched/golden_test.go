//go:build !tinygo

package sched

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/tripoint-go/tripoint/backend"
	"github.com/tripoint-go/tripoint/internal/trace"
)

var update = flag.Bool("rewrite", false, "write the golden traces anew; the text above the mark is kept")

// mark separates what a golden file says from the trace it expects.
const mark = "----\n"

// golden are programs whose whole trace is written down in testdata, one behaviour each.
var golden = []struct {
	name string
	main bool
	mode Mode
	body func(w *world) func(t *Task) int
}{
	{"join", false, DetachTasks, func(*world) func(t *Task) int {
		return func(t *Task) int {
			h := Spawn(t, "child", func(t *Task) int { t.Sleep(1000); return 123 })
			v, _ := h.Join(t)
			return v
		}
	}},
	{"cancel-sleeper", false, DetachTasks, func(*world) func(t *Task) int {
		return func(t *Task) int {
			h := Spawn(t, "sleeper", forever)
			t.Sleep(10)
			h.Cancel(t)
			return 0
		}
	}},
	{"abandoned-join", false, WaitForAllTasks, func(*world) func(t *Task) int {
		return func(t *Task) int {
			h := Spawn(t, "commit", func(t *Task) int { t.Sleep(50); return 7 })
			j := Spawn(t, "joiner", func(t *Task) int { h.Join(t); return 0 })
			t.Sleep(10)
			j.Cancel(t)
			return 0
		}
	}},
	{"late-read", false, DetachTasks, func(w *world) func(t *Task) int {
		w.be.stubborn = true
		return func(t *Task) int {
			h := Spawn(t, "reader", read(3))
			t.Sleep(10)
			h.Stop()
			w.be.finishAt(200, 3, 5)
			h.Join(t)
			return 0
		}
	}},
	{"equal-deadlines", false, WaitForAllTasks, func(*world) func(t *Task) int {
		return func(t *Task) int {
			Spawn(t, "a", func(t *Task) int { t.Sleep(20); return 1 })
			Spawn(t, "b", func(t *Task) int { t.Sleep(10); t.Sleep(10); return 2 })
			Spawn(t, "c", func(t *Task) int { t.Sleep(20); return 3 })
			return 0
		}
	}},
	{"mode-detach", false, DetachTasks, leftovers},
	{"mode-wait", false, WaitForAllTasks, leftovers},
	{"mode-stop", false, StopAllOperations, leftovers},
	{"main", true, DetachTasks, func(*world) func(t *Task) int {
		return func(t *Task) int {
			Spawn(t, "server", func(t *Task) int {
				var k Token
				t.ex.RootScope().Take(&k, t)
				k.Wait(t)
				t.Sleep(30)
				return 0
			})
			Spawn(t, "deaf", forever)
			t.Sleep(10)
			return 5
		}
	}},
}

// leftovers is a root that leaves a sleeper and a reader behind.
func leftovers(w *world) func(t *Task) int {
	w.be.auto = func(*backend.Op) *event { return &event{at: 500, c: backend.Completion{Res: 4}} }
	return func(t *Task) int {
		Spawn(t, "sleeper", func(t *Task) int { t.Sleep(100); return 1 })
		Spawn(t, "reader", read(3))
		t.Sleep(10)
		return 9
	}
}

func TestGoldenTraces(t *testing.T) {
	for _, g := range golden {
		t.Run(g.name, func(t *testing.T) {
			w := newWorld(t, Limits{}, Options{})
			if _, err := w.try(g.main, g.mode, g.body(w)); err != nil {
				t.Fatal(err)
			}
			var got bytes.Buffer
			if err := trace.WriteText(&got, w.rec.Recording()); err != nil {
				t.Fatal(err)
			}
			path := filepath.Join("testdata", g.name+".txt")
			file, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			head, want, ok := strings.Cut(string(file), mark)
			if !ok || !strings.HasPrefix(head, "# ") {
				t.Fatalf("%s: a golden file opens with a paragraph and a picture, then %q", path, mark)
			}
			if *update {
				if err := os.WriteFile(path, []byte(head+mark+got.String()), 0o644); err != nil {
					t.Fatal(err)
				}
				return
			}
			if got.String() != want {
				t.Errorf("%s: the trace changed; run with -rewrite and review the diff. got:\n%s\nwant:\n%s", path, &got, want)
			}
		})
	}
}
