package sched

import (
	"github.com/tripoint-go/tripoint/backend"
	"github.com/tripoint-go/tripoint/vclock"
)

// takeReports acts on what the backend had to say.
func (ex *Executor) takeReports(reports []backend.Completion) {
	for i := range reports {
		c := &reports[i]
		switch c.Kind {
		case backend.CompletionOp:
			ex.complete(c)
		case backend.CompletionLine:
			ex.interrupt(int(c.N))
		case backend.CompletionSignal:
			ex.signal(c.N)
		case backend.CompletionExternal:
			if ex.opts.External != nil {
				ex.opts.External(ex, c.N)
			}
		case backend.CompletionSpurious:
			if int(c.N) < len(ex.tasks) && ex.tasks[c.N] != nil {
				ex.wake(ex.tasks[c.N], backend.WakeChaos)
			}
		}
		if ex.run.over {
			return
		}
	}
}

// deadline returns the instant at which the executor has something to do by itself.
func (ex *Executor) deadline() vclock.Instant {
	until := vclock.Forever
	if ex.timers.root != nil {
		until = ex.timers.root.deadline
	}
	if ex.run.phase == phaseGrace {
		until = min(until, ex.run.graceEnd)
	}
	return until
}

// idle parks until the next deadline or report. Nothing is runnable and nothing undelivered (S9).
func (ex *Executor) idle() {
	until := ex.deadline()
	if ex.tr != nil {
		ex.tr.Lane = 0
		ex.tr.Emit(backend.EvIdle, int64(until), 0, 0, 0, 0)
	}
	if !ex.wait(until) && !ex.run.over {
		ex.tr.Emit(backend.EvStalled, int64(ex.live), 0, 0, 0, 0)
		ex.fail(ErrStalled)
	}
	ex.overBudget() // a handler may have polled
}
