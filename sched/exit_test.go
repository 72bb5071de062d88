//go:build !tinygo

package sched

import (
	"testing"

	"github.com/tripoint-go/tripoint/backend"
	"github.com/tripoint-go/tripoint/vclock"
)

// The gate closes while tasks wait in every way there is: for an operation that is prepared, stalled, promised a slot,
// submitted or completed, for timers and lines. Everything ends with its true result, and new calls are refused.
func TestGateEndsEveryWait(t *testing.T) {
	w := newWorld(t, Limits{Ops: 2}, Options{})
	results := map[string]error{}
	op := func(name string, kind backend.OpKind, fd int32) func(t *Task) int {
		return func(t *Task) int {
			_, results[name] = t.Do(kind, fd, nil, -1)
			return 0
		}
	}
	w.run(StopAllOperations, func(t *Task) int {
		Spawn(t, "completed", op("completed", backend.OpRead, 1))
		Spawn(t, "submitted", op("submitted", backend.OpRead, 2))
		Spawn(t, "stalled", op("stalled", backend.OpRead, 3))
		Spawn(t, "sleeper", func(t *Task) int { results["sleeper"] = t.Sleep(vclock.Hour); return 0 })
		Spawn(t, "due", func(t *Task) int { results["due"] = t.Sleep(5); return 0 })
		Spawn(t, "line", func(t *Task) int { results["line"] = t.WaitIRQ(3); return 0 })
		Spawn(t, "yielder", func(t *Task) int {
			for results["yielder"] == nil {
				results["yielder"] = t.Yield()
			}
			results["after"] = t.Sleep(1)
			_, results["afterOp"] = t.Do(backend.OpNop, 0, nil, 0)
			results["afterLine"] = t.WaitIRQ(1)
			return 0
		})
		t.Sleep(5)
		w.be.finish(1, 4)
		return 0
	})
	want := map[string]error{"completed": nil, "due": nil, "submitted": ErrCancelled, "stalled": ErrCancelled, "sleeper": ErrCancelled,
		"line": ErrCancelled, "yielder": ErrCancelled, "after": ErrCancelled, "afterOp": ErrCancelled, "afterLine": ErrCancelled}
	for name, err := range want {
		if results[name] != err {
			w.errorf("%s got %v, want %v", name, results[name], err)
		}
	}
	if w.be.enabled[3] {
		w.errorf("line 3 is still enabled")
	}
	w.wantCount(0, "cancelreq")
}

// A prepared operation is refused, a promised slot is given back, and closes pass the gate: prepared, stalled and new ones.
func TestGateAndCloses(t *testing.T) {
	w := newWorld(t, Limits{Ops: 1}, Options{})
	w.be.auto = func(op *backend.Op) *event {
		if op.Kind == backend.OpClose {
			return &event{at: w.be.now + 10}
		}
		return nil
	}
	errs := map[string]error{}
	fd := int32(0)
	op := func(name string, kind backend.OpKind) func(t *Task) int {
		return func(t *Task) int { fd++; _, errs[name] = t.Do(kind, fd, nil, -1); return 0 }
	}
	w.run(StopAllOperations, func(t *Task) int {
		Spawn(t, "reader", op("reader", backend.OpRead))
		t.Sleep(5)
		Spawn(t, "stalled read", op("stalled read", backend.OpRead))
		Spawn(t, "stalled close", op("stalled close", backend.OpClose))
		Spawn(t, "another", func(t *Task) int { t.Sleep(100); return op("new close", backend.OpClose)(t) })
		yields(t, 2)
		return 0
	})
	want := map[string]error{"reader": ErrCancelled, "stalled read": ErrCancelled, "stalled close": nil, "new close": nil}
	for name, err := range want {
		if errs[name] != err {
			w.errorf("%s got %v, want %v", name, errs[name], err)
		}
	}
}

func TestGateRefusesWhatIsPrepared(t *testing.T) {
	w := newWorld(t, Limits{}, Options{})
	var got, closed error
	w.run(StopAllOperations, func(t *Task) int {
		Spawn(t, "reader", func(t *Task) int { _, got = t.Do(backend.OpRead, 1, nil, -1); return 0 })
		Spawn(t, "closer", func(t *Task) int { _, closed = t.Do(backend.OpClose, 1, nil, -1); return 0 })
		w.be.accept = 0
		yields(t, 2)
		w.be.accept = -1
		w.be.auto = func(*backend.Op) *event { return &event{at: w.be.now + 10} }
		return 0
	})
	if got != ErrCancelled || closed != nil {
		w.fatalf("the read got %v and the close %v, want ErrCancelled and nil", got, closed)
	}
	w.wantCount(1, "submit")
}

