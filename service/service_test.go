//go:build !tinygo

package service_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/tripoint-go/tripoint/backend/sim"
	"github.com/tripoint-go/tripoint/sched"
	"github.com/tripoint-go/tripoint/sched/flow"
	"github.com/tripoint-go/tripoint/service"
	"github.com/tripoint-go/tripoint/simtest"
	"github.com/tripoint-go/tripoint/vclock"
)

// script runs body once as the root of Main, on the zero tape: tasks are polled first in, first out, and nothing misbehaves.
func script(t *testing.T, body func(w *simtest.World, t *sched.Task)) {
	t.Helper()
	simtest.Run(t, func(w *simtest.World) {
		w.Main(sched.DetachTasks, func(t *sched.Task) int { body(w, t); return 0 })
	}, simtest.Strategy("zero"), simtest.Faults("none"), simtest.Seeds("1"), simtest.In(simtest.Config{Single: true}))
}

var errBroken = errors.New("disk full")

// must starts a service that is ready at once, takes a while to stop once it is told to, and returns err then.
func must(t *sched.Task, name string, stop vclock.Duration, err error, needs ...*service.Resource) *service.Resource {
	r, failed := service.Start(t, name, func(t *sched.Task, s *service.Self) error {
		s.Ready()
		if err := s.Token().Wait(t); err != nil {
			return err
		}
		t.Sleep(stop)
		return err
	}, needs...)
	if failed != nil {
		panic(failed)
	}
	return r
}

func newRoot(t *sched.Task, grace vclock.Duration, members ...*service.Resource) *service.Root {
	root, err := service.NewRoot(t, "root", grace)
	if err != nil {
		panic(err)
	}
	for _, m := range members {
		if err := root.Add(m); err != nil {
			panic(err)
		}
	}
	return root
}

// The states of a resource are those of its body, and it is told to stop when its last owner has left.
func TestTaskResource(t *testing.T) {
	for _, want := range []error{nil, errBroken} {
		script(t, func(w *simtest.World, t *sched.Task) {
			r, err := service.Start(t, "a", func(t *sched.Task, s *service.Self) error {
				t.Sleep(10)
				s.Set(service.TemporaryFailure, "no connection")
				t.Sleep(10)
				s.Ready()
				s.Token().Wait(t)
				t.Sleep(10)
				s.Set(service.Ready, "still here")
				t.Sleep(10)
				return want
			})
			w.Assert(err == nil, "it starts", "%v", err)
			at := func(now vclock.Instant, state service.State, message string) {
				t.Sleep(now.Sub(w.Kernel.Now()))
				p := r.Report()
				w.Assert(p.State == state && p.Message == message, "the body says what it does", "at %d: %v %q", now, p.State, p.Message)
			}
			at(5, service.Loading, "")
			at(15, service.TemporaryFailure, "no connection")
			w.Assert(r.WaitReady(t) == nil && w.Kernel.Now() == 20, "WaitReady returns when it is ready", "at %d", w.Kernel.Now())
			at(25, service.Ready, "")
			other := r.Own(t)
			r.Release()
			r.Release()
			at(26, service.Ready, "")
			other.Release()
			at(27, service.Stopping, "")
			at(37, service.Stopping, "still here")
			err = r.WaitDone(t)
			var failed *service.FailedError
			w.Assert(w.Kernel.Now() == 46 && (want == nil && err == nil || errors.As(err, &failed) && failed.Name == "a" && errors.Is(err, want)),
				"the end is that of the body", "at %d: %v", w.Kernel.Now(), err)
			if want != nil {
				w.Assert(err.Error() == `service "a" failed: disk full`, "it names itself", "%v", err)
			}
			w.Assert(r.AddToken(t.Executor().RootScope().Flag()) == sched.ErrClosed, "then it takes no tokens", "")
		})
	}
}

// All tokens have to fire; releasing the last owner adds one that has fired.
func TestTokensOfOwners(t *testing.T) {
	script(t, func(w *simtest.World, t *sched.Task) {
		r := must(t, "a", 0, nil)
		var a, b flow.Trigger
		a.Init(t.Executor(), false)
		b.Init(t.Executor(), false)
		w.Assert(r.AddToken(a.Flag()) == nil && r.AddToken(b.Flag()) == nil, "two owners", "")
		a.Fire()
		r.Release()
		t.Yield()
		w.Assert(r.State() == service.Ready, "one owner needs it", "%v", r.State())
		b.Fire()
		w.Assert(r.State() == service.Stopping, "nobody does", "%v", r.State())
		w.Assert(r.WaitDone(t) == nil, "it is done", "")
		w.Assert(r.WaitReady(t) == sched.ErrClosed, "and will not be ready", "")
	})
}

