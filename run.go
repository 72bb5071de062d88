package tripoint

import (
	"errors"
	"fmt"

	"github.com/tripoint-go/tripoint/sched"
)

// Run runs root as the root task and returns its value. It takes no signals and waits for no grace; Options.Mode decides about tasks
// that are left:
//
//   - sched.DetachTasks: Run returns at once, and the tasks go on. What they run on is given back when the last one has ended. A
//     panic in one of them then crashes the process, as in a goroutine; any other failure goes to the log.
//   - sched.WaitForAllTasks: Run returns when all tasks have ended.
//   - sched.StopAllOperations: their operations, timers and waits for lines end, new ones are refused, and Run returns when they have
//     ended for that.
//
// In the two that wait, and whenever Run fails, all threads have been joined and all descriptors given back when it returns; tasks
// that a failure has left are unwound, so that their deferred calls run.
//
// The error is nil, or
//
//   - a *uring.SetupError: there is no io_uring;
//   - a *sched.PanicError: a task panicked. The other tasks stop at their next await;
//   - an *[UnfinishedError]: the run could not go on, see there;
//   - what the backend's Close said: operations did not end, and keep their memory.
//
// Executors are independent, so any number of Runs may go on at the same time. It blocks its goroutine, so a task must not call it.
//
// With the sizes that are the defaults, setting up and giving back costs some 3 ms and 5 MB; with 1000 tasks, 256 operations and one
// worker, 0.07 ms and 0.1 MB.
func Run[T any](o Options, root func(*sched.Task) T) (T, error) {
	o = o.filled()
	w, err := o.open(false)
	if err != nil {
		var none T
		return none, err
	}
	value, err := sched.Run(w.ex, o.Mode, root)
	if !w.ex.Over() {
		go w.outlive(&o)
		return value, nil
	}
	if err != nil {
		err = w.failure(err)
	}
	if closing := w.finish(&o); err == nil {
		err = closing
	}
	return value, err
}

// outlive gives everything back when the tasks that Run left running have ended.
func (w *world) outlive(o *Options) {
	closing := w.finish(o)
	err := w.ex.Err()
	var panicked *sched.PanicError
	if errors.As(err, &panicked) {
		logPanic(w.log, panicked)
		panic(panicked)
	}
	if err = errors.Join(err, closing); err != nil {
		fmt.Fprintf(w.log, "tripoint: tasks that Run had left: %v\n", err)
	}
}

// finish closes, and tells tests.
func (w *world) finish(o *Options) error {
	err := w.close()
	if o.closed != nil {
		o.closed <- err
	}
	return err
}
