package tripoint

import (
	"fmt"
	"io"

	"github.com/tripoint-go/tripoint/backend/uring"
	"github.com/tripoint-go/tripoint/sched"
)

// world is an executor and what it runs on.
type world struct {
	ex  *sched.Executor
	own *uring.Backend // nil: the backend is the caller's
	log io.Writer
}

// open makes the world of filled options. The error is a *uring.SetupError. A ring that is owned by one thread is faster, but is lost
// if a body calls runtime.Goexit there, so it is for programs that end then.
func (o *Options) open(program bool) (*world, error) {
	w := &world{log: o.Log}
	be := o.Backend
	if be == nil {
		own, err := uring.New(uring.Options{Lanes: o.Workers, Owned: program && o.Workers == 1, Ops: o.Ops, Lines: o.Lines})
		if err != nil {
			return nil, err
		}
		w.own, be = own, own
	}
	w.ex = sched.New(sched.Limits{Tasks: o.Tasks, Ops: o.Ops, Lines: o.Lines}, sched.Options{
		Backend: be, Workers: o.Workers, Trace: o.Trace, Grace: o.Grace, RefusalLimit: int32(o.RefusalLimit),
		Stalled: func(ex *sched.Executor) {
			fmt.Fprintf(o.Log, "tripoint: nothing can wake the tasks that are left: %s\n", list(liveTasks(ex)))
		},
	})
	return w, nil
}

// close waits for workers, gives everything back, and says what could not be given back.
func (w *world) close() error {
	w.ex.Close()
	if w.own == nil {
		return nil
	}
	return w.own.Close()
}

// failure adds to the error of a run who was left, if that says something.
func (w *world) failure(err error) error {
	e, ok := err.(sched.Error)
	if !ok || e == sched.ErrPanic || e == sched.ErrSignal {
		return err
	}
	w.ex.Lock()
	defer w.ex.Unlock()
	return &UnfinishedError{Err: e, Tasks: liveTasks(w.ex)}
}
