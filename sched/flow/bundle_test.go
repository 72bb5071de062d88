//go:build !tinygo

package flow_test

import (
	"errors"
	"fmt"
	"testing"

	"github.com/tripoint-go/tripoint/backend"
	"github.com/tripoint-go/tripoint/sched"
	"github.com/tripoint-go/tripoint/sched/flow"
	"github.com/tripoint-go/tripoint/simtest"
	"github.com/tripoint-go/tripoint/vclock"
)

var errBroken = errors.New("broken")

// after returns a body that fails with err, or succeeds, after d.
func after(d vclock.Duration, err error) func(*sched.Task) error {
	return func(t *sched.Task) error {
		if cut := t.Sleep(d); cut != nil {
			return cut
		}
		return err
	}
}

// bundle runs body with a bundle of its own.
func bundle(t *testing.T, body func(w *simtest.World, t *sched.Task, b *flow.Bundle)) {
	t.Helper()
	script(t, func(w *simtest.World) {
		w.Run(sched.WaitForAllTasks, func(t *sched.Task) int {
			b, err := flow.NewBundle(t, "b")
			if err != nil {
				return 1
			}
			body(w, t, b)
			return 0
		})
	})
}

func failedIs(err error, name string, cause error) bool {
	var m *flow.MemberError
	return errors.As(err, &m) && m.Name == name && errors.Is(err, cause)
}

// The result is that of the member that failed first, told as soon as it has ended, and again when asked again; the others run
// on (BR1, BR2, BR4, BR5).
func TestBundleFirstFailure(t *testing.T) {
	bundle(t, func(w *simtest.World, t *sched.Task, b *flow.Bundle) {
		b.Add("slow", after(30, nil))
		b.Add("second", after(20, errBroken))
		b.Add("first", after(10, errBroken))
		for range 3 {
			err := b.Join(t)
			w.Assert(failedIs(err, "first", errBroken) && err.Error() == `task "first" failed: broken`, "the first failure is the result", "%v", err)
			w.Assert(b.Scope().Members() == 2 && w.Kernel.Now() == 10, "the others run on", "%d members at %d", b.Scope().Members(), w.Kernel.Now())
		}
		all, err := b.JoinAll(t)
		w.Assert(err == nil && len(all) == 2 && all[0].Name == "first" && all[1].Name == "second" && w.Kernel.Now() == 30,
			"JoinAll waits for all and tells all failures in order", "%v, %v", all, err)
		w.Assert(failedIs(b.Join(t), "first", errBroken), "the result stays", "")
		w.Assert(b.Close(t, 0) == nil, "nobody was left", "")
	})
}

func TestBundleEmptyFinishedAndClosed(t *testing.T) {
	bundle(t, func(w *simtest.World, t *sched.Task, b *flow.Bundle) {
		all, err := b.JoinAll(t)
		w.Assert(b.Join(t) == nil && len(all) == 0 && err == nil, "an empty bundle joins at once", "%v, %v", all, err)
		b.Add("fails", after(5, errBroken))
		w.Assert(failedIs(b.Join(t), "fails", errBroken), "a member that was added after that counts", "")
		b.Add("good", after(5, nil))
		w.Assert(failedIs(b.Join(t), "fails", errBroken), "a failure stays", "")
		w.Assert(b.Close(t, vclock.Second) == nil, "the grace is enough", "")
		h := b.Add("late", after(0, nil))
		_, jerr := h.Join(t)
		w.Assert(h.Err() == sched.ErrClosed && jerr == sched.ErrClosed, "a closed bundle takes no members", "%v, %v", h.Err(), jerr)
		_, err = b.Token(t)
		w.Assert(err == sched.ErrClosed && b.Close(t, 0) == nil, "and gives no tokens", "%v", err)
	})
}

// A member that was cancelled has failed, whatever its body says, also one whose body never ran (BR1).
func TestBundleCancelledMember(t *testing.T) {
	for _, when := range []string{"before its first poll", "in its body", "in its body, which returns nil"} {
		t.Run(when, func(t *testing.T) {
			bundle(t, func(w *simtest.World, t *sched.Task, b *flow.Bundle) {
				b.Add("good", after(5, nil))
				h := b.Add("cut", func(t *sched.Task) error {
					err := t.Sleep(vclock.Second)
					if when == "in its body" {
						return fmt.Errorf("gave up: %w", err)
					}
					return nil
				})
				if when != "before its first poll" {
					t.Yield()
				}
				h.Stop()
				err := b.Join(t)
				w.Assert(failedIs(err, "cut", sched.ErrCancelled), "a cancelled member has failed", "%v", err)
				all, _ := b.JoinAll(t)
				w.Assert(len(all) == 1, "once", "%v", all)
			})
		})
	}
}