// The token cancels the body of an interruptible resource, wherever it is; a body that finishes first counts; its failure, too.
func TestInterruptible(t *testing.T) {
	for _, tc := range []struct {
		name  string
		after vclock.Duration // of the stop; -1: never
		body  error
		want  error
		at    vclock.Instant
	}{
		{"before it starts", 0, nil, nil, 0},
		{"in the middle", 10, errBroken, nil, 10},
		{"at the same time", 50, errBroken, errBroken, 50},
		{"too late", 80, errBroken, errBroken, 80},
		{"never", -1, nil, nil, 50},
	} {
		t.Run(tc.name, func(t *testing.T) {
			script(t, func(w *simtest.World, t *sched.Task) {
				cut := false
				r, err := service.StartInterruptible(t, "a", func(t *sched.Task, s *service.Self) error {
					if t.Sleep(50) != nil {
						cut = true
						return errors.New("the error of a body that was cancelled is nobody's")
					}
					return tc.body
				})
				w.Assert(err == nil, "it starts", "%v", err)
				if tc.after >= 0 {
					if tc.after > 0 {
						t.Sleep(tc.after)
					}
					r.Release()
				}
				err = r.WaitDone(t)
				w.Assert(errors.Is(err, tc.want) && (tc.want != nil || err == nil) && w.Kernel.Now() == tc.at, "the first one counts",
					"%v at %d", err, w.Kernel.Now())
				w.Assert(cut == (tc.at == 10), "the body is cut in the middle only", "%t", cut)
			})
		})
	}
}

// Dependencies stop in the opposite order of the needs; what a member leaves behind is waited for.
func TestOrderOfStopping(t *testing.T) {
	script(t, func(w *simtest.World, t *sched.Task) {
		db := must(t, "db", 10, nil)
		cache := must(t, "cache", 10, nil, db)
		web := must(t, "web", 10, nil, cache, db)
		root := newRoot(t, vclock.Second, web)
		w.Assert(root.WaitReady(t) == nil, "all are ready", "")
		root.Stop()
		root.Stop()
		for _, want := range []string{"web stopping, cache ready, db ready", "web done, cache stopping, db ready", "web done, cache done, db stopping"} {
			t.Sleep(5)
			got := fmt.Sprintf("web %v, cache %v, db %v", web.State(), cache.State(), db.State())
			w.Assert(got == want, "they stop in order", "%s, want %s", got, want)
			t.Sleep(5)
		}
		w.Assert(root.Wait(t) == nil && w.Kernel.Now() == 30, "the root waits for all", "at %d", w.Kernel.Now())
		w.Assert(root.Wait(t) == nil && root.State() == service.Done, "again", "")
	})
}

// A stop before any body has run: what is needed from the start outlives who needs it all the same, and nothing has failed.
func TestStopBeforeBodiesRun(t *testing.T) {
	simtest.Run(t, func(w *simtest.World) {
		w.Main(sched.DetachTasks, func(t *sched.Task) int {
			db := must(t, "db", 10, nil)
			cache := must(t, "cache", 10, nil, db)
			web := must(t, "web", 10, nil, cache)
			root := newRoot(t, vclock.Second, web)
			root.Stop()
			err := root.Wait(t)
			w.Assert(err == nil && db.State() == service.Done, "all stop in order", "%v, db %v", err, db.State())
			return 0
		})
	}, simtest.Seeds("1-100"), simtest.Faults("swarm"))
}

