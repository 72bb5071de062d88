//go:build !tinygo

package sched

import (
	"testing"

	"github.com/tripoint-go/tripoint/vclock"
)

func member(t *Task, s *Scope, name string, body func(*Task) int) *Handle[int] {
	return SpawnWith(t, name, SpawnOptions{Scope: s}, body)
}

func TestScopeCloseCancelsNewestFirst(t *testing.T) {
	w := newWorld(t, Limits{}, Options{})
	w.run(WaitForAllTasks, func(t *Task) int {
		var s Scope
		s.Open(t, "s", nil)
		a := member(t, &s, "a", forever)
		member(t, &s, "b", func(t *Task) int { t.Sleep(50); return 1 })
		d := member(t, &s, "detached", func(t *Task) int { t.Sleep(200); return 1 })
		c := member(t, &s, "c", forever)
		t.Sleep(10)
		d.Detach()
		if err := s.Close(t, 100); !Is(err, ErrScopeLate) {
			return -200
		}
		if member(t, &s, "late", forever).Err() != ErrClosed || d.Done() {
			return -201
		}
		if _, err := a.Join(t); err != ErrNoValue {
			return -202
		}
		if _, ok, err := c.Cancel(t); ok || err != nil {
			return -203
		}
		return 0
	})
	w.wantOrder("scopeclose s=2 grace=100", "trigger k=2 why=close", "idle until=110", "cancelreq t=5 why=handle",
		"cancelreq t=2 why=handle", "scope- s=2")
	w.wantCount(2, "cancelreq")
}

func TestScopeCloseWithinTheGrace(t *testing.T) {
	w := newWorld(t, Limits{}, Options{})
	w.run(WaitForAllTasks, func(t *Task) int {
		var s Scope
		s.Open(t, "s", nil)
		member(t, &s, "polite", func(t *Task) int {
			var k Token
			s.Take(&k, t)
			k.Wait(t)
			t.Sleep(20)
			return 1
		})
		t.Sleep(10)
		if err := s.Close(t, 100); err != nil || t.ex.Now() != 30 {
			return -200
		}
		return 0
	})
	w.wantCount(0, "cancelreq")
	w.wantCount(1, "timer-")
}

// The grace of a close also waits for tokens that nobody in the scope holds, and ends early when they are released.
func TestScopeCloseWaitsForTokens(t *testing.T) {
	for hold, want := range map[vclock.Duration]vclock.Instant{30: 30, 500: 110} {
		w := newWorld(t, Limits{}, Options{})
		w.run(WaitForAllTasks, func(t *Task) int {
			var s Scope
			s.Open(t, "s", nil)
			Spawn(t, "holder", func(t *Task) int {
				var k Token
				s.Take(&k, t)
				t.Sleep(hold)
				return 0
			})
			t.Sleep(10)
			if err := s.Close(t, 100); Is(err, ErrScopeLate) != (hold > 100) || w.be.now != want {
				return -200
			}
			t.Sleep(1000)
			return 0
		})
	}
}

// SC5, SC3: the owner's end waits for the scope, its members and its child scopes.
func TestOwnerEndsWithOpenScopes(t *testing.T) {
	for _, how := range []string{"ready", "cancelled"} {
		w := newWorld(t, Limits{}, Options{})
		w.be.stubborn = true
		w.run(WaitForAllTasks, func(t *Task) int {
			o := Spawn(t, "owner", func(t *Task) int {
				var s, c Scope
				s.Open(t, "s", nil)
				c.Open(t, "c", &s)
				member(t, &s, "a", forever)
				member(t, &c, "b", read(1))
				t.Sleep(10)
				if how == "cancelled" {
					t.Sleep(vclock.Hour)
				}
				return 1
			})
			t.Sleep(20)
			o.Stop()
			t.Sleep(20)
			if o.Done() {
				return -200 // the read of b is still in flight
			}
			w.be.finish(1, 3)
			o.Join(t)
			return 0
		})
		w.wantOrder("drop+ t=2", "scopeclose s=3 grace=0", "cancelreq t=4", "scopeclose s=2 grace=0", "cancelreq t=3", "drop- t=3",
			"cqe o=0.1", "drop- t=4", "scope- s=3", "scope- s=2", "drop- t=2")
	}
}

