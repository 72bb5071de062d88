package explore

import (
	"fmt"

	"github.com/tripoint-go/tripoint/internal/trace"
	"github.com/tripoint-go/tripoint/sched"
)

// running names the task that is being polled, as the subject of a sentence.
func running(ex *sched.Executor) string {
	who := ""
	ex.EachTask(func(t *sched.Task) {
		switch {
		case t.State() != "running":
		case who != "":
			who = "one of the running tasks"
		default:
			who = fmt.Sprintf("task %q", t.Name())
		}
	})
	if who == "" {
		return "the program"
	}
	return who
}

// leave tells what is known of a run that Goexit cuts short.
func (r *Runner) leave(res Result, who string) {
	if r.opts.Left == nil {
		return
	}
	if r.sink.rec == nil { // what has not been handed on yet is better than nothing
		r.sink.rec = trace.NewRecorder(traceBuffer, trace.KeepLast)
	}
	r.trace.Flush()
	r.measure(&res)
	res.fail(Panic, Goexit, who+" left the run by runtime.Goexit, as FailNow, Fatal and SkipNow of a test do: say Assert instead")
	res.Waits = waits(r.exec)
	r.last.result = res
	f := r.Failure(res)
	r.opts.Left(&f)
}
