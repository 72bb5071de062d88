//go:build !tinygo

package tsync_test

import (
	"fmt"
	"testing"

	"github.com/tripoint-go/tripoint/sched"
	"github.com/tripoint-go/tripoint/sched/flow"
	"github.com/tripoint-go/tripoint/sched/tsync"
	"github.com/tripoint-go/tripoint/simtest"
	"github.com/tripoint-go/tripoint/vclock"
)

// rig is a read-write lock, and a mutex with a condition, with waits of all kinds.
type rig struct {
	rw   tsync.RWMutex[int]
	m    tsync.Mutex[int]
	c    tsync.Cond[int]
	wait tsync.LockWait
	read tsync.ReadGuard[int]
	cond tsync.CondWait
	u    tsync.UpgradeableGuard[int]
}

func (r *rig) init(ex *sched.Executor) {
	r.rw.Init(ex, "rw", 0)
	r.m.Init(ex, "m", 0)
	r.c.Init("c", &r.m)
}

// future returns the poll of a task that gets a hold of some kind, keeps it for two polls, and ends with it.
func (r *rig) future(kind string) func(t *sched.Task) sched.Poll {
	stage := 0
	keep := func(t *sched.Task) sched.Poll {
		if stage++; stage > 12 {
			return sched.Ready
		}
		t.YieldNow()
		return sched.Pending
	}
	return func(t *sched.Task) sched.Poll {
		if stage >= 10 {
			return keep(t)
		}
		switch {
		case stage == 0 && kind == "lock":
			r.rw.StartLock(&r.wait)
		case stage == 0 && kind == "read":
			r.rw.StartRead(&r.read)
		case stage == 0 && kind == "condition":
			r.m.StartLock(&r.wait)
		case stage == 0:
			r.rw.StartUpgradeable(&r.wait)
		}
		stage = max(stage, 1)
		if kind == "read" && r.read.Poll(t) == sched.Pending || stage == 2 && kind == "condition" && r.cond.Poll(t) == sched.Pending ||
			kind != "read" && r.wait.Poll(t) == sched.Pending {
			return sched.Pending
		}
		switch {
		case kind == "upgrade" && stage == 1:
			r.u = r.rw.Upgradeable(&r.wait)
			r.u.StartUpgrade(&r.wait)
		case kind == "condition" && stage == 1:
			p := r.m.Permit(&r.wait)
			g := p.Enter()
			r.c.StartWait(&r.cond, &g)
		default:
			stage = 9
		}
		stage++
		t.YieldNow()
		return sched.Pending
	}
}

// A future that is cancelled at any moment, also with a lock that was handed over to it and that it has not seen, leaves the
// lock to the others, and a notification that it was chosen for goes on (MU3, MU5, MU6, CH5).
func TestFuturesThatEnd(t *testing.T) {
	for _, kind := range []string{"lock", "read", "upgradeable", "upgrade", "condition"} {
		for delay := range 16 {
			t.Run(fmt.Sprintf("%s/delay=%d", kind, delay), func(t *testing.T) {
				script(t, func(w *simtest.World) {
					r := new(rig)
					r.init(w.Exec)
					got := 0
					w.Run(sched.WaitForAllTasks, func(t *sched.Task) int {
						sched.Spawn(t, "holds", func(t *sched.Task) int {
							p, _ := r.rw.Lock(t)
							yields(t, 2)
							u := p.Downgrade()
							var g tsync.ReadGuard[int]
							yields(t, 1)
							u.Share(&g)
							yields(t, 3)
							g.Release()
							return 0
						})
						victim := sched.SpawnFuture(t, "victim", r.future(kind))
						sched.Spawn(t, "reads", func(t *sched.Task) int {
							w.Assert(r.rw.WithRead(t, func(*int) { got++ }) == nil, "a reader behind it gets in", "")
							return 0
						})
						sched.Spawn(t, "writes", func(t *sched.Task) int {
							w.Assert(r.rw.With(t, func(*int) { got++ }) == nil, "a writer behind it gets in", "")
							return 0
						})
						sched.Spawn(t, "waits", func(t *sched.Task) int {
							t.Yield()
							p, _ := r.m.Lock(t)
							g := p.Enter()
							for *g.Value() < 2 {
								w.Assert(r.c.Wait(t, &g) == nil, "a waiter behind it is told", "")
							}
							g.Exit()
							got++
							return 0
						})
						sched.Spawn(t, "notifies", func(t *sched.Task) int {
							yields(t, 5)
							for range 2 {
								r.m.With(t, func(n *int) { *n++ })
								r.c.NotifyOne()
								yields(t, 3)
							}
							return 0
						})
						yields(t, delay)
						victim.Stop()
						return 0
					})
					w.AtEnd("everybody else got through", func() error {
						if got != 3 || r.rw.Poisoned() || r.m.Poisoned() {
							return fmt.Errorf("%d of 3, poisoned %t, %t", got, r.rw.Poisoned(), r.m.Poisoned())
						}
						return nil
					})
				})
			})
		}
	}
}