// Close while somebody waits in Join: who waits is told of the first that was cut off; the grace is kept (BR3, SC4).
func TestBundleClosedUnderJoin(t *testing.T) {
	for _, grace := range []vclock.Duration{0, 10} {
		t.Run(fmt.Sprintf("grace=%d", grace), func(t *testing.T) {
			bundle(t, func(w *simtest.World, t *sched.Task, b *flow.Bundle) {
				b.Add("endless", after(vclock.Hour, nil))
				b.Add("listens", func(t *sched.Task) error {
					k, err := b.Token(t)
					if err != nil {
						return err
					}
					k.Wait(t)
					return nil
				})
				joiner := sched.Spawn(t, "joiner", func(t *sched.Task) error { return b.Join(t) })
				t.Sleep(100)
				err := b.Close(t, grace)
				w.Assert(errors.Is(err, sched.ErrScopeLate) && w.Kernel.Now() == 100+vclock.Instant(grace), "one had to be cancelled, after the grace", "%v at %d", err, w.Kernel.Now())
				got, _ := joiner.Join(t)
				w.Assert(failedIs(got, "endless", sched.ErrCancelled) || grace == 0 && failedIs(got, "listens", sched.ErrCancelled), "who waits is told", "%v", got)
				w.Assert(b.Scope().Members() == 0, "nobody is left", "")
			})
		})
	}
}

// The owner's end closes its bundle and waits for the members, at whatever moment it is cancelled (SC5); a joiner that is
// cancelled changes nothing for the bundle.
func TestBundleOwnerCancelled(t *testing.T) {
	simtest.Run(t, func(w *simtest.World) {
		live := 0
		member := func(t *sched.Task) error {
			live++
			defer func() { live-- }()
			if w.Work(2) == 0 {
				t.Sleep(vclock.Duration(w.Work(8)))
				return errBroken
			}
			return t.Sleep(vclock.Duration(w.Work(20)))
		}
		w.Run(sched.WaitForAllTasks, func(t *sched.Task) int {
			var joiner *sched.Handle[int]
			owner := sched.Spawn(t, "owner", func(t *sched.Task) int {
				b, err := flow.NewBundle(t, "b")
				if err != nil {
					return 1
				}
				for i := range 3 {
					h := b.Add(fmt.Sprint("m", i), member)
					if w.Work(4) == 0 {
						h.Stop()
					}
				}
				joiner = sched.Spawn(t, "joiner", func(t *sched.Task) int {
					if w.Work(2) == 0 {
						b.JoinAll(t)
					} else {
						b.Join(t)
					}
					return 0
				})
				err = b.Join(t)
				w.Sometimes("a bundle failed", err != nil && err != sched.ErrCancelled)
				w.Sometimes("a bundle was good", err == nil)
				again := b.Join(t)
				w.Assert(err == again || err == sched.ErrCancelled || again == sched.ErrCancelled, "the result stays", "%v, %v", err, again)
				if w.Work(2) == 0 {
					b.Close(t, vclock.Duration(w.Work(6)))
				}
				return 0
			})
			t.Sleep(vclock.Duration(w.Work(12)))
			if joiner != nil && w.Work(2) == 0 {
				joiner.Stop()
			}
			owner.Cancel(t)
			w.Assert(live == 0, "no member outlives the owner", "%d do", live)
			if joiner != nil {
				joiner.Join(t)
			}
			return 0
		})
	}, simtest.Seeds("1-300"))
}

// A member that panics ends the run, and the report names it (S8).
func TestBundleMemberPanics(t *testing.T) {
	ex := newWorld()
	defer ex.Close()
	_, err := sched.Run(ex, sched.WaitForAllTasks, func(t *sched.Task) error {
		b, err := flow.NewBundle(t, "b")
		if err != nil {
			return err
		}
		b.Add("good", after(vclock.Hour, nil))
		b.Add("bad", func(*sched.Task) error { panic("bad luck") })
		return b.Join(t)
	})
	var p *sched.PanicError
	if !errors.As(err, &p) || p.Name != "bad" || p.Value != "bad luck" {
		t.Fatalf("the run ends with %v, want the panic of the member", err)
	}
}

