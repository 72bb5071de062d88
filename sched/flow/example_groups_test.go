//go:build !tinygo

package flow_test

import (
	"errors"
	"fmt"

	"github.com/tripoint-go/tripoint/sched"
	"github.com/tripoint-go/tripoint/sched/flow"
	"github.com/tripoint-go/tripoint/vclock"
)

// A server made of two parts. The first failure is the result, with the part's name; then the others get two seconds to stop, and
// what does not stop is cancelled. The commit is a task of its own, which nothing cancels, so it is never half done.
func Example_taskResultBundle() {
	serve := func(t *sched.Task) error {
		b, err := flow.NewBundle(t, "serve") // a scope owned by this task
		if err != nil {
			return err
		}
		b.Add("web", func(t *sched.Task) error {
			t.Sleep(250 * vclock.Millisecond)
			return errors.New("address in use")
		})
		b.Add("poller", func(t *sched.Task) error { return runPoller(t, b) })
		err = b.Join(t) // nil, or the first failure with the member's name
		b.Close(t, 2*vclock.Second)
		return err // returns when all are gone
	}
	run(func(t *sched.Task) { fmt.Println("serve:", serve(t)) })
	// Output:
	// committed 1
	// committed 2
	// committed 3
	// poller stops
	// serve: task "web" failed: address in use
}

func runPoller(t *sched.Task, b *flow.Bundle) error {
	stop, err := b.Token(t)
	if err != nil {
		return err
	}
	thr, err := flow.NewThrottler(t, 10, vclock.Second)
	if err != nil {
		return err
	}
	for item := 1; thr.NextUntil(t, stop.Flag()); item++ {
		if err := t.Sleep(90 * vclock.Millisecond); err != nil { // fetch: may be cancelled here, nothing is half done
			return err
		}
		h := sched.Spawn(t, "commit", func(t *sched.Task) error {
			fmt.Println("committed", item)
			return nil
		})
		if _, err := h.Join(t); err != nil { // if we are cancelled here, the commit still completes
			return err
		}
	}
	fmt.Println("poller stops")
	return nil
}

// A part of a program either has a Run, whose caller owns it and sees how it fails, or it spawns what cannot fail. The first
// form, Run: one owner, safe to cancel at every await, the error goes to the owner. It leaves no task behind: what it starts is in
// a bundle of its own.
func Example_runVersusSpawn() {
	run(func(t *sched.Task) {
		h := sched.Spawn(t, "counter", (&counter{limit: 3}).Run)
		err, _ := h.Join(t)
		fmt.Println("Run returned:", err)

		// The second form: a constructor spawns a worker that cannot fail and that ends with its owner, here a task.
		owner := sched.Spawn(t, "owner", func(t *sched.Task) int {
			l := newLogger(t)
			l.print(t, "hello")
			t.Sleep(10)
			return l.lines
		})
		lines, _ := owner.Join(t)
		fmt.Println("lines:", lines)
	})
	// Output:
	// Run returned: task "beat" failed: counted to 3
	// hello
	// lines: 1
}

type counter struct{ n, limit int }

// Run counts until the limit is reached or t is cancelled. Its helpers are gone when it returns.
func (c *counter) Run(t *sched.Task) error {
	b, err := flow.NewBundle(t, "counter")
	if err != nil {
		return err
	}
	b.Add("beat", func(t *sched.Task) error {
		for c.n < c.limit {
			if err := t.Sleep(vclock.Second); err != nil { // an endless loop awaits in each round
				return err
			}
			c.n++
		}
		return fmt.Errorf("counted to %d", c.n)
	})
	b.Add("watch", func(t *sched.Task) error { return t.Sleep(vclock.Hour) })
	err = b.Join(t)
	b.Close(t, 0)
	return err
}

type logger struct {
	lines  int
	queued []string
}

// newLogger starts a worker that is attached to t: the end of t ends it.
func newLogger(t *sched.Task) *logger {
	l := new(logger)
	sched.SpawnChild(t, "logger", func(t *sched.Task) int {
		for t.Sleep(1) == nil {
			for ; len(l.queued) > 0; l.queued = l.queued[1:] {
				fmt.Println(l.queued[0])
				l.lines++
			}
		}
		return 0
	})
	return l
}

func (l *logger) print(_ *sched.Task, text string) { l.queued = append(l.queued, text) }

// Scopes form a tree. A token fires when its scope or one above it does; closing a scope asks, waits for the grace, and then
// cancels its members. The parent is not touched.
func Example_scopedCancellation() {
	run(func(t *sched.Task) {
		s, err := flow.OpenScope(t, "import", nil)
		if err != nil {
			return
		}
		part, err := flow.OpenScope(t, "part", s)
		if err != nil {
			return
		}
		member := func(name string, of *sched.Scope, listens bool) {
			sched.SpawnWith(t, name, sched.SpawnOptions{Scope: of}, func(t *sched.Task) int {
				tok, err := flow.TokenOf(t, of) // counted until Release or the end of this task
				if err != nil {
					return 1
				}
				if !listens {
					err = t.Sleep(vclock.Hour)
				} else if err = tok.Wait(t); err == nil {
					err = t.Sleep(100 * vclock.Millisecond)
				}
				fmt.Println(name, "ends at", t.Executor().Now()/1e6, "ms:", err)
				return 0
			})
		}
		member("reader", s, true)
		member("parser", part, true)
		member("deaf", s, false)
		t.Sleep(vclock.Second)

		part.Trigger() // advice to the part alone
		t.Sleep(vclock.Second)
		fmt.Println("part fired:", part.IsCancelled(), "import fired:", s.IsCancelled())

		err = s.Close(t, 500*vclock.Millisecond) // closes what is inside, too
		fmt.Println("late:", sched.Is(err, sched.ErrScopeLate), "at", t.Executor().Now()/1e6, "ms")
	})
	// Output:
	// parser ends at 1100 ms: <nil>
	// part fired: true import fired: false
	// reader ends at 2100 ms: <nil>
	// deaf ends at 2500 ms: sched: cancelled
	// late: true at 2500 ms
}

// Members in memory of the program's own, for programs without a heap: the bodies are plain functions that find their state with
// Arg.
func ExampleBundle_AddMember() {
	type sensor struct {
		flow.Member
		task  sched.Task
		stack [256]uint32 // where goroutines have stacks, it is not used
		name  string
		limit vclock.Duration
	}
	measure := func(t *sched.Task) error {
		s := t.Arg.(*sensor)
		if err := t.Sleep(s.limit); err != nil {
			return err
		}
		return sched.ErrTimeout // this sensor does not answer
	}
	var b flow.Bundle
	sensors := [2]sensor{{name: "wind", limit: vclock.Second}, {name: "rain", limit: vclock.Minute}}
	run(func(t *sched.Task) {
		if err := b.Open(t, "sensors", nil); err != nil {
			return
		}
		for i := range sensors {
			s := &sensors[i]
			s.Task, s.Stack, s.task.Arg = &s.task, s.stack[:], s
			if _, err := b.AddMember(t, &s.Member, s.name, measure); err != nil {
				return
			}
		}
		fmt.Println(b.Join(t))
		b.Close(t, 0)
		all, _ := b.WaitAll(t)
		for e := all; e != nil; e = e.Next() {
			fmt.Println(e.Index, e.Name, e.Err)
		}
	})
	// Output:
	// task "wind" failed: sched: timed out
	// 0 wind sched: timed out
	// 1 rain sched: cancelled
}
