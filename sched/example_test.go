//go:build !tinygo

package sched_test

import (
	"fmt"

	"github.com/tripoint-go/tripoint/backend"
	"github.com/tripoint-go/tripoint/backend/sim"
	"github.com/tripoint-go/tripoint/sched"
	"github.com/tripoint-go/tripoint/vclock"
)

// newWorld returns an executor on a simulator in which nothing misbehaves. Time is virtual there, so that examples print it.
func newWorld() *sched.Executor {
	return sched.New(sched.Limits{}, sched.Options{Backend: sim.New(sim.Options{})})
}

// nap is a body that sleeps and says whether it was let to.
func nap(d vclock.Duration) func(*sched.Task) string {
	return func(t *sched.Task) string {
		if err := t.Sleep(d); err != nil {
			fmt.Printf("%s: %v at %d ms\n", t.Name(), err, int64(t.Executor().Now())/int64(vclock.Millisecond))
			return "cut short"
		}
		return "slept"
	}
}

// A task is spawned with a name and joined for its value.
func ExampleSpawn() {
	ex := newWorld()
	defer ex.Close()

	v, err := sched.Main(ex, sched.DetachTasks, func(t *sched.Task) int {
		h := sched.Spawn(t, "child", func(t *sched.Task) int {
			t.Sleep(vclock.Second)
			return 123
		})
		v, _ := h.Join(t)
		return v
	})
	fmt.Println(v, err)
	// Output: 123 <nil>
}

// Cancel ends a task and waits for it. A body that was faster wins, and its value is there.
func ExampleHandle_Cancel() {
	ex := newWorld()
	defer ex.Close()

	sched.Run(ex, sched.WaitForAllTasks, func(t *sched.Task) int {
		slow, quick := sched.Spawn(t, "slow", nap(vclock.Hour)), sched.Spawn(t, "quick", nap(vclock.Millisecond))
		t.Sleep(10 * vclock.Millisecond)
		_, ok, err := slow.Cancel(t)
		fmt.Println("slow finished:", ok, err)
		v, ok, err := quick.Cancel(t)
		fmt.Println("quick finished:", ok, v, err)
		return 0
	})
	// Output:
	// slow: sched: cancelled at 10 ms
	// slow finished: false <nil>
	// quick finished: true slept <nil>
}

// Attach ties a task to the end of its owner, and Detach lets go of it for good.
func ExampleJoinHandle_Attach() {
	ex := newWorld()
	defer ex.Close()

	sched.Run(ex, sched.WaitForAllTasks, func(t *sched.Task) int {
		owner := sched.Spawn(t, "owner", func(t *sched.Task) int {
			tied, free := sched.Spawn(t, "tied", nap(vclock.Second)), sched.Spawn(t, "free", nap(vclock.Second))
			tied.Attach(t)
			free.Detach()
			fmt.Println("detached:", free.Stop())
			t.Sleep(10 * vclock.Millisecond)
			return 0
		})
		owner.Join(t)
		return 0
	})
	fmt.Println("the run ends at", int64(ex.Now())/int64(vclock.Millisecond), "ms, with free")
	// Output:
	// detached: sched: the handle was given up or used before
	// tied: sched: cancelled at 10 ms
	// the run ends at 1000 ms, with free
}

// A child ends with its parent, which does not wait for that.
func ExampleSpawnChild() {
	ex := newWorld()
	defer ex.Close()

	sched.Run(ex, sched.WaitForAllTasks, func(t *sched.Task) int {
		parent := sched.Spawn(t, "parent", func(t *sched.Task) int {
			sched.SpawnChild(t, "child", nap(vclock.Hour))
			t.Sleep(vclock.Millisecond)
			return 0
		})
		parent.Join(t)
		return 0
	})
	// Output: child: sched: cancelled at 1 ms
}

// What must not be cut off half-way is a task of its own: spawned, not attached, and joined. If whoever joins is cancelled, it
// completes all the same.
func ExampleHandle_Join_criticalSection() {
	ex := newWorld()
	defer ex.Close()

	sched.Run(ex, sched.WaitForAllTasks, func(t *sched.Task) int {
		request := sched.Spawn(t, "request", func(t *sched.Task) error {
			commit := sched.Spawn(t, "commit", func(t *sched.Task) error {
				defer fmt.Println("committed")
				return t.Sleep(10 * vclock.Millisecond) // the body is safe from the request's end
			})
			_, err := commit.Join(t)
			fmt.Println("request:", err)
			return err
		})
		t.Sleep(vclock.Millisecond)
		request.Cancel(t)
		return 0
	})
	// Output:
	// request: sched: cancelled
	// committed
}