// Of two members that were cancelled, the result names the one that ended first, although the other began to fail first: its
// read took longer to come back (BR2). The monitors judge which one that is.
func TestBundleNamesWhoEndedFirst(t *testing.T) {
	simtest.Run(t, func(w *simtest.World) {
		var fds [2]int32
		for i := range fds {
			fds[i], _ = w.Kernel.Pipe()
		}
		w.Run(sched.WaitForAllTasks, func(t *sched.Task) int {
			b, err := flow.NewBundle(t, "b")
			if err != nil {
				return 1
			}
			var members [2]*sched.Handle[error]
			for i := range members {
				members[i] = b.Add(fmt.Sprint("reader-", i), func(t *sched.Task) error {
					var buf [4]byte
					_, err := t.Do(backend.OpRead, fds[i], buf[:], -1)
					return err
				})
			}
			t.Sleep(10)
			for _, h := range members {
				h.Stop()
			}
			t.Sleep(vclock.Second)
			var failed *flow.MemberError
			w.Assert(errors.As(b.Join(t), &failed), "a cancelled member is a failure", "join says %v", failed)
			w.Sometimes("the second member ended first", failed != nil && failed.Name == "reader-1")
			return 0
		})
	}, simtest.Faults("ring.cancel=1/2,ring.delay=1/4"))
}

// Who closes is cancelled in the middle of the grace: the members get the rest of it, no more and no less, also if somebody else
// closes again (SC4).
func TestGraceOutlivesTheCloser(t *testing.T) {
	for _, again := range []vclock.Duration{0, 5, 1000} {
		t.Run(fmt.Sprintf("again=%d", again), func(t *testing.T) {
			bundle(t, func(w *simtest.World, t *sched.Task, b *flow.Bundle) {
				ended := vclock.Instant(0)
				b.Add("endless", func(t *sched.Task) error {
					err := t.Sleep(vclock.Hour)
					ended = w.Kernel.Now()
					return err
				})
				closer := sched.Spawn(t, "closer", func(t *sched.Task) error { return b.Close(t, 50) })
				t.Sleep(10)
				closer.Cancel(t)
				want := vclock.Instant(50)
				if again > 0 {
					t.Sleep(10)
					err := b.Close(t, again)
					want = min(want, vclock.Instant(20+again))
					w.Assert(sched.Is(err, sched.ErrScopeLate), "the member was late", "%v", err)
				}
				t.Sleep(100)
				w.Assert(ended == want && b.Scope().Members() == 0, "the grace ends when it was to end", "%d, want %d", ended, want)
			})
		})
	}
}

// A member in the program's memory keeps its Arg, may be added again after it has ended well, and after a failure when the bundle was
// opened anew.
func TestMemberIsReused(t *testing.T) {
	bundle(t, func(w *simtest.World, t *sched.Task, b *flow.Bundle) {
		state := new(int)
		m := &flow.Member{Task: &sched.Task{Arg: state}}
		count := func(t *sched.Task) error { *t.Arg.(*int)++; return nil }
		fail := func(*sched.Task) error { return errBroken }
		for range 3 {
			h, err := b.AddMember(t, m, "m", count)
			w.Assert(err == nil, "it is added", "%v", err)
			_, err = b.AddMember(t, m, "m", count)
			w.Assert(err == sched.ErrRunning, "it is live", "%v", err)
			v, err := h.Join(t)
			w.Assert(v == 0 && err == nil && b.Join(t) == nil && m.Task.Arg == any(state), "it ends well", "%d, %v", v, err)
		}
		h, _ := b.AddMember(t, m, "m", count)
		h.Stop() // before its first poll
		w.Assert(failedIs(b.Join(t), "m", sched.ErrCancelled) && *state == 3 && m.Task.Arg == any(state), "its body never ran", "%d", *state)
		text := func() (text any) {
			defer func() { text = recover() }()
			b.AddMember(t, m, "m", count)
			return nil
		}()
		w.Assert(text != nil, "its failure is on the list", "")
		w.Assert(b.Close(t, 0) == nil && b.Open(t, "anew", nil) == nil, "the bundle is opened anew", "")
		b.AddMember(t, m, "m", fail)
		w.Assert(failedIs(b.Join(t), "m", errBroken), "the new life has a failure of its own", "")
		all, _ := b.WaitAll(t)
		w.Assert(all != nil && all.Next() == nil && all.Index == 0, "and nothing of the old one", "%v", all)
	})
}

// A detached member is nobody's any more: its failure is not the bundle's.
func TestDetachedMemberFails(t *testing.T) {
	bundle(t, func(w *simtest.World, t *sched.Task, b *flow.Bundle) {
		h := b.Add("leaves", after(5, errBroken))
		b.Add("stays", after(10, nil))
		w.Assert(h.Detach() == nil, "it leaves", "")
		all, err := b.JoinAll(t)
		w.Assert(err == nil && len(all) == 0 && b.Join(t) == nil, "the others are good", "%v, %v", all, err)
	})
}
