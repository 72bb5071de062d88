package flow

import "github.com/tripoint-go/tripoint/sched"

// Select is the future that is Ready when one of two futures is: the left one wins a tie. Unlike [Race] it only borrows them:
// the loser stays valid and keeps its progress, and may be polled on, by another Select too, or abandoned. Giving up a
// Select abandons neither. Whoever made the futures finishes or abandons them, at the latest by the end of the task, which
// releases what they hold. A future that was Ready is not polled again before it was started anew: set another one in its
// place, or let it be an [Optional] that is absent.
//
// The zero value with A and B set is ready to be polled. It allocates nothing.
type Select[A, B sched.Future] struct {
	A A
	B B

	v verdict
}

// Poll polls A, then B, until one is Ready.
func (s *Select[A, B]) Poll(t *sched.Task) sched.Poll {
	if s.v.open() {
		switch {
		case s.A.Poll(t) == sched.Ready:
			s.v.choose(t, 0, 2)
		case s.B.Poll(t) == sched.Ready:
			s.v.choose(t, 1, 2)
		default:
			return sched.Pending
		}
	}
	return sched.Ready
}

// Abandon gives up the choice and leaves both futures as they are; idempotent.
func (s *Select[A, B]) Abandon(*sched.Task) { s.v.giveUp() }

// Won returns the index of the future that was Ready, 0 or 1; -1 while there is none.
func (s *Select[A, B]) Won() int { return s.v.winner() }

// Select3 is [Select] with three arms.
type Select3[A, B, C sched.Future] struct {
	A A
	B B
	C C

	v verdict
}

// Poll polls A, then B, then C, until one is Ready.
func (s *Select3[A, B, C]) Poll(t *sched.Task) sched.Poll {
	if s.v.open() {
		switch {
		case s.A.Poll(t) == sched.Ready:
			s.v.choose(t, 0, 3)
		case s.B.Poll(t) == sched.Ready:
			s.v.choose(t, 1, 3)
		case s.C.Poll(t) == sched.Ready:
			s.v.choose(t, 2, 3)
		default:
			return sched.Pending
		}
	}
	return sched.Ready
}

// Abandon gives up the choice and leaves the futures as they are; idempotent.
func (s *Select3[A, B, C]) Abandon(*sched.Task) { s.v.giveUp() }

// Won returns the index of the future that was Ready, 0 to 2; -1 while there is none.
func (s *Select3[A, B, C]) Won() int { return s.v.winner() }

// SelectN is [Select] with any number of arms of one type, in memory of the caller's. Without arms it is never Ready.
type SelectN[F sched.Future] struct {
	Arms []F

	v verdict
}

// Poll polls the arms in order until one is Ready.
func (s *SelectN[F]) Poll(t *sched.Task) sched.Poll {
	if s.v.open() {
		arm := firstReady(t, s.Arms)
		if arm < 0 {
			return sched.Pending
		}
		s.v.choose(t, arm, len(s.Arms))
	}
	return sched.Ready
}

// Abandon gives up the choice and leaves the arms as they are; idempotent.
func (s *SelectN[F]) Abandon(*sched.Task) { s.v.giveUp() }

// Won returns the index of the arm that was Ready; -1 while there is none.
func (s *SelectN[F]) Won() int { return s.v.winner() }
