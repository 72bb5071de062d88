//go:build !tinygo

package tsync_test

import (
	"fmt"

	"github.com/tripoint-go/tripoint/backend/sim"
	"github.com/tripoint-go/tripoint/sched"
	"github.com/tripoint-go/tripoint/sched/tsync"
	"github.com/tripoint-go/tripoint/vclock"
)

// Whoever reads first and may have to change what it has read locks for reading, and upgrades. The way back keeps the lock.
func ExampleMutex_ReadExclusive() {
	ex := sched.New(sched.Limits{}, sched.Options{Backend: sim.New(sim.Options{})})
	defer ex.Close()
	var cache tsync.Mutex[map[string]int]
	cache.Init(ex, "cache", map[string]int{})

	lookUp := func(t *sched.Task, key string) (int, error) {
		r, err := cache.ReadExclusive(t)
		if err != nil {
			return 0, err
		}
		defer r.Release() // does nothing once r is used up, and never poisons
		if v, ok := (*r.Value())[key]; ok {
			return v, nil
		}
		if err := t.Sleep(vclock.Millisecond); err != nil { // finds out; cancelled here, nothing is poisoned
			return 0, err
		}
		p, err := r.Upgrade(t)
		if err != nil {
			return 0, err
		}
		g := p.Enter()
		(*g.Value())[key] = len(key)
		r = g.Downgrade()
		return (*r.Value())[key], nil
	}
	sched.Run(ex, sched.WaitForAllTasks, func(t *sched.Task) int {
		fmt.Println(lookUp(t, "seven"))
		fmt.Println(lookUp(t, "seven"))
		return 0
	})
	// Output:
	// 5 <nil>
	// 5 <nil>
}

func ExampleRWMutex() {
	ex := sched.New(sched.Limits{}, sched.Options{Backend: sim.New(sim.Options{})})
	defer ex.Close()
	var table tsync.RWMutex[[2]string]
	table.Init(ex, "table", [2]string{"a", "b"})

	sched.Run(ex, sched.WaitForAllTasks, func(t *sched.Task) int {
		for i := range 2 {
			sched.Spawn(t, "reader", func(t *sched.Task) error {
				var r tsync.ReadGuard[[2]string] // the reader's own memory
				if err := table.ReadLock(t, &r); err != nil {
					return err
				}
				defer r.Release()
				t.Sleep(vclock.Second) // both at the same time
				fmt.Println("second", int64(t.Executor().Now())/int64(vclock.Second), r.Value()[i])
				return nil
			})
		}
		t.Yield()
		table.With(t, func(v *[2]string) { v[0] = "c" }) // waits for the readers
		fmt.Println("second", int64(t.Executor().Now())/int64(vclock.Second), "written")
		table.WithRead(t, func(v *[2]string) { fmt.Println(*v) })
		return 0
	})
	// Output:
	// second 1 a
	// second 1 b
	// second 1 written
	// [c b]
}

func ExampleRWMutex_ReadUpgradeable() {
	ex := sched.New(sched.Limits{}, sched.Options{Backend: sim.New(sim.Options{})})
	defer ex.Close()
	var stock tsync.RWMutex[int]
	stock.Init(ex, "stock", 1)

	sched.Run(ex, sched.WaitForAllTasks, func(t *sched.Task) int {
		for _, name := range []string{"first", "second"} {
			sched.Spawn(t, name, func(t *sched.Task) error {
				r, err := stock.ReadUpgradeable(t) // beside readers, one at a time
				if err != nil {
					return err
				}
				defer r.Release()
				if *r.Value() == 0 {
					fmt.Println(name, "is too late")
					return nil
				}
				p, err := r.Upgrade(t) // what it has read still holds
				if err != nil {
					return err
				}
				g := p.Enter()
				*g.Value()--
				g.Exit()
				fmt.Println(name, "has it")
				return nil
			})
		}
		return 0
	})
	// Output:
	// first has it
	// second is too late
}

// For what never waits, a section without guard, error and poison.
func ExampleSyncMutex() {
	ex := sched.New(sched.Limits{}, sched.Options{Backend: sim.New(sim.Options{})})
	defer ex.Close()
	type counts struct{ started, ended int }
	var stats tsync.SyncMutex[counts]
	stats.Init(ex, counts{})

	sched.Run(ex, sched.WaitForAllTasks, func(t *sched.Task) int {
		for range 3 {
			sched.Spawn(t, "counted", func(t *sched.Task) int {
				stats.Apply(t, func(c *counts) { c.started++ })
				t.Sleep(vclock.Millisecond)
				stats.Apply(t, func(c *counts) { c.ended++ })
				return 0
			})
		}
		t.Yield()
		fmt.Println(stats.Read(t))
		t.Sleep(2 * vclock.Millisecond)
		fmt.Println(stats.Read(t))
		return 0
	})
	// Output:
	// {3 0}
	// {3 3}
}

// Those who wait for a condition look for themselves, in a loop, and hold the lock when they do.
func ExampleCond() {
	ex := sched.New(sched.Limits{}, sched.Options{Backend: sim.New(sim.Options{})})
	defer ex.Close()
	var inbox tsync.Mutex[[]string]
	var arrived tsync.Cond[[]string]
	inbox.Init(ex, "inbox", nil)
	arrived.Init("arrived", &inbox)

	next := func(t *sched.Task) (string, error) {
		p, err := inbox.Lock(t)
		if err != nil {
			return "", err
		}
		g := p.Enter()
		for len(*g.Value()) == 0 {
			if err := arrived.Wait(t, &g); err != nil {
				return "", err // the lock is not held, and nothing is poisoned
			}
		}
		word := (*g.Value())[0]
		*g.Value() = (*g.Value())[1:]
		g.Exit()
		return word, nil
	}
	sched.Run(ex, sched.WaitForAllTasks, func(t *sched.Task) int {
		reader := sched.Spawn(t, "reader", func(t *sched.Task) int {
			for {
				word, err := next(t)
				if err != nil {
					fmt.Println(err)
					return 0
				}
				fmt.Println(word)
			}
		})
		for _, word := range []string{"one", "two"} {
			t.Sleep(vclock.Millisecond)
			inbox.With(t, func(words *[]string) { *words = append(*words, word) })
			arrived.NotifyOne()
		}
		t.Sleep(vclock.Millisecond)
		arrived.Close()
		reader.Join(t)
		return 0
	})
	// Output:
	// one
	// two
	// sched: closed
}
