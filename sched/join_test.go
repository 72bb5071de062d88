//go:build !tinygo

package sched

import (
	"errors"
	"testing"
)

// anyHandle is what a typed handle and one of a static task have in common.
type anyHandle interface {
	ID() TaskID
	Err() error
	Done() bool
	Stop() error
	Attach(*Task) error
	Detach() error
	Release()
	Outcome() (bool, error)
	Poll(*Task) Poll
	Abandon(*Task)
	Task() *Task
}

// joined and cancelled do what Join and Cancel of either kind of handle do.
func joined(t *Task, h anyHandle) (int64, error) {
	switch h := h.(type) {
	case *Handle[int]:
		v, err := h.Join(t)
		return int64(v), err
	case *JoinHandle:
		return h.Join(t)
	}
	panic("test: no such handle")
}

func cancelled(t *Task, h anyHandle) (int64, bool, error) {
	switch h := h.(type) {
	case *Handle[int]:
		v, ok, err := h.Cancel(t)
		return int64(v), ok, err
	case *JoinHandle:
		return h.Cancel(t)
	}
	panic("test: no such handle")
}

// eachHandle runs a test with typed handles and with those of static tasks. start starts a task, and says so if it cannot.
func eachHandle(t *testing.T, body func(t *testing.T, start func(t *Task, name string, body func(*Task) int) anyHandle)) {
	t.Run("typed", func(t *testing.T) {
		body(t, func(t *Task, name string, body func(*Task) int) anyHandle { return Spawn(t, name, body) })
	})
	t.Run("static", func(t *testing.T) {
		body(t, func(t *Task, name string, body func(*Task) int) anyHandle {
			h, err := new(Task).StartFunc(t.Executor(), t, name, func(t *Task) int64 { return int64(body(t)) }, nil)
			if err != nil {
				panic(err)
			}
			return h
		})
	})
}

// While one task is in Join or Cancel, another that tries is told at once; the first gets the outcome. The request of a Cancel stands.
func TestSecondJoinerIsTold(t *testing.T) {
	for _, second := range []string{"Join", "Cancel", "Stop"} {
		t.Run(second, func(t *testing.T) {
			eachHandle(t, func(t *testing.T, start func(*Task, string, func(*Task) int) anyHandle) {
				w := newWorld(t, Limits{}, Options{})
				var v int64
				var first, told error
				w.run(WaitForAllTasks, func(t *Task) int {
					h := start(t, "target", func(t *Task) int {
						if t.Sleep(100) != nil {
							return -1
						}
						return 7
					})
					Spawn(t, "first", func(t *Task) int { v, first = joined(t, h); return 0 })
					t.Sleep(10)
					switch second {
					case "Join":
						_, told = joined(t, h)
					case "Cancel":
						_, _, told = cancelled(t, h)
					case "Stop":
						told = h.Stop()
					}
					return 0
				})
				switch {
				case second == "Join" && (v != 7 || first != nil || told != ErrDetached):
					w.fatalf("the first joined %d and %v, the second got %v, want 7, nil and ErrDetached", v, first, told)
				case second == "Cancel" && (first != ErrNoValue || told != ErrDetached),
					second == "Stop" && (first != ErrNoValue || told != nil):
					w.fatalf("the first got %v, the second %v, want ErrNoValue, and ErrDetached for Cancel", first, told)
				}
			})
		})
	}
}

// A poll by a second task that leaves the first one for ever asleep is a programmer error, and says so.
func TestSecondPollerPanics(t *testing.T) {
	for name, first := range map[string]func(h *Handle[int]) func(t *Task) Poll{
		"behind a join": nil,
		"behind a poll": func(h *Handle[int]) func(t *Task) Poll { return h.Poll },
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, Limits{}, Options{})
			_, err := w.try(false, WaitForAllTasks, func(t *Task) int {
				h := Spawn(t, "target", forever)
				if first == nil {
					Spawn(t, "first", func(t *Task) int { h.Join(t); return 0 })
				} else {
					SpawnFuture(t, "first", first(h))
				}
				t.Sleep(10)
				h.Poll(t)
				return 0
			})
			var p *PanicError
			if !errors.As(err, &p) || p.Value != "sched: S3: two tasks wait for one join handle" {
				w.fatalf("the run ended with %v, want the panic of the second", err)
			}
		})
	}
}

// A wait that has moved to another task is not disturbed by the one that it has left.
func TestAbandonAfterTheWaitHasMoved(t *testing.T) {
	w := newWorld(t, Limits{}, Options{})
	var got int
	w.run(WaitForAllTasks, func(t *Task) int {
		h := Spawn(t, "target", func(t *Task) int { t.Sleep(100); return 5 })
		h.Poll(t)
		t.Sleep(1)
		Spawn(t, "joiner", func(t *Task) int { got, _ = h.Join(t); return 0 })
		t.Sleep(10)
		h.Abandon(t)
		return 0
	})
	if got != 5 {
		w.fatalf("the joiner got %d, want 5", got)
	}
	w.wantCount(0, "hdrop")
}