// An upgrade that is given up leaves the guard as it was, whether it had been granted meanwhile or not, and whoever waited
// for it gets in.
func TestUpgradeGivenUp(t *testing.T) {
	for leaves := range 8 { // when the other reader leaves, before, at and after the deadline
		script(t, func(w *simtest.World) {
			r := new(rig)
			r.init(w.Exec)
			w.Run(sched.WaitForAllTasks, func(t *sched.Task) int {
				reader := sched.Spawn(t, "reads", func(t *sched.Task) int {
					r.rw.WithRead(t, func(*int) {})
					var g tsync.ReadGuard[int]
					r.rw.ReadLock(t, &g)
					t.Sleep(vclock.Duration(leaves) * vclock.Millisecond)
					g.Release()
					return 0
				})
				t.Yield()
				u, _ := r.rw.ReadUpgradeable(t)
				late := sched.Spawn(t, "comes later", func(t *sched.Task) int { r.rw.WithRead(t, func(*int) {}); return 0 })
				u.StartUpgrade(&r.wait)
				if err := flow.WithTimeout(t, 4*vclock.Millisecond, &r.wait); err == nil {
					p := u.Permit(&r.wait)
					w.Assert(!late.Done(), "who comes later waits", "")
					p.Release()
				} else {
					w.Assert(err == sched.ErrTimeout && *u.Value() == 0, "the guard is valid as before", "%v", err)
					late.Join(t)
					u.Release()
				}
				late.Join(t)
				reader.Join(t)
				_, free := r.rw.TryLock(t)
				w.Assert(free, "the lock is free in the end", "")
				return 0
			})
		})
	}
}

// Close, poison and cancels reach a wait at every stage: registered, chosen, in line for the lock, with the lock in hand.
func TestCondAtEveryStage(t *testing.T) {
	for _, what := range []string{"close", "poison", "cancel", "timeout"} {
		for stage := range 4 {
			t.Run(fmt.Sprintf("%s/stage=%d", what, stage), func(t *testing.T) {
				script(t, func(w *simtest.World) {
					r := new(rig)
					r.init(w.Exec)
					w.Run(sched.WaitForAllTasks, func(t *sched.Task) int { return condStage(t, w, r, what, stage) })
				})
			})
		}
	}
}

func condStage(t *sched.Task, w *simtest.World, r *rig, what string, stage int) int {
	var result error
	second := false
	wait := func(t *sched.Task, first bool) error {
		p, _ := r.m.Lock(t)
		g := p.Enter()
		if !first || what != "timeout" {
			if err := r.c.Wait(t, &g); err != nil {
				return err
			}
		} else {
			r.c.StartWait(&r.cond, &g)
			if err := flow.WithTimeout(t, vclock.Second, &r.cond); err != nil {
				return err
			}
			if err := r.cond.Err(); err != nil {
				return err
			}
			g = r.c.Guard(&r.cond)
		}
		g.Exit()
		return nil
	}
	h := sched.Spawn(t, "waits", func(t *sched.Task) int { result = wait(t, true); return 0 })
	t.Yield()
	other := sched.Spawn(t, "waits behind", func(t *sched.Task) int { second = wait(t, false) == nil; return 0 })
	t.Yield()
	p, _ := r.m.Lock(t)
	if stage > 0 {
		r.c.NotifyOne()
	}
	if stage > 1 {
		t.Yield() // it is in line for the lock
	}
	held := stage == 3 && what != "poison"
	if held {
		p.Release() // handed over, and not polled since
	}
	switch what {
	case "close":
		r.c.Close()
	case "poison":
		g := p.Enter()
		g.Release()
	case "cancel":
		h.Stop()
	case "timeout":
		t.Sleep(2 * vclock.Second)
	}
	if !held && what != "poison" {
		t.Yield()
		p.Release()
	}
	h.Join(t)
	want := map[string]error{"close": sched.ErrClosed, "poison": sched.ErrPoisoned, "cancel": sched.ErrCancelled, "timeout": sched.ErrTimeout}[what]
	if stage > 0 && what == "close" || stage == 3 && what == "timeout" {
		want = nil // it was told before
	}
	w.Assert(result == want, "the wait ends as it must", "%s at stage %d: %v, want %v", what, stage, result, want)
	if what == "cancel" || what == "timeout" {
		if stage == 0 || want == nil {
			r.c.NotifyOne()
		}
		other.Join(t)
		w.Assert(second, "a notification of one goes on to the next", "%s at stage %d", what, stage)
	}
	other.Join(t)
	w.Assert(r.m.Poisoned() == (what == "poison"), "only the poisoner poisons", "%s at stage %d", what, stage)
	return 0
}

