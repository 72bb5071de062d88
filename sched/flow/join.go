package flow

import "github.com/tripoint-go/tripoint/sched"

// JoinOf is the future that is Ready when both futures are; each is polled until it is Ready and never after. Their results
// are in them. The zero value with A and B set is ready to be polled. It allocates nothing.
//
// If a join is abandoned, so is what was not Ready; what was, has its result.
type JoinOf[A, B sched.Future] struct {
	A A
	B B

	a, b bool
}

// Poll polls what is not Ready yet, A first.
func (j *JoinOf[A, B]) Poll(t *sched.Task) sched.Poll {
	j.a = j.a || j.A.Poll(t) == sched.Ready
	j.b = j.b || j.B.Poll(t) == sched.Ready
	if j.a && j.b {
		return sched.Ready
	}
	return sched.Pending
}

// Abandon abandons what is not Ready; idempotent.
func (j *JoinOf[A, B]) Abandon(t *sched.Task) {
	if !j.a {
		j.A.Abandon(t)
	}
	if !j.b {
		j.B.Abandon(t)
	}
	j.a, j.b = true, true
}

// JoinOf3 is [JoinOf] with three futures.
type JoinOf3[A, B, C sched.Future] struct {
	A A
	B B
	C C

	a, b, c bool
}

// Poll polls what is not Ready yet, in order.
func (j *JoinOf3[A, B, C]) Poll(t *sched.Task) sched.Poll {
	j.a = j.a || j.A.Poll(t) == sched.Ready
	j.b = j.b || j.B.Poll(t) == sched.Ready
	j.c = j.c || j.C.Poll(t) == sched.Ready
	if j.a && j.b && j.c {
		return sched.Ready
	}
	return sched.Pending
}

// Abandon abandons what is not Ready; idempotent.
func (j *JoinOf3[A, B, C]) Abandon(t *sched.Task) {
	if !j.a {
		j.A.Abandon(t)
	}
	if !j.b {
		j.B.Abandon(t)
	}
	if !j.c {
		j.C.Abandon(t)
	}
	j.a, j.b, j.c = true, true, true
}

// JoinOfN is [JoinOf] with any number of arms of one type, in memory of the caller's. Done is as long as Arms and all false at
// first; Done[i] becomes true when arm i is Ready, and tells so, too, when the join was abandoned. Without arms it is Ready
// at once.
type JoinOfN[F sched.Future] struct {
	Arms []F
	Done []bool

	over bool
}

// Poll polls what is not Ready yet, in order.
func (j *JoinOfN[F]) Poll(t *sched.Task) sched.Poll {
	if j.over {
		return sched.Ready
	}
	if len(j.Done) != len(j.Arms) {
		panic("flow: a join of many has as many Done as Arms")
	}
	left := 0
	for i := range j.Arms {
		if !j.Done[i] {
			j.Done[i] = j.Arms[i].Poll(t) == sched.Ready
		}
		if !j.Done[i] {
			left++
		}
	}
	if left > 0 {
		return sched.Pending
	}
	j.over = true
	return sched.Ready
}

// Abandon abandons what is not Ready; idempotent.
func (j *JoinOfN[F]) Abandon(t *sched.Task) {
	if j.over {
		return
	}
	j.over = true
	for i := range j.Arms {
		if i >= len(j.Done) || !j.Done[i] {
			j.Arms[i].Abandon(t)
		}
	}
}
