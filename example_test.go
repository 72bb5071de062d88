package tripoint_test

import (
	"fmt"
	"log"

	"github.com/tripoint-go/tripoint"
	"github.com/tripoint-go/tripoint/aio"
	"github.com/tripoint-go/tripoint/sched"
	"github.com/tripoint-go/tripoint/signals"
	"github.com/tripoint-go/tripoint/vclock"
)

// A program that prints 123 and exits with 0.
func ExampleMain() {
	tripoint.Main(tripoint.Options{}, func(t *sched.Task) int {
		h := sched.Spawn(t, "child", func(t *sched.Task) int {
			t.Sleep(10 * vclock.Millisecond)
			return 123
		})
		v, _ := h.Join(t)
		fmt.Println(v)
		return 0
	})
}

// A program that works until somebody asks it to stop, and then has 5 s to finish what is under way.
func ExampleMain_shutdown() {
	tripoint.Main(tripoint.Options{Grace: 5 * vclock.Second}, func(t *sched.Task) int {
		stop, err := signals.ShutdownToken(t) // from here on, SIGINT and SIGTERM fire it
		if err != nil {
			return 1
		}
		for n := 0; !stop.IsCancelled(); n++ {
			job := fmt.Sprintf("job %d", n)
			sched.SpawnWith(t, job, sched.SpawnOptions{Cleanup: true}, func(t *sched.Task) error {
				return t.Sleep(100 * vclock.Millisecond) // the job
			})
			t.Sleep(10 * vclock.Millisecond)
		}
		return 0
	})
}

// A function of an ordinary program that reads a file with io_uring.
func ExampleRun() {
	type result struct {
		data []byte
		err  error
	}
	got, err := tripoint.Run(tripoint.Options{Workers: 1, Mode: sched.WaitForAllTasks}, func(t *sched.Task) result {
		data, err := aio.ReadFile(t, "/etc/hostname", 1<<10)
		return result{data, err}
	})
	if err != nil {
		log.Fatal(err) // no io_uring here, or a task panicked
	}
	fmt.Printf("%s %v\n", got.data, got.err)
}
