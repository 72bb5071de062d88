//go:build linux

package tripoint

import (
	"errors"
	"runtime"
	"testing"
	"time"

	"github.com/tripoint-go/tripoint/sched"
)

// A body that ends its goroutine, as (*testing.T).FailNow does, ends its task, and with it the run (S8): there is no value that a
// join could yield.
func TestGoexitIsAPanic(t *testing.T) {
	needRing(t)
	done := make(chan error, 1)
	go func() {
		_, err := Run(Options{Mode: sched.WaitForAllTasks, Workers: 1}, func(t *sched.Task) int {
			sched.Spawn(t, "goes", func(t *sched.Task) int {
				runtime.Goexit()
				return 0
			})
			t.Sleep(hour)
			return 0
		})
		done <- err
	}()
	select {
	case err := <-done:
		var p *sched.PanicError
		if !errors.As(err, &p) || p.Name != "goes" {
			t.Errorf("got %v, want a *sched.PanicError of the task", err)
		}
	case <-time.After(5 * time.Second):
		t.Error("Run hangs: the worker that polled the task is gone, and nobody knows")
	}
}