// The first failure is the result, however the others end, under the name of who failed; they are told to stop and have time.
func TestFirstFailureIsTheResult(t *testing.T) {
	script(t, func(w *simtest.World, t *sched.Task) {
		db := service.New(t, "db")
		web := must(t, "web", 10, errors.New("second failure"), db.Resource())
		log := must(t, "log", 20, nil)
		group, err := service.NewGroup(t, "front", web, log)
		w.Assert(err == nil, "a group", "%v", err)
		root := newRoot(t, vclock.Second, group)
		t.Sleep(5)
		w.Assert(root.Overall() == service.Loading && root.State() == service.Ready, "a tree is as ready as its worst", "%v", root.Overall())
		db.Ready()
		w.Assert(root.WaitReady(t) == nil, "all are ready", "")
		db.End(errBroken)
		w.Assert(root.State() == service.Stopping && web.State() == service.Stopping && log.State() == service.Stopping, "the others are told at once", "")
		p := root.Report()
		w.Assert(p.Overall() == service.PermanentFailure && p.Cause().Name == "db" && p.Cause().Message == "disk full", "the report names who failed", "%+v", p.Cause())
		w.Assert(root.Add(must(t, "late", 0, nil)) == sched.ErrClosed, "a root that stops takes nobody", "")
		var failed *service.FailedError
		err = root.WaitReady(t)
		w.Assert(errors.As(err, &failed) && failed.Name == "db" && w.Kernel.Now() == 5, "it will not be ready", "%v", err)
		err = root.Wait(t)
		w.Assert(errors.As(err, &failed) && failed.Name == "db" && errors.Is(err, errBroken) && failed.Left == nil && w.Kernel.Now() == 25,
			"the first failure is the result, after the others", "%v at %d", err, w.Kernel.Now())
		err = group.WaitDone(t)
		w.Assert(errors.As(err, &failed) && failed.Name == "db", "that of the group, too", "%v", err)
		p = group.Report()
		w.Assert(p.State == service.PermanentFailure && p.Name == "front" && p.Cause().Name == "db", "its last report keeps the cause", "%+v", p.Cause())
	})
}

// Two fail at once: the first one counts. A failure during the drain counts, if it is the first.
func TestFailuresWhileStopping(t *testing.T) {
	script(t, func(w *simtest.World, t *sched.Task) {
		a, b := service.New(t, "a"), service.New(t, "b")
		root := newRoot(t, vclock.Second, a.Resource(), b.Resource())
		b.End(errors.New("first"))
		a.End(errors.New("second"))
		err := root.Wait(t)
		w.Assert(err.Error() == `service "b" failed: first`, "the first one counts", "%v", err)
	})
	script(t, func(w *simtest.World, t *sched.Task) {
		root := newRoot(t, vclock.Second, must(t, "a", 10, nil), must(t, "b", 20, errBroken), must(t, "c", 30, errors.New("later")))
		t.Sleep(5)
		root.Stop()
		err := root.Wait(t)
		w.Assert(err.Error() == `service "b" failed: disk full` && w.Kernel.Now() == 35, "a failure during the drain counts", "%v at %d", err, w.Kernel.Now())
	})
}

// A grace that runs out names those who did not stop, and not those who only wait for them.
func TestStopTimeoutNamesWhoDidNotStop(t *testing.T) {
	script(t, func(w *simtest.World, t *sched.Task) {
		db := must(t, "db", 10, nil)
		web := must(t, "web", vclock.Hour, nil, db)
		slow := must(t, "slow", vclock.Hour, nil)
		root := newRoot(t, 100, web, slow)
		t.Sleep(5)
		root.Stop()
		t.Sleep(50) // the grace counts from the reason to stop
		err := root.Wait(t)
		var late *service.StopTimeoutError
		w.Assert(errors.As(err, &late) && slices.Equal(late.Left, []string{"slow", "web"}) && w.Kernel.Now() == 105, "who was late is named", "%v at %d", err, w.Kernel.Now())
		w.Assert(err.Error() == `service: not stopped within 100ns: "slow", "web"`, "in the text", "%v", err)
		w.Assert(root.Wait(t).Error() == err.Error() && root.State() == service.PermanentFailure, "again", "")
		w.Assert(db.State() == service.Ready && web.State() == service.Stopping, "they go on", "")
	})
	script(t, func(w *simtest.World, t *sched.Task) {
		bad := service.New(t, "bad")
		root := newRoot(t, 100, must(t, "slow", vclock.Hour, nil), bad.Resource())
		t.Sleep(5)
		bad.End(errBroken)
		err := root.Wait(t)
		var failed *service.FailedError
		w.Assert(errors.As(err, &failed) && failed.Name == "bad" && slices.Equal(failed.Left, []string{"slow"}) && w.Kernel.Now() == 105,
			"a failure is the result although the grace was too short", "%v at %d", err, w.Kernel.Now())
		w.Assert(strings.HasSuffix(err.Error(), `disk full; still running: "slow"`), "the text names both", "%v", err)
	})
	script(t, func(w *simtest.World, t *sched.Task) {
		held := must(t, "held", 0, nil)
		var owner flow.Trigger
		owner.Init(t.Executor(), false)
		held.AddToken(owner.Flag())
		root := newRoot(t, 0, held)
		root.Stop()
		var late *service.StopTimeoutError
		err := root.Wait(t)
		w.Assert(errors.As(err, &late) && slices.Equal(late.Left, []string{"held"}), "who was not told is named if nobody else is late", "%v", err)
	})
}

