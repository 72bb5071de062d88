package signals

import (
	"syscall"

	"github.com/tripoint-go/tripoint/sched"
	"github.com/tripoint-go/tripoint/sched/flow"
)

// exitSignal plus its number is the exit status that stands for a death by a signal.
const exitSignal = 128

// ShutdownToken takes a token of the root scope of t's executor for t: it fires on the first SIGINT or SIGTERM in Main, by [Trigger],
// and when the root has ended. Main waits for its Release, or the end of t, up to its grace. It is for the task itself, and
// allocates. The error is sched.ErrCancelled if t is being torn down.
func ShutdownToken(t *sched.Task) (*sched.Token, error) {
	return flow.TokenOf(t, t.Executor().RootScope())
}

// Trigger triggers the shutdown of t's executor, as a signal would: every token of the root scope and its descendants fires, now and
// for good, and nothing else happens (SD1 to SD3). A signal that comes later is still the first one. Idempotent; it does not
// allocate.
func Trigger(t *sched.Task) { t.Executor().RootScope().Trigger() }

// WaitForTokens waits until nobody holds a token of the root scope of t's executor or of a scope below: everybody has stopped. It
// returns at once while there is none; a task that holds one itself waits for itself. The error is sched.ErrCancelled if t is
// cancelled. Straight-line tasks only; a future is [sched.TokensWait]. It does not allocate.
func WaitForTokens(t *sched.Task) error { return t.Executor().RootScope().WaitForTokens(t) }

// Receiver takes one signal of the process for the tasks of one executor. Make one with [Receive].
type Receiver struct{ core sched.SignalReceiver }

// Receive takes sig over, for t and the tasks that t shares the receiver with; the end of t closes it. It is for the task itself, and
// allocates.
//
// The error is backend.EBUSY if the signal has a receiver, backend.EINVAL if nobody can receive it (SIGKILL, SIGSTOP, those that tell
// of a fault, SIGURG), backend.EPERM if the executor does not run in Main, backend.EOPNOTSUPP if its world has no signals,
// sched.ErrCancelled if t is being torn down or operations are stopped.
func Receive(t *sched.Task, sig syscall.Signal) (*Receiver, error) {
	r := new(Receiver)
	if err := r.core.Open(t, int(sig)); err != nil {
		return nil, err
	}
	return r, nil
}

// Recv waits for the signal, and takes all occurrences since the last Recv as one; what came since Receive counts. Of several
// tasks that wait, the first that runs takes it. The error is sched.ErrClosed once the receiver is closed, sched.ErrCancelled if t is cancelled or
// operations are stopped. Straight-line tasks only; it does not allocate.
func (r *Receiver) Recv(t *sched.Task) error { return r.core.Recv(t) }

// Wait returns a Recv as a future, for a race. It allocates; any task may call it.
func (r *Receiver) Wait() *sched.SignalWait { return &sched.SignalWait{Receiver: &r.core} }

// Close restores what the signal did before Receive, its default action or the shutdown, and ends every wait; idempotent. Any task may
// call it, and it does not allocate.
func (r *Receiver) Close() { r.core.Close() }