// A loop that ignores the closed gate ends the run, whatever it calls (T5, SD9).
func TestLoopThatIgnoresTheGate(t *testing.T) {
	for name, call := range map[string]func(t *Task){
		"sleep": func(t *Task) { t.Sleep(1) },
		"op":    func(t *Task) { t.Do(backend.OpNop, 0, nil, 0) },
		"line":  func(t *Task) { t.WaitIRQ(0) },
		"yield": func(t *Task) { t.Yield() },
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, Limits{}, Options{StepsMax: 5000})
			_, err := w.try(false, StopAllOperations, func(t *Task) int {
				Spawn(t, "deaf", func(t *Task) int {
					for {
						call(t)
					}
				})
				t.Sleep(5)
				return 0
			})
			if err != ErrRefusalLoop {
				t.Fatalf("the run ended with %v, want ErrRefusalLoop", err)
			}
		})
	}
}

// SD4: Main exits when the last token and the last cleanup task are gone, or when the grace is over, and exactly then.
func TestGrace(t *testing.T) {
	const grace = 100 * vclock.Microsecond
	hold := func(d vclock.Duration) func(t *Task) int {
		return func(t *Task) int {
			var k Token
			t.ex.RootScope().Take(&k, t)
			t.Sleep(d)
			return 0
		}
	}
	for _, c := range []struct {
		name string
		body func(t *Task)
		end  vclock.Instant
	}{
		{"nothing", func(t *Task) {}, 1000},
		{"frozen task", func(t *Task) { Spawn(t, "server", forever) }, 1000},
		{"token", func(t *Task) { Spawn(t, "holder", hold(3000)) }, 3000},
		{"token too long", func(t *Task) { Spawn(t, "holder", hold(vclock.Hour)) }, 1000 + 100_000},
		{"cleanup", func(t *Task) {
			SpawnWith(t, "c", SpawnOptions{Cleanup: true}, func(t *Task) int { t.Sleep(4000); return 0 })
		}, 4000},
		{"cleanup of a teardown", func(t *Task) {
			s := new(Scope)
			s.Open(t, "s", nil)
			member(t, s, "member", func(t *Task) int {
				t.Sleep(vclock.Hour)
				Spawn(t, "late", func(t *Task) int { t.Sleep(4000); return 0 })
				return 0
			})
		}, 5000},
		{"yields over the end of the grace", func(t *Task) {
			Spawn(t, "holder", func(t *Task) int {
				var k Token
				t.ex.RootScope().Take(&k, t)
				for t.Yield() == nil {
				}
				return 0
			})
		}, 1000 + 100_000},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := newWorld(t, Limits{}, Options{Grace: grace})
			v := w.main(DetachTasks, func(t *Task) int {
				c.body(t)
				t.Sleep(1000)
				return 7
			})
			if v != 7 || w.be.now != c.end {
				w.fatalf("exit with %d at %d, want 7 at %d", v, w.be.now, c.end)
			}
			w.wantOrder("rootdone v=7", "stopacc", "trigger k=1 why=rootdone", "frozen", "exit code=7")
		})
	}
}

// The root's own time does not count as grace (SD4), also if the clock was read last before a root that took long.
func TestGraceBeginsWithTheRootsEnd(t *testing.T) {
	w := newWorld(t, Limits{}, Options{Grace: 1000})
	w.ticks = true
	cleaned := false
	w.main(DetachTasks, func(t *Task) int {
		SpawnWith(t, "cleanup", SpawnOptions{Cleanup: true}, func(t *Task) int { cleaned = t.Sleep(500) == nil; return 0 })
		w.be.now += 5000 // the root is busy
		return 0
	})
	if !cleaned || w.be.now != 5500 {
		w.fatalf("exit at %d, cleanup done %v; want 5500, true", w.be.now, cleaned)
	}
}

// The tick of yielding tasks never carries time past a deadline (T3, T7), nor past the end of the grace.
func TestYieldTickStopsAtDeadlines(t *testing.T) {
	w := newWorld(t, Limits{}, Options{})
	var woke vclock.Instant
	w.run(WaitForAllTasks, func(t *Task) int {
		Spawn(t, "sleeper", func(t *Task) int { t.Sleep(1500); woke = w.be.now; return 0 })
		yields(t, 5)
		return 0
	})
	if woke != 1500 {
		w.fatalf("a sleep of 1500 ns ended at %d", woke)
	}
}

