package flow

import (
	"github.com/tripoint-go/tripoint/backend"
	"github.com/tripoint-go/tripoint/sched"
	"github.com/tripoint-go/tripoint/vclock"
)

// Race is the future that is Ready when one of two futures is: the left one wins a tie. The loser is abandoned, and the
// race is Ready when what the loser had under way is over. For more than two, nest. The zero value with A and B set is
// ready to be polled.
type Race[A, B sched.Future] struct {
	A A
	B B

	state raceState
	won   int
}

type raceState uint8

const (
	raceOpen raceState = iota
	raceDrain
	raceDone
)

// Poll polls A, then B, until one is Ready.
func (r *Race[A, B]) Poll(t *sched.Task) sched.Poll {
	switch r.state {
	case raceOpen:
		switch {
		case r.A.Poll(t) == sched.Ready:
			r.won = 0
			r.decide(t)
			r.B.Abandon(t)
		case r.B.Poll(t) == sched.Ready:
			r.won = 1
			r.decide(t)
			r.A.Abandon(t)
		default:
			return sched.Pending
		}
		fallthrough
	case raceDrain:
		in := t.Enter()
		settled := t.Settled()
		if !settled {
			t.SetBlocker(r)
		}
		t.Leave(in)
		if !settled {
			return sched.Pending
		}
		r.state = raceDone
	}
	return sched.Ready
}

func (r *Race[A, B]) decide(t *sched.Task) {
	r.state = raceDrain
	ex := t.Executor()
	in := t.Enter()
	ex.Trace().Emit(backend.EvWon, ex.NewID(), int64(r.won), 2, int64(t.ID()), 0)
	t.Leave(in)
}

// Abandon abandons both; idempotent.
func (r *Race[A, B]) Abandon(t *sched.Task) {
	if r.state == raceOpen {
		r.A.Abandon(t)
		r.B.Abandon(t)
	}
	r.state = raceDone
}

// Won returns, once Ready, the index of the winner: 0 or 1.
func (r *Race[A, B]) Won() int { return r.won }

// Blocked implements sched.Blocker: the race is decided and waits for the loser's operations to end.
func (r *Race[A, B]) Blocked() sched.WaitInfo { return sched.WaitInfo{What: "end of a race's loser"} }

// Timeout is the race of a future and a deadline; the future wins ties (T6). Start fixes the deadline.
type Timeout[F sched.Future] struct {
	race  Race[F, *sched.Sleep]
	sleep sched.Sleep
}

// Start prepares f to be given d from now. After that the Timeout must not be moved.
func (o *Timeout[F]) Start(t *sched.Task, d vclock.Duration, f F) {
	o.race = Race[F, *sched.Sleep]{A: f, B: &o.sleep}
	o.sleep.Start(t, d)
}

// Poll is Ready when f is, or the deadline has passed and f is given up.
func (o *Timeout[F]) Poll(t *sched.Task) sched.Poll { return o.race.Poll(t) }

// Abandon gives up f and the deadline; idempotent.
func (o *Timeout[F]) Abandon(t *sched.Task) { o.race.Abandon(t) }

// Err returns, once Ready, nil if f was Ready first (ask f for its own result), sched.ErrTimeout if the deadline passed,
// sched.ErrCancelled if the gate ended the wait.
func (o *Timeout[F]) Err() error {
	if o.race.Won() == 0 {
		return nil
	}
	if err := o.sleep.Err(); err != nil {
		return err
	}
	return sched.ErrTimeout
}

// JoinOf is the future that is Ready when both futures are; each is polled until it is Ready and never after. For more than
// two, nest. The zero value with A and B set is ready to be polled.
type JoinOf[A, B sched.Future] struct {
	A A
	B B

	a, b bool
}

// Poll polls what is not Ready yet.
func (j *JoinOf[A, B]) Poll(t *sched.Task) sched.Poll {
	if !j.a {
		j.a = j.A.Poll(t) == sched.Ready
	}
	if !j.b {
		j.b = j.B.Poll(t) == sched.Ready
	}
	if j.a && j.b {
		return sched.Ready
	}
	return sched.Pending
}

// Abandon gives up what is not Ready; idempotent.
func (j *JoinOf[A, B]) Abandon(t *sched.Task) {
	if !j.a {
		j.A.Abandon(t)
	}
	if !j.b {
		j.B.Abandon(t)
	}
	j.a, j.b = true, true
}
