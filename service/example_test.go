//go:build !tinygo

package service_test

import (
	"errors"
	"fmt"

	"github.com/tripoint-go/tripoint/backend/sim"
	"github.com/tripoint-go/tripoint/sched"
	"github.com/tripoint-go/tripoint/sched/flow"
	"github.com/tripoint-go/tripoint/service"
	"github.com/tripoint-go/tripoint/vclock"
)

// newWorld returns an executor on a simulator in which nothing misbehaves.
func newWorld(k *sim.Kernel) *sched.Executor {
	return sched.New(sched.Limits{}, sched.Options{Backend: k})
}

// A web server needs a cache, which needs a database. On SIGTERM they stop in that order, each when nobody needs it any more.
func Example() {
	k := sim.New(sim.Options{})
	k.SignalAt(15, vclock.Instant(vclock.Second))
	ex := newWorld(k)
	defer ex.Close()

	// serve is the body of a service: it waits for others, serves until it is told to stop, and takes a while for that.
	serve := func(needs ...*service.Resource) func(*sched.Task, *service.Self) error {
		return func(t *sched.Task, s *service.Self) error {
			for _, other := range needs {
				if err := other.WaitReady(t); err != nil {
					return err
				}
			}
			fmt.Println(t.Name(), "is ready")
			s.Ready()
			if err := s.Token().Wait(t); err != nil {
				return err
			}
			err := t.Sleep(vclock.Millisecond)
			fmt.Println(t.Name(), "is done")
			return err
		}
	}
	sched.Main(ex, sched.DetachTasks, func(t *sched.Task) error {
		root, err := service.NewRoot(t, "shop", 5*vclock.Second)
		if err != nil {
			return err
		}
		db, err := service.Start(t, "db", serve())
		if err != nil {
			return err
		}
		cache, err := service.Start(t, "cache", serve(db), db)
		if err != nil {
			return err
		}
		web, err := service.Start(t, "web", serve(cache, db), cache, db)
		if err != nil {
			return err
		}
		if err := root.Add(web); err != nil {
			return err
		}
		err = root.Wait(t)
		fmt.Println("the shop ends with", err, "after", ex.Now(), "ns")
		return err
	})
	// Output:
	// db is ready
	// cache is ready
	// web is ready
	// web is done
	// cache is done
	// db is done
	// the shop ends with <nil> after 1003000000 ns
}

// A group is several resources as one. Its failure has the name of the member that failed.
func ExampleNewGroup() {
	ex := newWorld(sim.New(sim.Options{}))
	defer ex.Close()

	sched.Main(ex, sched.DetachTasks, func(t *sched.Task) int {
		member := func(name string, life vclock.Duration, err error) *service.Resource {
			r, _ := service.Start(t, name, func(t *sched.Task, s *service.Self) error {
				s.Ready()
				t.Sleep(life)
				return err
			})
			return r
		}
		group, err := service.NewGroup(t, "workers", member("a", 10, nil), member("b", 20, errors.New("out of paper")), member("c", 30, nil))
		if err != nil {
			return 1
		}
		fmt.Println("ready:", group.WaitReady(t))
		fmt.Println(group.WaitDone(t), "after", ex.Now(), "ns")
		return 0
	})
	// Output:
	// ready: <nil>
	// service "b" failed: out of paper after 30 ns
}

// A subscriber follows the reports of a tree. It may skip some, and never the last.
func ExampleResource_Subscribe() {
	ex := newWorld(sim.New(sim.Options{}))
	defer ex.Close()

	sched.Main(ex, sched.DetachTasks, func(t *sched.Task) int {
		db := service.New(t, "db")
		web := service.New(t, "web")
		web.Ready()
		web.Depend(db.Resource())
		watcher := sched.Spawn(t, "watcher", func(t *sched.Task) int {
			sub := web.Resource().Subscribe(t)
			for {
				report, err := sub.Next(t)
				if err != nil {
					return 0
				}
				fmt.Printf("%v because of %s %q\n", report.Overall(), report.Cause().Name, report.Cause().Message)
			}
		})
		t.Sleep(1)
		db.Ready()
		t.Sleep(1)
		db.Set(service.TemporaryFailure, "connection lost")
		t.Sleep(1)
		db.Set(service.Loading, "connects again")
		db.Ready() // the watcher did not look in between
		t.Sleep(1)
		web.End(nil)
		watcher.Join(t)
		return 0
	})
	// Output:
	// loading because of db ""
	// ready because of web ""
	// temporary failure because of db "connection lost"
	// ready because of web ""
	// done because of web ""
}

// A loop that is safe to cancel at every await needs not listen: its token cancels it.
func ExampleStartInterruptible() {
	ex := newWorld(sim.New(sim.Options{}))
	defer ex.Close()

	sched.Main(ex, sched.DetachTasks, func(t *sched.Task) int {
		rounds := 0
		poller, err := service.StartInterruptible(t, "poller", func(t *sched.Task, s *service.Self) error {
			for s.Ready(); ; rounds++ {
				if err := t.Sleep(vclock.Second); err != nil {
					return err
				}
			}
		})
		if err != nil {
			return 1
		}
		t.Sleep(3500 * vclock.Millisecond)
		poller.Release() // nobody needs it any more
		fmt.Println(poller.WaitDone(t), poller.State(), "after", rounds, "rounds")
		return 0
	})
	// Output: <nil> done after 3 rounds
}

// Several owners share a resource: it stops when all of them agree.
func ExampleResource_AddToken() {
	ex := newWorld(sim.New(sim.Options{}))
	defer ex.Close()

	sched.Main(ex, sched.DetachTasks, func(t *sched.Task) int {
		pool := service.New(t, "pool")
		var mail, web flow.Trigger
		mail.Init(ex, false)
		web.Init(ex, false)
		pool.Resource().AddToken(mail.Flag())
		pool.Resource().AddToken(web.Flag())
		pool.Ready()
		mail.Fire()
		fmt.Println("one of two:", pool.Resource().State())
		web.Fire()
		fmt.Println("both:", pool.Resource().State())
		pool.End(nil)
		return 0
	})
	// Output:
	// one of two: ready
	// both: stopping
}