// What is used up or not for this is refused: guards of all kinds, records and waits that are in use (MU1, MU5, MU6, AV1).
func TestLocksRefuse(t *testing.T) {
	script(t, func(w *simtest.World) {
		r := new(rig)
		r.init(w.Exec)
		var other tsync.Mutex[int]
		var sm tsync.SyncMutex[int]
		other.Init(w.Exec, "other", 0)
		sm.Init(w.Exec, 0)
		w.Run(sched.WaitForAllTasks, func(t *sched.Task) int {
			u, _ := r.m.ReadExclusive(t)
			v := u
			p, _ := u.Upgrade(t)
			wantPanic(w, "MU1", "a copy of an upgraded guard", func() { v.Upgrade(t) })
			wantPanic(w, "MU1", "the value of such a copy", func() { v.Value() })
			wantPanic(w, "MU1", "an upgraded guard", func() { u.Upgrade(t) })
			v.Release() // does nothing
			g := p.Enter()
			wantPanic(w, "AV1", "a wait with a guard of another mutex", func() {
				q, _ := other.Lock(t)
				h := q.Enter()
				defer h.Exit()
				r.c.Wait(t, &h)
			})
			d := g.Downgrade()
			wantPanic(w, "MU1", "a downgraded guard", g.Exit)
			wantPanic(w, "AV1", "a wait with a downgraded guard", func() { r.c.Wait(t, &g) })
			d.Release()
			d.Release()

			wantPanic(w, "AV1", "a second Init of a condition", func() { r.c.Init("again", &r.m) })

			r.rw.ReadLock(t, &r.read)
			wantPanic(w, "MU5", "a record in use", func() { r.rw.StartRead(&r.read) })
			w.Assert(!r.rw.Poisoned() && *r.read.Value() == 0, "it still is a guard", "")
			reader := sched.Spawn(t, "upgrades", func(t *sched.Task) int {
				u, _ := r.rw.ReadUpgradeable(t)
				u.StartUpgrade(&r.wait)
				w.Assert(r.wait.Poll(t) == sched.Pending, "an upgrade waits for a reader", "")
				wantPanic(w, "MU6", "a second upgrade", func() { u.Upgrade(t) })
				wantPanic(w, "MU6", "a release in the middle of it", u.Release)
				wantPanic(w, "MU6", "a share in the middle of it", func() { u.Share(new(tsync.ReadGuard[int])) })
				wantPanic(w, "MU4", "a wait that is under way", func() { r.rw.StartLock(&r.wait) })
				wantPanic(w, "MU1", "a permit before it is Ready", func() { u.Permit(&r.wait) })
				wantPanic(w, "MU1", "a lock by the upgradeable reader", func() { r.rw.Lock(t) })
				r.wait.Abandon(t)
				u.Release()
				return 0
			})
			reader.Join(t)
			r.read.Release()
			r.read.Release()
			wantPanic(w, "MU1", "the value of a released guard", func() { r.read.Value() })

			sm.Apply(t, func(*int) {
				wantPanic(w, "MU7", "an apply inside", func() { sm.Apply(t, func(*int) {}) })
				wantPanic(w, "MU7", "a read inside", func() { sm.Read(t) })
			})
			w.Assert(sm.Read(t) == 0, "the section is over", "")
			return 0
		})
	})
}
