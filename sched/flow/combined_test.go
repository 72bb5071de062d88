//go:build !tinygo

package flow_test

import (
	"testing"

	"github.com/tripoint-go/tripoint/sched"
	"github.com/tripoint-go/tripoint/sched/flow"
	"github.com/tripoint-go/tripoint/simtest"
	"github.com/tripoint-go/tripoint/vclock"
)

// triggers returns n triggers; the first fired of them have fired.
func triggers(ex *sched.Executor, n, fired int) []*flow.Trigger {
	gs := make([]*flow.Trigger, n)
	for i := range gs {
		gs[i] = new(flow.Trigger)
		gs[i].Init(ex, i < fired)
	}
	return gs
}

func flagsOf(gs []*flow.Trigger) []*sched.Flag {
	var fs []*sched.Flag
	for _, g := range gs {
		fs = append(fs, g.Flag())
	}
	return fs
}

// An Either fires with its first member, a Set with its last, whether they fire before or after they are added.
func TestEitherAndSetOfTriggers(t *testing.T) {
	script(t, func(w *simtest.World) {
		w.Run(sched.WaitForAllTasks, func(t *sched.Task) int {
			for n := range 4 {
				for before := range n + 1 {
					gs := triggers(w.Exec, n, before)
					any, err1 := flow.AnyOf(t, flagsOf(gs)...)
					all, err2 := flow.AllOf(t, flagsOf(gs)...)
					w.Assert(err1 == nil && err2 == nil, "flags are combined", "%v, %v", err1, err2)
					for i := before; i < n; i++ {
						w.Assert(any.IsCancelled() == (i > 0) && !all.IsCancelled(), "one is enough, all are needed", "%d of %d", i, n)
						gs[i].Fire()
					}
					w.Assert(any.IsCancelled() == (n > 0) && all.IsCancelled() == (n > 0), "one is enough, all are needed", "%d", n)
					any.Close()
					all.Close()
					w.Assert(any.IsCancelled() && all.IsCancelled() && any.Wait(t) == nil && all.Wait(t) == nil, "closed ones have fired", "")
				}
			}
			return 0
		})
	})
}

// What has fired takes no members, and no token depends on itself, however many are between (SC6).
func TestCombinedRejects(t *testing.T) {
	script(t, func(w *simtest.World) {
		w.Run(sched.WaitForAllTasks, func(t *sched.Task) int {
			gs := triggers(w.Exec, 2, 1)
			set, _ := flow.AllOf(t, gs[0].Flag())
			w.Assert(set.IsCancelled() && set.Add(gs[1].Flag()) == sched.ErrClosed && set.IsCancelled(), "a set latches", "")
			own, _ := flow.AllOf(t)
			w.Assert(own.Add(own.Flag()) == sched.ErrCycle, "a set is no member of itself", "")
			last := own.Flag()
			for range 50 {
				e, err := flow.AnyOf(t, last)
				s, err2 := flow.AllOf(t, e.Flag(), last)
				w.Assert(err == nil && err2 == nil, "a chain is no cycle", "%v, %v", err, err2)
				last = s.Flag()
			}
			w.Assert(own.Add(gs[1].Flag(), last) == sched.ErrCycle, "nor through others", "")
			w.Assert(own.Add(gs[1].Flag()) == nil, "what was rejected has left no trace", "")
			gs[1].Fire()
			w.Assert(last.IsCancelled(), "the chain fires as a whole", "")
			return 0
		})
	})
}

// Who waits for a combined token is woken when it fires, and when its owner ends; a wait that was given up leaves nothing.
func TestCombinedWaits(t *testing.T) {
	script(t, func(w *simtest.World) {
		w.Run(sched.WaitForAllTasks, func(t *sched.Task) int {
			s, _ := flow.OpenScope(t, "s", nil)
			g := triggers(w.Exec, 1, 0)[0]
			e, _ := flow.AnyOf(t, g.Flag(), s.Flag())
			late := &flow.Signalled{Flag: e.Flag()}
			w.Assert(flow.WithTimeout(t, 5, late) == sched.ErrTimeout, "nobody fires it", "")
			a := sched.Spawn(t, "waits", func(t *sched.Task) error { return e.Wait(t) })
			b := sched.Spawn(t, "cancelled", func(t *sched.Task) error { return e.Wait(t) })
			c := sched.Spawn(t, "future", func(t *sched.Task) error { return sched.Await(t, &flow.Signalled{Flag: e.Flag()}) })
			var owned *flow.Set
			owner := sched.Spawn(t, "owner", func(t *sched.Task) error {
				owned, _ = flow.AllOf(t, g.Flag())
				return t.Sleep(vclock.Hour)
			})
			t.Sleep(5)
			d := sched.Spawn(t, "waits for the owner's", func(t *sched.Task) error { return owned.Wait(t) })
			t.Sleep(5)
			owner.Cancel(t)
			err, _ := d.Join(t)
			w.Assert(err == nil && owned.IsCancelled() && !g.IsCancelled(), "a token fires when its owner ends, upwards nothing does", "%v", err)
			b.Cancel(t)
			w.Assert(s.Close(t, 0) == nil && !g.IsCancelled(), "a scope is a member", "")
			for _, h := range []*sched.Handle[error]{a, c} {
				err, jerr := h.Join(t)
				w.Assert(err == nil && jerr == nil, "who waits is told", "%v, %v", err, jerr)
			}
			w.Assert(s.Open(t, "s", nil) == nil && e.IsCancelled() && !s.IsCancelled(), "what a scope's last life has fired stays fired", "")
			return 0
		})
	})
}