// A root ends by itself: without members at once, with members when they have ended; a stop before the start reaches everybody.
func TestRootEndsByItself(t *testing.T) {
	script(t, func(w *simtest.World, t *sched.Task) {
		root := newRoot(t, vclock.Second)
		w.Assert(root.Wait(t) == nil, "a root without members is done", "")
		root = newRoot(t, vclock.Second)
		quick := service.New(t, "quick")
		quick.End(nil)
		w.Assert(root.Add(quick.Resource()) == nil && root.State() == service.Ready, "what is done is no reason to stop", "")
		long, err := service.Start(t, "long", func(t *sched.Task, s *service.Self) error { return t.Sleep(40) })
		w.Assert(err == nil && root.Add(long) == nil && root.Wait(t) == nil && w.Kernel.Now() == 40, "all ended by themselves", "at %d", w.Kernel.Now())
		root = newRoot(t, vclock.Second)
		broken := service.New(t, "broken")
		broken.End(errBroken)
		w.Assert(root.Add(broken.Resource()) == nil, "what has failed is a member", "")
		err = root.Wait(t)
		w.Assert(errors.Is(err, errBroken), "and the result", "%v", err)
	})
	script(t, func(w *simtest.World, t *sched.Task) {
		t.Executor().RootScope().Trigger()
		root, err := service.NewRoot(t, "root", vclock.Second)
		w.Assert(err == nil && root.State() == service.Done, "a root of a program that stops", "%v", err)
		r := must(t, "a", 0, nil)
		w.Assert(root.Add(r) == sched.ErrClosed && root.Wait(t) == nil, "takes nobody", "")
		r.Release()
		w.Assert(r.WaitDone(t) == nil, "stop before the start", "")
	})
}

// A signal stops a tree, and Main waits for the token that the root holds.
func TestSignalStopsTheTree(t *testing.T) {
	simtest.Run(t, func(w *simtest.World) {
		const sigterm = 15
		w.Kernel.SignalAt(sigterm, vclock.Instant(10*vclock.Millisecond))
		stopped := false
		w.Main(sched.DetachTasks, func(t *sched.Task) int {
			sched.Spawn(t, "holder", func(t *sched.Task) int {
				root := newRoot(t, 200*vclock.Millisecond, must(t, "a", 50*vclock.Millisecond, nil))
				stopped = root.Wait(t) == nil
				return 0
			})
			t.Sleep(20 * vclock.Millisecond)
			return 0
		})
		w.AtEnd("the exit waits for the root resource", func() error {
			if !stopped {
				return errors.New("it was cut off")
			}
			return nil
		})
	}, simtest.Strategy("zero"), simtest.Faults("none"), simtest.Seeds("1"), simtest.In(simtest.Config{Single: true}))
}