// The same by the owner of the attached handle: the task is cancelled, and the joiner learns that.
func TestAbandonByTheOwnerAfterTheWaitHasMoved(t *testing.T) {
	w := newWorld(t, Limits{}, Options{})
	var got error
	w.run(WaitForAllTasks, func(t *Task) int {
		h := SpawnChild(t, "target", forever)
		h.Poll(t)
		t.Sleep(1)
		Spawn(t, "joiner", func(t *Task) int { _, got = h.Join(t); return 0 })
		t.Sleep(10)
		h.Abandon(t)
		t.Sleep(10)
		return 0
	})
	if got != ErrNoValue {
		w.fatalf("the joiner got %v, want ErrNoValue", got)
	}
	w.wantOrder("hdrop t=2 att=1", "cancelreq t=2 why=handle", "drop- t=2", "cancelres t=2 some=0")
}

// A handle of a task that has ended keeps its outcome until it is used, and is of no use after that.
func TestHandleAfterTheEnd(t *testing.T) {
	eachHandle(t, func(t *testing.T, start func(*Task, string, func(*Task) int) anyHandle) {
		for _, first := range []string{"Join", "Cancel", "Detach", "Release"} {
			for _, stopped := range []bool{false, true} {
				w := newWorld(t, Limits{}, Options{})
				w.run(WaitForAllTasks, func(t *Task) int {
					h := start(t, "target", func(t *Task) int {
						if t.Sleep(1) != nil {
							return -1
						}
						return 7
					})
					if h.Done() || h.Task() == nil || h.Task().ID() != h.ID() {
						return -200
					}
					if some, err := h.Outcome(); some || err != ErrDetached {
						return -201
					}
					if stopped {
						h.Stop()
					}
					t.Sleep(10)
					some, err := h.Outcome()
					if !h.Done() || h.Task() != nil || some == stopped || stopped && err != ErrNoValue || !stopped && err != nil {
						return -202
					}
					if h.Stop() != nil || h.Attach(t) != nil || h.Attach(t) != nil { // too late, and harmless
						return -203
					}
					switch v, ok := int64(0), false; first {
					case "Join":
						v, err = joined(t, h)
						if !stopped && (v != 7 || err != nil) || stopped && err != ErrNoValue {
							return -204
						}
					case "Cancel":
						v, ok, err = cancelled(t, h)
						if err != nil || ok == stopped || ok && v != 7 || !ok && v != 0 {
							return -205
						}
					case "Detach":
						if h.Detach() != nil {
							return -206
						}
					case "Release":
						h.Release()
					}
					return used(t, h)
				})
				w.wantCount(0, "cancelreq t=2 why=handle")
			}
		}
	})
}

// used reports what a handle that was used says: ErrDetached, whatever is called.
func used(t *Task, h anyHandle) int {
	h.Release()
	if _, err := joined(t, h); err != ErrDetached {
		return -210
	}
	if _, ok, err := cancelled(t, h); ok || err != ErrDetached {
		return -211
	}
	if h.Stop() != ErrDetached || h.Attach(t) != ErrDetached || h.Detach() != ErrDetached {
		return -212
	}
	if h.Poll(t) != Ready {
		return -213
	}
	return 0
}

// A handle whose task could not be spawned says why, whatever is called, and one that was never spawned is one that was given up.
func TestHandleWithoutATask(t *testing.T) {
	w := newWorld(t, Limits{Tasks: 1}, Options{})
	w.run(WaitForAllTasks, func(t *Task) int {
		for i, c := range []struct {
			h    *Handle[int]
			want error
		}{{Spawn(t, "one too many", forever), ErrTasksFull}, {&Handle[int]{}, ErrDetached}} {
			_, join := c.h.Join(t)
			_, ok, cancel := c.h.Cancel(t)
			if join != c.want || cancel != c.want && i == 0 || ok {
				return -200 - i
			}
			if c.h.Attach(t) != c.want || c.h.Detach() != c.want || c.h.Poll(t) != Ready || c.h.Done() {
				return -210 - i
			}
			c.h.Release()
			if _, err := c.h.Outcome(); err != c.want {
				return -220 - i
			}
		}
		return 0
	})
}

// Forgetting a handle, and giving up a pending join, leaves the task running (NC2, NC3), for static tasks as for others.
func TestForgottenHandleDetaches(t *testing.T) {
	eachHandle(t, func(t *testing.T, start func(*Task, string, func(*Task) int) anyHandle) {
		w := newWorld(t, Limits{}, Options{})
		ended := 0
		target := func(t *Task) int {
			if t.Sleep(100) == nil {
				ended++
			}
			return 0
		}
		w.run(WaitForAllTasks, func(t *Task) int {
			j := Spawn(t, "joiner", func(t *Task) int {
				start(t, "forgotten", target)
				joined(t, start(t, "joined", target))
				return 0
			})
			t.Sleep(10)
			j.Cancel(t)
			return 0
		})
		if ended != 2 {
			w.fatalf("%d of 2 tasks ran to their end", ended)
		}
		w.wantCount(1, "cancelreq")
		w.wantCount(1, "hdrop")
	})
}
