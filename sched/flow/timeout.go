package flow

import (
	"github.com/tripoint-go/tripoint/sched"
	"github.com/tripoint-go/tripoint/vclock"
)

// Timeout is the race of a future and a deadline; the future is asked first and wins ties (T6). Start fixes the deadline. It
// allocates nothing.
type Timeout[F sched.Future] struct {
	race  Race[F, *sched.Sleep]
	sleep sched.Sleep
}

// Start prepares f to be given d from now; a negative d counts as 0. After that the Timeout must not be moved. It is for the task
// that polls.
func (o *Timeout[F]) Start(t *sched.Task, d vclock.Duration, f F) {
	o.race = Race[F, *sched.Sleep]{A: f, B: &o.sleep}
	o.sleep.Start(t, d)
}

// Poll is Ready when f is, or the deadline has passed and f is given up and over.
func (o *Timeout[F]) Poll(t *sched.Task) sched.Poll { return o.race.Poll(t) }

// Abandon gives up f and the deadline; idempotent.
func (o *Timeout[F]) Abandon(t *sched.Task) { o.race.Abandon(t) }

// Err returns, once Ready, nil if f was Ready first (ask f for its own result), sched.ErrTimeout if the deadline passed,
// sched.ErrCancelled if the gate ended the wait. Of a timeout that was abandoned it is nil if f had been Ready, else
// sched.ErrCancelled.
func (o *Timeout[F]) Err() error {
	switch o.race.Won() {
	case 0:
		return nil
	case 1:
		if err := o.sleep.Err(); err != nil {
			return err
		}
		return sched.ErrTimeout
	}
	return sched.ErrCancelled
}
