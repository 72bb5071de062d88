package flow

import (
	"github.com/tripoint-go/tripoint/backend"
	"github.com/tripoint-go/tripoint/sched"
)

// verdict is what races and selects have in common. The zero value is open.
//
//	open ──(decide)──▶ draining ──(nothing that the losers had under way is left)──▶ over
//	  └──────────────(choose: the losers live on, or give up)──────────────────────▶ over
type verdict struct {
	state verdictState
	won   int // 1 + the winner, 0: undecided
}

type verdictState uint8

const (
	verdictOpen verdictState = iota
	verdictDraining
	verdictOver
)

func (v *verdict) open() bool { return v.state == verdictOpen }

// decide notes that arm has won, of n. The caller abandons the others next.
func (v *verdict) decide(t *sched.Task, arm, n int) {
	v.state = verdictDraining
	v.tell(t, arm, n, 0)
}

// choose notes that arm is Ready, of n, whose others stay as they are.
func (v *verdict) choose(t *sched.Task, arm, n int) {
	v.state = verdictOver
	v.tell(t, arm, n, 1)
}

func (v *verdict) tell(t *sched.Task, arm, n int, kept int64) {
	v.won = arm + 1
	ex := t.Executor()
	in := t.Enter()
	ex.Trace().Emit(backend.EvWon, ex.NewID(), int64(arm), int64(n), int64(t.ID()), kept)
	t.Leave(in)
}

// drain is Ready when what the losers had under way is over (S10).
func (v *verdict) drain(t *sched.Task) sched.Poll {
	if v.state == verdictOver {
		return sched.Ready
	}
	in := t.Enter()
	settled := t.Settled()
	if !settled {
		t.SetBlocker(v)
	}
	t.Leave(in)
	if !settled {
		return sched.Pending
	}
	v.state = verdictOver
	return sched.Ready
}

// giveUp ends the verdict, whatever it is. It reports whether it was open.
func (v *verdict) giveUp() bool {
	wasOpen := v.open()
	v.state = verdictOver
	return wasOpen
}

// winner is -1 while there is none.
func (v *verdict) winner() int { return v.won - 1 }

// Blocked implements sched.Blocker: the race is decided and waits for the losers' operations to end.
func (v *verdict) Blocked() sched.WaitInfo { return sched.WaitInfo{What: "end of a race's losers"} }

// Race is the future that is Ready when one of two futures is: the left one wins a tie. The loser is abandoned, and the
// race is Ready when what the loser had under way is over (S10). The zero value with A and B set is ready to be polled, by one
// task. It allocates nothing.
//
// If a race is itself abandoned while it waits for its loser to end, its winner has been Ready: Won names it, and it has its
// result.
type Race[A, B sched.Future] struct {
	A A
	B B

	v verdict
}

// Poll polls A, then B, until one is Ready.
func (r *Race[A, B]) Poll(t *sched.Task) sched.Poll {
	if r.v.open() {
		switch {
		case r.A.Poll(t) == sched.Ready:
			r.v.decide(t, 0, 2)
			r.B.Abandon(t)
		case r.B.Poll(t) == sched.Ready:
			r.v.decide(t, 1, 2)
			r.A.Abandon(t)
		default:
			return sched.Pending
		}
	}
	return r.v.drain(t)
}

// Abandon abandons both, unless the race was decided; idempotent.
func (r *Race[A, B]) Abandon(t *sched.Task) {
	if r.v.giveUp() {
		r.A.Abandon(t)
		r.B.Abandon(t)
	}
}

// Won returns the index of the winner, 0 or 1; -1 while there is none.
func (r *Race[A, B]) Won() int { return r.v.winner() }

// Race3 is [Race] with three arms.
type Race3[A, B, C sched.Future] struct {
	A A
	B B
	C C

	v verdict
}

// Poll polls A, then B, then C, until one is Ready.
func (r *Race3[A, B, C]) Poll(t *sched.Task) sched.Poll {
	if r.v.open() {
		switch {
		case r.A.Poll(t) == sched.Ready:
			r.v.decide(t, 0, 3)
			r.B.Abandon(t)
			r.C.Abandon(t)
		case r.B.Poll(t) == sched.Ready:
			r.v.decide(t, 1, 3)
			r.A.Abandon(t)
			r.C.Abandon(t)
		case r.C.Poll(t) == sched.Ready:
			r.v.decide(t, 2, 3)
			r.A.Abandon(t)
			r.B.Abandon(t)
		default:
			return sched.Pending
		}
	}
	return r.v.drain(t)
}

// Abandon abandons all, unless the race was decided; idempotent.
func (r *Race3[A, B, C]) Abandon(t *sched.Task) {
	if r.v.giveUp() {
		r.A.Abandon(t)
		r.B.Abandon(t)
		r.C.Abandon(t)
	}
}

// Won returns the index of the winner, 0 to 2; -1 while there is none.
func (r *Race3[A, B, C]) Won() int { return r.v.winner() }

// RaceN is [Race] with any number of arms of one type, in memory of the caller's. Without arms it is never Ready.
type RaceN[F sched.Future] struct {
	Arms []F

	v verdict
}

// Poll polls the arms in order until one is Ready.
func (r *RaceN[F]) Poll(t *sched.Task) sched.Poll {
	if r.v.open() {
		arm := firstReady(t, r.Arms)
		if arm < 0 {
			return sched.Pending
		}
		r.v.decide(t, arm, len(r.Arms))
		for i := range r.Arms {
			if i != arm {
				r.Arms[i].Abandon(t)
			}
		}
	}
	return r.v.drain(t)
}

// firstReady polls the arms in order until one is Ready, and returns which; -1: none is.
func firstReady[F sched.Future](t *sched.Task, arms []F) int {
	for i := range arms {
		if arms[i].Poll(t) == sched.Ready {
			return i
		}
	}
	return -1
}

// Abandon abandons all arms, unless the race was decided; idempotent.
func (r *RaceN[F]) Abandon(t *sched.Task) {
	if r.v.giveUp() {
		for i := range r.Arms {
			r.Arms[i].Abandon(t)
		}
	}
}

// Won returns the index of the winner; -1 while there is none.
func (r *RaceN[F]) Won() int { return r.v.winner() }
