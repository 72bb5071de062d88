//go:build !tinygo

package service_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/tripoint-go/tripoint/sched"
	"github.com/tripoint-go/tripoint/sched/flow"
	"github.com/tripoint-go/tripoint/service"
	"github.com/tripoint-go/tripoint/simtest"
)

// A subscriber that is slow sees the last report, and none twice; one that unsubscribes sees no more.
func TestSubscribers(t *testing.T) {
	script(t, func(w *simtest.World, t *sched.Task) {
		a := service.New(t, "a")
		var seen []string
		slow := sched.Spawn(t, "slow", func(t *sched.Task) int {
			sub := a.Resource().Subscribe(t)
			for {
				p, err := sub.Next(t)
				if err != nil {
					w.Assert(err == sched.ErrClosed, "no more", "%v", err)
					return 0
				}
				seen = append(seen, p.State.String()+" "+p.Message)
				t.Sleep(100)
			}
		})
		t.Sleep(10)
		for i := range 5 {
			a.Set(service.Ready, fmt.Sprint(i))
		}
		t.Sleep(100)
		a.Set(service.TemporaryFailure, "skipped")
		a.End(nil)
		slow.Join(t)
		w.Assert(slices.Equal(seen, []string{"loading ", "ready 4", "done "}), "a subscriber skips, and sees the last", "%q", seen)
		sub := a.Resource().Subscribe(t)
		sub.Close()
		sub.Close()
		_, err := sub.Next(t)
		_, again := sub.Take(t)
		w.Assert(err == sched.ErrClosed && again == sched.ErrClosed, "an unsubscribed one sees nothing", "%v, %v", err, again)
	})
}

// A subscription is a future: a cancelled wait loses nothing, and the end of the subscriber unsubscribes.
func TestSubscriptionIsAFuture(t *testing.T) {
	script(t, func(w *simtest.World, t *sched.Task) {
		a := service.New(t, "a")
		sub := a.Resource().Subscribe(t)
		p, err := sub.Next(t)
		w.Assert(err == nil && p.Version == 1, "the present is the first", "%v", err)
		err = flow.WithTimeout(t, 10, sub)
		w.Assert(err == sched.ErrTimeout, "nothing new", "%v", err)
		a.Ready()
		p, err = sub.Next(t)
		w.Assert(err == nil && p.State == service.Ready && p == a.Resource().Report(), "an abandoned wait loses nothing", "%v", err)
		h := sched.Spawn(t, "cut", func(t *sched.Task) int {
			sub := a.Resource().Subscribe(t)
			for {
				if _, err := sub.Next(t); err != nil {
					return 0
				}
			}
		})
		ready := sched.Spawn(t, "waits", func(t *sched.Task) error { return a.Resource().WaitDone(t) })
		t.Yield()
		h.Cancel(t)
		ready.Cancel(t)
		won, err := flow.First(t, a.Resource().UntilDone(), a.Resource().UntilReady())
		w.Assert(err == nil && won == 1, "waits are futures", "%d, %v", won, err)
		a.End(nil)
	})
}