// Two yields in one poll are a yield: time must pass, or a loop of them stops the world.
func TestTwoYieldsInOnePoll(t *testing.T) {
	w := newWorld(t, Limits{}, Options{StepsMax: 100})
	w.run(WaitForAllTasks, func(t *Task) int {
		SpawnFuture(t, "twice", func(t *Task) Poll {
			if w.be.now >= 3000 {
				return Ready
			}
			t.YieldNow()
			t.YieldNow()
			return Pending
		})
		return 0
	})
}

// SD6, in every phase: the first signal triggers once a token was taken, any other has the default action.
func TestSignals(t *testing.T) {
	take := func(t *Task) *Token {
		k := new(Token)
		t.ex.RootScope().Take(k, t)
		return k
	}
	run := func(main bool, at []vclock.Instant, body func(t *Task) int) (*world, int, error) {
		w := newWorld(t, Limits{}, Options{Grace: 1000})
		for _, at := range at {
			w.be.at(at, backend.CompletionSignal, 2)
		}
		v, err := w.try(main, WaitForAllTasks, body)
		return w, v, err
	}
	listen := func(t *Task) int { take(t).Wait(t); return 3 }

	w, v, err := run(true, []vclock.Instant{10}, listen)
	if v != 3 || err != nil || !w.be.signals {
		w.fatalf("one signal: %d, %v, handlers %t; want 3, nil, true", v, err, w.be.signals)
	}
	w.wantOrder("signal n=2 act=trigger", "trigger k=1 why=signal", "rootdone")
	w.wantCount(1, "trigger")

	w, _, err = run(true, []vclock.Instant{10}, func(t *Task) int { t.Sleep(100); return 0 })
	if err != ErrSignal || w.be.signals {
		w.fatalf("no token: %v, handlers %t; want ErrSignal, false", err, w.be.signals)
	}
	w.wantOrder("signal n=2 act=default", "frozen", "exit")

	w, _, err = run(true, []vclock.Instant{10, 20}, func(t *Task) int { take(t); t.Sleep(100); return 0 })
	if err != ErrSignal {
		w.fatalf("second signal in RUN: %v, want ErrSignal", err)
	}
	w, v, err = run(true, []vclock.Instant{10}, func(t *Task) int {
		Spawn(t, "holder", func(t *Task) int { k := take(t); t.Sleep(100); k.Release(); return 0 })
		t.Sleep(5)
		return 4
	})
	if v != 4 || err != nil {
		w.fatalf("first signal in GRACE: %d, %v; want 4, nil", v, err)
	}
	w.wantCount(1, "trigger")
	w, _, err = run(false, []vclock.Instant{10}, func(t *Task) int { take(t); t.Sleep(100); return 0 })
	if err != ErrSignal || w.be.signals {
		w.fatalf("Run: %v, handlers %t; a signal belongs to Main, want ErrSignal, false", err, w.be.signals)
	}
}

// SD9: a mode that cannot end names that, and does not hang.
func TestStall(t *testing.T) {
	for _, mode := range []Mode{WaitForAllTasks, StopAllOperations} {
		w := newWorld(t, Limits{}, Options{})
		_, err := w.try(false, mode, func(t *Task) int {
			SpawnFuture(t, "stuck", func(*Task) Poll { return Pending })
			t.Sleep(1)
			return 0
		})
		if err != ErrStalled || w.ex.Live() != 1 {
			w.fatalf("the run ended with %v and %d live tasks, want ErrStalled and 1", err, w.ex.Live())
		}
		w.wantOrder("stalled live=1", "exit code=stalled")
	}
}

// SD10: no spawn from outside after the root, before that it works.
func TestSpawnOutside(t *testing.T) {
	var early, late *Handle[int]
	n := 0
	opts := Options{External: func(ex *Executor, _ int32) {
		h := SpawnOutside(ex, "outside", func(t *Task) int { return 1 })
		if n++; n == 1 {
			early = h
		} else {
			late = h
		}
	}}
	w := newWorld(t, Limits{}, opts)
	w.be.at(5, backend.CompletionExternal, 1)
	w.be.at(15, backend.CompletionExternal, 2)
	w.run(WaitForAllTasks, func(t *Task) int {
		Spawn(t, "left", func(t *Task) int { t.Sleep(20); return 0 })
		t.Sleep(10)
		return 0
	})
	if !early.Done() || late.Err() != ErrClosed {
		w.fatalf("the early spawn ended: %t, the late one says %v; want true, ErrClosed", early.Done(), late.Err())
	}
}
