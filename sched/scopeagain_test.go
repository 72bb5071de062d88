//go:build !tinygo

package sched

import (
	"testing"

	"github.com/tripoint-go/tripoint/vclock"
)

// Who waits for the end of a scope is told before the scope is opened again: one that was told and has not looked yet would
// otherwise wait for the new life, or lose its place in its task.
func TestScopeIsNotOpenedUnderItsClosers(t *testing.T) {
	for _, own := range []bool{true, false} {
		w := newWorld(t, Limits{}, Options{})
		w.run(WaitForAllTasks, func(t *Task) int {
			s := w.open(t, "s", nil)
			member(t, s, "m", func(t *Task) int { t.Sleep(20); return 0 })
			var c ScopeClose
			c.Start(s, 50)
			c.Poll(t)
			other := Spawn(t, "closes too", func(t *Task) error {
				if own {
					return s.Close(t, 100)
				}
				var c ScopeClose
				c.Start(s, 100)
				if err := Await(t, &c); err != nil {
					return err
				}
				return c.Err()
			})
			Await(t, &c)
			if other.Done() {
				w.fatalf("the other was polled first")
			}
			early := func() (text any) {
				defer func() { text = recover() }()
				s.Open(t, "again", nil)
				return nil
			}()
			if early == nil {
				w.fatalf("a scope was opened under its closer")
			}
			t.Yield()
			s.Open(t, "again", nil)
			if v, err := other.Join(t); err != nil || v != nil {
				w.fatalf("the other closer gets %v, %v", v, err)
			}
			return 0
		})
	}
}

// A close that ends before its grace leaves no timer behind, and who holds a token then was late.
func TestScopeCloseEndsBeforeItsGrace(t *testing.T) {
	for _, how := range []string{"another close", "the owner's end"} {
		w := newWorld(t, Limits{}, Options{})
		w.run(WaitForAllTasks, func(t *Task) int {
			s := new(Scope)
			owner := Spawn(t, "owner", func(t *Task) int {
				s.Open(t, "s", nil)
				if how == "another close" {
					t.Sleep(10)
					s.Close(t, 5)
				}
				return forever(t)
			})
			t.Yield()
			var k Token
			s.Take(&k, t)
			var armed bool
			closer := Spawn(t, "closer", func(t *Task) error {
				var c ScopeClose
				c.Start(s, 1000)
				if err := Await(t, &c); err != nil {
					return err
				}
				armed = c.grace.timer.state == timerArmed
				return c.Err()
			})
			t.Sleep(50)
			owner.Cancel(t)
			v, err := closer.Join(t)
			if armed || !Is(v, ErrScopeLate) || err != nil || t.ex.Now() != 50 {
				w.fatalf("%s: closed with %v, %v at %d, timer armed %v", how, v, err, t.ex.Now(), armed)
			}
			k.Release()
			return 0
		})
	}
}

// Waits that were begun by one task and are taken over by another wake the one that polled last.
func TestScopeWaitsMove(t *testing.T) {
	future := func(w *world, poll func(*Task) Poll) func(t *Task) vclock.Instant {
		return func(t *Task) vclock.Instant {
			first := SpawnFuture(t, "first", func(t *Task) Poll { poll(t); return Pending })
			t.Yield()
			second := SpawnFuture(t, "second", poll)
			t.Yield()
			first.Stop()
			t.Sleep(1000)
			if !second.Done() {
				w.fatalf("the task that polled last was not woken")
			}
			return 0
		}
	}
	w := newWorld(t, Limits{}, Options{})
	w.run(WaitForAllTasks, func(t *Task) int {
		s := w.open(t, "token", nil)
		var k Token
		s.Take(&k, t)
		Spawn(t, "trigger", func(t *Task) int { t.Sleep(100); s.Trigger(); return 0 })
		future(w, k.Poll)(t)
		k.Release()

		for _, ends := range []bool{true, false} {
			s = w.open(t, "close", nil)
			var c ScopeClose
			member(t, s, "m", func(t *Task) int {
				if ends {
					t.Sleep(100)
				} else {
					forever(t)
				}
				return 0
			})
			c.Start(s, 200)
			future(w, c.Poll)(t)
		}
		return 0
	})
}

// The end of a grace is that of the scopes below, also of one that is closing and had more (SC4).
func TestScopeCloseCutsGraceBelow(t *testing.T) {
	w := newWorld(t, Limits{}, Options{})
	w.run(WaitForAllTasks, func(t *Task) int {
		s := w.open(t, "s", nil)
		below := w.open(t, "below", s)
		h := member(t, below, "m", forever)
		closer := Spawn(t, "closer", func(t *Task) error { return below.Close(t, 1000) })
		t.Sleep(10)
		if err := s.Close(t, 20); !Is(err, ErrScopeLate) || !h.Done() || t.ex.Now() != 30 {
			w.fatalf("closed with %v at %d", err, t.ex.Now())
		}
		if v, err := closer.Join(t); !Is(v, ErrScopeLate) || err != nil || t.ex.Now() != 30 {
			w.fatalf("below closed with %v, %v at %d", v, err, t.ex.Now())
		}
		return 0
	})
}

// The shortest grace counts, also when who gave it has given up while another closes (SC4).
func TestShortestGraceOutlivesItsCloser(t *testing.T) {
	for _, others := range []string{"closes", "closed", "closes with a future"} {
		w := newWorld(t, Limits{}, Options{})
		w.run(WaitForAllTasks, func(t *Task) int {
			s := w.open(t, "s", nil)
			h := member(t, s, "m", forever)
			long := Spawn(t, "long", func(t *Task) error {
				if others != "closes with a future" {
					return s.Close(t, 1000)
				}
				var c ScopeClose
				c.Start(s, 1000)
				return Await(t, &c)
			})
			short := Spawn(t, "short", func(t *Task) error {
				var c ScopeClose
				c.Start(s, 20)
				return Await(t, &c)
			})
			t.Sleep(10)
			if others == "closed" {
				long.Cancel(t)
			}
			short.Cancel(t)
			h.Join(t)
			if t.ex.Now() != 20 {
				w.fatalf("%s: the member was cancelled at %d, want 20", others, t.ex.Now())
			}
			return 0
		})
	}
}