// A cleanup task is what Main waits for when the root has ended, up to the grace. What a deferred call of a cancelled body spawns
// is one: an asynchronous destructor.
func ExampleSpawnWith_cleanup() {
	ex := newWorld()
	defer ex.Close()

	sched.Main(ex, sched.DetachTasks, func(t *sched.Task) int {
		session := sched.Spawn(t, "session", func(t *sched.Task) int {
			defer sched.Spawn(t, "goodbye", func(t *sched.Task) int {
				t.Sleep(20 * vclock.Millisecond)
				fmt.Println("goodbye said")
				return 0
			})
			return int(t.ID())
		})
		sched.SpawnWith(t, "flush", sched.SpawnOptions{Cleanup: true}, func(t *sched.Task) int {
			t.Sleep(50 * vclock.Millisecond)
			fmt.Println("flushed")
			return 0
		})
		sched.Spawn(t, "frozen", nap(vclock.Hour))
		session.Join(t)
		return 0
	})
	fmt.Println("the run ends at", int64(ex.Now())/int64(vclock.Millisecond), "ms")
	// Output:
	// goodbye said
	// flushed
	// the run ends at 50 ms
}

// Tasks that yield take turns.
func ExampleTask_Yield() {
	ex := newWorld()
	defer ex.Close()

	sched.Run(ex, sched.WaitForAllTasks, func(t *sched.Task) int {
		for _, name := range []string{"a", "b"} {
			sched.Spawn(t, name, func(t *sched.Task) int {
				for i := range 3 {
					fmt.Print(t.Name(), i, " ")
					t.Yield()
				}
				return 0
			})
		}
		return 0
	})
	// Output: a0 b0 a1 b1 a2 b2
}

// The mode says what becomes of tasks that are left when the root has ended.
func ExampleMode() {
	for _, m := range []struct {
		name string
		mode sched.Mode
	}{{"detach", sched.DetachTasks}, {"wait", sched.WaitForAllTasks}, {"stop", sched.StopAllOperations}} {
		ex := newWorld()
		v, err := sched.Run(ex, m.mode, func(t *sched.Task) string {
			sched.Spawn(t, "left", nap(vclock.Second))
			t.Yield()
			return m.name
		})
		fmt.Println(v, err, "at", int64(ex.Now())/int64(vclock.Millisecond), "ms, live:", ex.Live())
		ex.Close()
	}
	// Output:
	// detach <nil> at 0 ms, live: 1
	// wait <nil> at 1000 ms, live: 0
	// left: sched: cancelled at 0 ms
	// stop <nil> at 0 ms, live: 0
}

// A reference may be kept and passed on: it wakes its task, and cannot cancel it.
func ExampleRef() {
	ex := newWorld()
	defer ex.Close()

	sched.Run(ex, sched.WaitForAllTasks, func(t *sched.Task) int {
		var sleeper sched.Ref
		ready := false
		h := sched.SpawnFuture(t, "sleeper", func(t *sched.Task) sched.Poll {
			sleeper = t.Ref()
			if !ready {
				return sched.Pending
			}
			return sched.Ready
		})
		t.Yield()
		fmt.Println(sleeper.Name(), sleeper.Live())
		ready = true
		sleeper.Wake()
		sched.Await(t, h)
		fmt.Println(sleeper.Name(), sleeper.Live())
		return 0
	})
	// Output:
	// sleeper true
	// sleeper false
}

// A program without a heap declares its tasks: header, stack, and a body that finds its state through Arg. The same source runs on a
// host, where stacks may be missing.
func ExampleTask_StartFunc() {
	type blinker struct {
		task   sched.Task
		stack  [128]uint32
		blinks int
	}
	ex := newWorld()
	defer ex.Close()

	var led blinker // a package variable on a board
	led.task.Arg = &led
	body := func(t *sched.Task) int64 {
		led := t.Arg.(*blinker)
		for ; led.blinks < 3; led.blinks++ {
			t.Sleep(500 * vclock.Millisecond)
		}
		return int64(led.blinks)
	}
	sched.Run(ex, sched.WaitForAllTasks, func(t *sched.Task) int {
		for range 2 { // a header lives again when its life is over
			led.blinks = 0
			h, err := led.task.StartFunc(ex, t, "led", body, led.stack[:])
			if err != nil {
				return 1
			}
			_, again := led.task.StartFunc(ex, t, "led", body, led.stack[:])
			fmt.Println(again)
			n, err := h.Join(t)
			fmt.Println(n, err)
		}
		return 0
	})
	// Output:
	// sched: the static task is still live
	// 3 <nil>
	// sched: the static task is still live
	// 3 <nil>
}

// An injector lets goroutines outside of the executor spawn and wake tasks. It needs an executor with workers.
func ExampleInject() {
	var ring backend.Parallel // such as an io_uring: see package tripoint
	ex := sched.New(sched.Limits{}, sched.Options{Backend: ring, Workers: 2})
	defer ex.Close()

	in := sched.NewInjector(ex)
	answer := make(chan int, 1)
	go func() {
		sched.Inject(in, "from outside", func(t *sched.Task) int { answer <- 42; return 0 })
		fmt.Println(<-answer)
		in.Close() // as long as an injector is open, a run with nothing to do has not stalled
	}()
	sched.Run(ex, sched.WaitForAllTasks, func(t *sched.Task) int { t.Sleep(vclock.Second); return 0 })
}