// What cannot be registered.
func TestRegistrationRejects(t *testing.T) {
	script(t, func(w *simtest.World, t *sched.Task) {
		a, b, c := service.New(t, "a"), service.New(t, "b"), service.New(t, "c")
		w.Assert(a.Depend(b.Resource()) == nil && b.Depend(c.Resource()) == nil, "a chain", "")
		w.Assert(a.Depend(a.Resource()) == sched.ErrCycle && c.Depend(a.Resource()) == sched.ErrCycle, "cycles are rejected", "")
		stopping := must(t, "stopping", vclock.Hour, nil)
		stopping.Release()
		w.Assert(a.Depend(stopping) == sched.ErrClosed, "what was told to stop cannot be needed", "")
		_, err := service.NewGroup(t, "g", a.Resource(), stopping)
		w.Assert(err == sched.ErrClosed, "nor be a member", "%v", err)
		never := func(*sched.Task, *service.Self) error { panic("it does not start") }
		_, err = service.Start(t, "d", never, a.Resource(), stopping)
		w.Assert(err == sched.ErrClosed, "nor be needed from the start", "%v", err)
		c.End(errBroken)
		_, err = service.StartInterruptible(t, "e", never, c.Resource())
		w.Assert(errors.Is(err, errBroken), "nor what has failed", "%v", err)
		var failed *service.FailedError
		w.Assert(errors.As(a.Depend(c.Resource()), &failed) && failed.Name == "c", "what has failed cannot be needed", "")
		w.Assert(b.Resource().Overall() == service.PermanentFailure && b.Resource().State() == service.Loading, "but who needed it goes on", "")
		b.End(nil)
		w.Assert(a.Resource().Overall() == service.Loading, "and takes it along", "%v", a.Resource().Overall())
		w.Assert(a.Depend(b.Resource()) == sched.ErrClosed && b.Depend(a.Resource()) == sched.ErrClosed, "what is done is out of reach", "")
		empty, err := service.NewGroup(t, "empty")
		w.Assert(err == nil && empty.WaitDone(t) == nil, "an empty group is done", "%v", err)
	})
	other := elsewhere()
	script(t, func(w *simtest.World, t *sched.Task) {
		a := service.New(t, "a")
		a.End(nil)
		root := newRoot(t, 0)
		for name, f := range map[string]func(){
			"MT3: a resource ends once": func() { a.End(nil) },
			"MT3: a terminal state":     func() { a.Ready() },
			"MT3: a resource says":      func() { a.Set(service.Done, "") },
			"SD7: a root is below":      func() { _ = service.New(t, "b").Depend(&root.Resource) },
			"SC6: a token is a flag":    func() { _ = a.Resource().AddToken(nil) },
			"SD1: resources":            func() { _ = other.Depend(a.Resource()) },
		} {
			got := fmt.Sprint(recovered(f))
			w.Assert(strings.HasPrefix(got, "service: "+name), "programmer errors panic", "%s, want %s", got, name)
		}
	})
}

func recovered(f func()) (v any) {
	defer func() { v = recover() }()
	f()
	return nil
}

// elsewhere returns a resource of another executor.
func elsewhere() (s *service.Self) {
	ex := sched.New(sched.Limits{}, sched.Options{Backend: sim.New(sim.Options{})})
	defer ex.Close()
	_, _ = sched.Run(ex, sched.WaitForAllTasks, func(t *sched.Task) int { s = service.New(t, "elsewhere"); return 0 })
	return s
}

// A body that panics ends the run, under its name.
func TestPanickingBodies(t *testing.T) {
	start := map[string]func(*sched.Task, string, func(*sched.Task, *service.Self) error, ...*service.Resource) (*service.Resource, error){
		"graceful": service.Start, "interruptible": service.StartInterruptible,
	}
	for name, start := range start {
		t.Run(name, func(t *testing.T) {
			ex := sched.New(sched.Limits{}, sched.Options{Backend: sim.New(sim.Options{})})
			defer ex.Close()
			_, err := sched.Main(ex, sched.DetachTasks, func(t *sched.Task) error {
				r, err := start(t, "bad", func(*sched.Task, *service.Self) error { panic("bad luck") })
				if err != nil {
					return err
				}
				root := newRoot(t, vclock.Second, r)
				return root.Wait(t)
			})
			var p *sched.PanicError
			if !errors.As(err, &p) || p.Name != "bad" || p.Value != "bad luck" {
				t.Errorf("the run ends with %v, want the panic of the body", err)
			}
		})
	}
}

// A task table that is full.
func TestStartWithoutRoom(t *testing.T) {
	ex := sched.New(sched.Limits{Tasks: 2}, sched.Options{Backend: sim.New(sim.Options{})})
	defer ex.Close()
	_, err := sched.Run(ex, sched.WaitForAllTasks, func(t *sched.Task) error {
		r, err := service.StartInterruptible(t, "a", func(*sched.Task, *service.Self) error { return nil })
		if err != nil {
			return err
		}
		if _, err = service.Start(t, "b", func(*sched.Task, *service.Self) error { return nil }); err != sched.ErrTasksFull {
			return fmt.Errorf("a third task: %v", err)
		}
		if err = r.WaitDone(t); !errors.Is(err, sched.ErrTasksFull) {
			return fmt.Errorf("a body without room: %v", err)
		}
		return nil
	})
	if err != nil {
		t.Error(err)
	}
}

// What lives long does not collect what lived briefly below it.
func TestDoneMembersAreForgotten(t *testing.T) {
	script(t, func(w *simtest.World, t *sched.Task) {
		root := newRoot(t, vclock.Second)
		for range 100 {
			s := service.New(t, "brief")
			w.Assert(root.Add(s.Resource()) == nil, "it joins", "")
			s.End(nil)
		}
		w.Assert(len(root.Report().Below) == 0, "nothing is left of it", "%d are", len(root.Report().Below))
	})
}