// The owner ends while somebody else closes the scope, and while the closer is cancelled.
func TestOwnerEndsWhileAnotherCloses(t *testing.T) {
	for _, cancelCloser := range []bool{false, true} {
		w := newWorld(t, Limits{}, Options{})
		var s Scope
		w.run(WaitForAllTasks, func(t *Task) int {
			o := Spawn(t, "owner", func(t *Task) int {
				s.Open(t, "s", nil)
				member(t, &s, "a", forever)
				t.Sleep(50)
				return 1
			})
			t.Sleep(10)
			c := Spawn(t, "closer", func(t *Task) int { s.Close(t, vclock.Second); return 0 })
			second := Spawn(t, "second", func(t *Task) int {
				if s.Close(t, 0) != ErrClosed {
					return -200
				}
				return 0
			})
			t.Sleep(10)
			if cancelCloser {
				c.Cancel(t)
			}
			o.Join(t)
			c.Join(t)
			v, _ := second.Join(t)
			return v
		})
		w.wantCount(1, "scope- s=2")
	}
}

// An abandoned join of a member cancels nobody: the scope owns the handle (SC4).
func TestAbandonedJoinOfAMember(t *testing.T) {
	w := newWorld(t, Limits{}, Options{})
	w.run(WaitForAllTasks, func(t *Task) int {
		var s Scope
		s.Open(t, "s", nil)
		m := member(t, &s, "m", func(t *Task) int { t.Sleep(100); return 5 })
		j := Spawn(t, "joiner", func(t *Task) int { m.Join(t); return 0 })
		t.Sleep(10)
		j.Cancel(t)
		if v, err := m.Join(t); v != 5 || err != nil {
			return -200
		}
		return 0
	})
	w.wantCount(1, "cancelreq")
}

// SC1, SC2: triggers go down, never up or sideways; later children and tokens read fired (SD2).
func TestTriggerGoesDown(t *testing.T) {
	w := newWorld(t, Limits{}, Options{})
	w.run(WaitForAllTasks, func(t *Task) int {
		var a, b, c, d Scope
		var k Token
		a.Open(t, "a", nil)
		b.Open(t, "b", &a)
		c.Open(t, "c", &b)
		d.Open(t, "d", &a)
		b.Trigger()
		b.Trigger()
		if a.IsCancelled() || !b.IsCancelled() || !c.IsCancelled() || d.IsCancelled() || t.ex.RootScope().IsCancelled() {
			return -200
		}
		var late Scope
		late.Open(t, "late", &c)
		c.Take(&k, t)
		if !late.IsCancelled() || !k.IsCancelled() || k.Wait(t) != nil {
			return -201
		}
		k.Release()
		k.Release()
		return 0
	})
	w.wantCount(0, "cancelreq")
	w.wantCount(1, "trigger k=3 why=api")
}

// A token is released, or its holder ends, while another task waits on it: a released token reads fired.
func TestTokenReleasedWhileWaitedFor(t *testing.T) {
	w := newWorld(t, Limits{}, Options{})
	var k Token
	w.run(WaitForAllTasks, func(t *Task) int {
		Spawn(t, "holder", func(t *Task) int {
			t.ex.RootScope().Take(&k, t)
			t.Sleep(50)
			return 0
		})
		yields(t, 1)
		h := Spawn(t, "waiter", func(t *Task) int { k.Wait(t); return 0 })
		t.Sleep(100)
		if !h.Done() {
			return -200
		}
		return 0
	})
}

// mustPanic returns the text of the panic of f.
func mustPanic(f func()) (text any) {
	defer func() { text = recover() }()
	f()
	return nil
}

func TestScopeMisuse(t *testing.T) {
	w := newWorld(t, Limits{}, Options{})
	w.run(WaitForAllTasks, func(t *Task) int {
		var s Scope
		var k Token
		s.Open(t, "s", nil)
		s.Take(&k, t)
		for i, f := range []func(){
			func() { t.ex.RootScope().Close(t, 0) },
			func() { new(Scope).Close(t, 0) },
			func() { s.Open(t, "s", nil) },
			func() { s.Take(&k, t) },
			func() { s.Close(t, 0); s.Open(t, "again, with a token of its last life", nil) },
		} {
			if mustPanic(f) == nil {
				return -200 - i
			}
		}
		k.Release()
		if s.Open(t, "again", nil) != nil || s.Close(t, 0) != nil {
			return -300
		}
		return 0
	})
}

// A member that the scope cancels and that then gives up its own handle stays a member until it has ended (SC3).
func TestMemberDetachesInItsTeardown(t *testing.T) {
	w := newWorld(t, Limits{}, Options{})
	w.be.stubborn = true
	w.run(WaitForAllTasks, func(t *Task) int {
		var s Scope
		s.Open(t, "s", nil)
		var h *Handle[int]
		h = member(t, &s, "m", func(t *Task) int {
			defer func() { h.Detach() }()
			return read(1)(t)
		})
		t.Sleep(10)
		w.be.finishAt(50, 1, 3)
		s.Close(t, 0)
		return 0
	})
	w.wantOrder("cancelreq t=2", "drop+ t=2", "cqe o=0.1", "drop- t=2", "scope- s=2")
}
