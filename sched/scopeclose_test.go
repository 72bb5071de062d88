//go:build !tinygo

package sched

import (
	"errors"
	"fmt"
	"testing"

	"github.com/tripoint-go/tripoint/vclock"
)

// open is Open for scopes that cannot fail to open.
func (w *world) open(t *Task, name string, parent *Scope) *Scope {
	s := new(Scope)
	if err := s.Open(t, name, parent); err != nil {
		w.fatalf("scope %s: %v", name, err)
	}
	return s
}

// The error of a close names whom it cancelled and who holds a token, in the scope and below it.
func TestScopeCloseNamesWhoIsLate(t *testing.T) {
	w := newWorld(t, Limits{}, Options{})
	w.run(WaitForAllTasks, func(t *Task) int {
		s := w.open(t, "import", nil)
		below := w.open(t, "below", s)
		member(t, s, "reader", forever)
		member(t, s, "polite", func(t *Task) int { s.Wait(t); return 0 })
		member(t, below, "writer", forever)
		Spawn(t, "guest", func(t *Task) int {
			var k Token
			below.Take(&k, t)
			return forever(t)
		})
		other := w.open(t, "other", nil)
		var k Token
		other.Take(&k, t)
		t.Sleep(10)
		err := s.Close(t, 50)
		const want = `sched: scope "import" was late to close, cancelled ["reader" "writer"], tokens are held by ["guest"]`
		if !errors.Is(err, ErrScopeLate) || !Is(err, ErrScopeLate) || Is(err, ErrClosed) || fmt.Sprint(err) != want || t.ex.Now() != 60 {
			w.fatalf("close says %v at %d, want %s", err, t.ex.Now(), want)
		}
		k.Release()
		if err := other.Close(t, 50); err != nil || t.ex.Now() != 60 {
			w.fatalf("close says %v at %d", err, t.ex.Now())
		}
		return 0
	})
}

// Members of scopes below have the grace, too, and a close that they need no longer ends at once.
func TestScopeCloseGivesGraceBelow(t *testing.T) {
	for _, needs := range []vclock.Duration{20, 200} {
		w := newWorld(t, Limits{}, Options{})
		w.run(WaitForAllTasks, func(t *Task) int {
			s := w.open(t, "s", nil)
			h := member(t, w.open(t, "deep", w.open(t, "below", s)), "m", func(t *Task) int { s.Wait(t); t.Sleep(needs); return 7 })
			t.Sleep(10)
			err := s.Close(t, 100)
			if late := needs > 100; Is(err, ErrScopeLate) != late || t.ex.Now() != 10+vclock.Instant(min(needs, 100)) {
				w.fatalf("close says %v at %d", err, t.ex.Now())
			}
			if v, _ := h.Join(t); needs < 100 && v != 7 {
				w.fatalf("the member has %d", v)
			}
			return 0
		})
	}
}

// A deep tree closes without a deep stack, also where the end of one scope ends the owner of the next.
func TestScopeTreeCloses(t *testing.T) {
	const depth = 40
	w := newWorld(t, Limits{Tasks: 2*depth + 2}, Options{})
	w.run(WaitForAllTasks, func(t *Task) int {
		s := w.open(t, "top", nil)
		var nest func(s *Scope, left int) func(*Task) int
		nest = func(s *Scope, left int) func(*Task) int {
			return func(t *Task) int {
				below := w.open(t, "s", s)
				if left > 0 {
					member(t, below, "m", nest(below, left-1))
					w.open(t, "empty", below)
					Spawn(t, "n", func(t *Task) int { return forever(t) + left }).Attach(t)
				}
				return forever(t)
			}
		}
		member(t, s, "m", nest(s, depth-1))
		t.Sleep(10)
		if err := s.Close(t, 5); !Is(err, ErrScopeLate) {
			w.fatalf("close says %v", err)
		}
		return 0
	})
	w.wantCount(0, "panic")
}

// WaitForTokens is over while the count is zero: of a scope, of those below it, and of the root.
func TestWaitForTokens(t *testing.T) {
	w := newWorld(t, Limits{}, Options{})
	w.run(WaitForAllTasks, func(t *Task) int {
		s := w.open(t, "s", nil)
		below := w.open(t, "below", s)
		holder := func(d vclock.Duration) {
			Spawn(t, "holder", func(t *Task) int {
				var k Token
				below.Take(&k, t)
				k.Wait(t)
				t.Sleep(d)
				k.Release()
				return forever(t)
			}).Attach(t)
		}
		holder(20)
		holder(30)
		if err := s.WaitForTokens(t); err != nil || t.ex.Now() != 0 {
			w.fatalf("nobody has taken one: %v", err)
		}
		t.Sleep(10)
		stopped := Spawn(t, "cancelled", func(t *Task) error { return s.WaitForTokens(t) })
		future := SpawnFuture(t, "future", tokensGone(s))
		left := SpawnFuture(t, "left", tokensGone(s))
		t.Sleep(10)
		stopped.Cancel(t)
		left.Cancel(t)
		s.Trigger()
		if err := t.ex.RootScope().WaitForTokens(t); err != nil || t.ex.Now() != 50 {
			w.fatalf("%v at %d", err, t.ex.Now())
		}
		if _, err := future.Join(t); err != nil {
			w.fatalf("future: %v", err)
		}
		return 0
	})
}

func tokensGone(s *Scope) func(*Task) Poll {
	return (&TokensWait{Scope: s}).Poll
}
