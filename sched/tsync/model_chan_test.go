//go:build !tinygo

package tsync_test

import (
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/tripoint-go/tripoint/internal/explore"
	"github.com/tripoint-go/tripoint/internal/modeltest"
	"github.com/tripoint-go/tripoint/sched"
	"github.com/tripoint-go/tripoint/sched/tsync"
	"github.com/tripoint-go/tripoint/vclock"
)

// queue is the model of a channel: values, and the senders that are blocked with theirs, in order.
type queue struct {
	w        *explore.World
	capacity int  // 0: none
	limit    bool // nobody is blocked: what does not fit is refused
	values   []int
	blocked  []int
	tx, rx   bool // closed
	waiting  int  // calls of Recv that have not returned
	bounced  []int
	txs      [5]tsync.Sender[int] // ends, by the number of the task that may hold it
	rxs      [5]tsync.Receiver[int]
	txHeld   [5]bool
	rxHeld   [5]bool
}

// close is told of the close of either side.
func (q *queue) close(tx, rx bool) {
	q.tx, q.rx = q.tx || tx, q.rx || rx
	q.bounced, q.blocked = append(q.bounced, q.blocked...), nil
	if rx {
		q.values = nil
	}
}

func (q *queue) want(ok bool, call string, args ...any) {
	q.w.Assert(ok, "the channel does what a queue does: "+call, "%v, with %v in the queue, %v blocked, tx %t, rx %t", args, q.values, q.blocked, q.tx, q.rx)
}

// fits reports whether a value has room.
func (q *queue) fits() bool {
	return (q.capacity == 0 || len(q.values) < q.capacity) && len(q.blocked) == 0
}

// send calls f, which sends v, and judges what it returned.
func (q *queue) send(t *sched.Task, v int, f func() error) error {
	ending := t.Ending()
	at := "later"
	switch {
	case ending:
		at = "cancelled"
	case q.tx || q.rx:
		at = "closed"
	case q.fits():
		at = "now"
		q.values = append(q.values, v)
	case q.limit:
		at = "refused"
	default:
		q.blocked = append(q.blocked, v)
	}
	err := f()
	i, bounced := slices.Index(q.blocked, v), slices.Contains(q.bounced, v)
	switch at {
	case "cancelled":
		q.want(err == sched.ErrCancelled, "send of a task that ends", err)
	case "closed":
		q.want(err == sched.ErrClosed, "send after a close", err)
	case "now":
		q.want(err == nil, "send with room", err)
	case "refused":
		q.want(err == sched.ErrOutOfSpace, "send at the limit", err)
	case "later":
		switch err {
		case nil:
			q.want(i < 0 && !bounced, "a blocked send returns when its value is in", v)
		case sched.ErrClosed:
			q.want(bounced, "a blocked send bounces after a close only", v)
		default:
			q.want(err == sched.ErrCancelled && t.Ending() && (i >= 0 || bounced), "a cancelled send takes its value back", v, err)
			if i >= 0 {
				q.blocked = slices.Delete(q.blocked, i, i+1)
			}
		}
	}
	return err
}

// took is told of a take: the oldest value, and the first blocked one moves in.
func (q *queue) took(v int, call string) {
	ok := len(q.values) > 0 && q.values[0] == v
	q.want(ok, call+" gives the oldest value", v)
	if !ok {
		return
	}
	q.values = q.values[1:]
	if len(q.blocked) > 0 {
		q.values = append(q.values, q.blocked[0])
		q.blocked = q.blocked[1:]
	}
}

// recv calls f, which receives, and judges what it returned.
func (q *queue) recv(t *sched.Task, f func() (int, error)) bool {
	q.waiting++
	v, err := f()
	q.waiting--
	switch err {
	case nil:
		q.took(v, "Recv")
	case sched.ErrClosed:
		q.want(q.rx || q.tx && len(q.values) == 0, "Recv says closed only if nothing comes", err)
	default:
		q.want(err == sched.ErrCancelled && t.Ending(), "Recv is cancelled with its task only", err)
		return false
	}
	return true
}

// channel is a Chan or an Unbounded, with c as what they have in common.
type channel interface {
	Send(t *sched.Task, v int) error
	TrySend(t *sched.Task, v int) bool
}

func (q *queue) do(t *sched.Task, c *tsync.Chan[int], as channel, me, v int, s modeltest.Step) bool {
	tx, rx := &q.txs[me], &q.rxs[me]
	goOn := true
	switch s.Act {
	case 1:
		goOn = q.send(t, v, func() error { return as.Send(t, v) }) != sched.ErrCancelled
	case 2:
		if q.txHeld[me] {
			goOn = q.send(t, v, func() error { return tx.Send(t, v) }) != sched.ErrCancelled
			break
		}
		w := new(tsync.SendWait[int])
		c.StartSend(w, v)
		goOn = q.send(t, v, func() error {
			begun := !t.Ending()
			if err := sched.Await(t, w); err != nil && (!begun || w.Err() != nil) {
				return err
			}
			return w.Err()
		}) != sched.ErrCancelled
	case 3, 4:
		goOn = q.recv(t, func() (int, error) { return c.Recv(t) })
	case 5:
		if q.rxHeld[me] {
			goOn = q.recv(t, func() (int, error) { return rx.Recv(t) })
		}
	case 6:
		can := !t.Ending() && !q.tx && !q.rx && q.fits()
		ok := as.TrySend(t, v)
		q.want(ok == can, "TrySend puts if there is room", ok)
		if ok {
			q.values = append(q.values, v)
		}
	case 7:
		v, ok := c.TryRecv(t)
		if ok {
			q.took(v, "TryRecv")
		} else {
			q.want(t.Ending() || q.waiting > 0 || len(q.values) == 0, "TryRecv takes what nobody waits for", ok)
		}
	case 8:
		t.Yield()
	case 9:
		t.Sleep(vclock.Duration(s.Arg))
	case 10:
		if s.Arg == 0 { // rarely
			q.close(true, false)
			c.CloseTx()
		}
	case 11:
		if s.Arg == 0 {
			q.close(false, true)
			c.CloseRx()
		}
	case 12, 13:
		q.hold(t, c, me, s.Act == 12)
	case 14:
		q.left(me)
		tx.Release(t)
		rx.Release(t)
	}
	q.want(c.Len() == len(q.values) && (q.capacity == 0 || c.Len() <= q.capacity), "the length is that of the queue", c.Len())
	return goOn
}

// hold takes an end for me.
func (q *queue) hold(t *sched.Task, c *tsync.Chan[int], me int, sending bool) {
	held, closed := &q.txHeld[me], q.tx
	if !sending {
		held, closed = &q.rxHeld[me], q.rx
	}
	if *held {
		return
	}
	var err error
	if sending {
		err = c.HoldTx(t, &q.txs[me])
	} else {
		err = c.HoldRx(t, &q.rxs[me])
	}
	switch {
	case t.Ending():
		q.want(err == sched.ErrCancelled, "a task that ends holds no end", err)
	case closed:
		q.want(err == sched.ErrClosed, "a closed side has no ends", err)
	default:
		q.want(err == nil, "ends are held", err)
		*held = true
	}
}

// left is told that the ends of a task are released: the last of a kind closes its side.
func (q *queue) left(me int) {
	if q.txHeld[me] {
		if q.txHeld[me] = false; !slices.Contains(q.txHeld[:], true) {
			q.close(true, false)
		}
	}
	if q.rxHeld[me] {
		if q.rxHeld[me] = false; !slices.Contains(q.rxHeld[:], true) {
			q.close(false, true)
		}
	}
}

// playQueue compares a channel with the model in a drawn program.
func playQueue(t *rapid.T, capacity int, limit bool, make func(w *explore.World) (*tsync.Chan[int], channel)) {
	program := modeltest.Draw(t, 15)
	modeltest.Play(t, 1, rapid.Uint64().Draw(t, "seed"), func(w *explore.World) {
		c, as := make(w)
		q := queue{w: w, capacity: capacity, limit: limit}
		next := 0
		modeltest.Crew(w, program, func(t *sched.Task, me int, s modeltest.Step) bool {
			next++
			return q.do(t, c, as, me, next, s)
		}, func(_ *sched.Task, me int) { q.left(me) })
		modeltest.Rescue(w, func() {
			q.close(true, true)
			c.CloseTx()
			c.CloseRx()
		})
	})
}

func TestModelChan(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		capacity := rapid.IntRange(1, 3).Draw(t, "capacity")
		playQueue(t, capacity, false, func(w *explore.World) (*tsync.Chan[int], channel) {
			c := new(tsync.Chan[int])
			c.Init(w.Exec, "c", make([]int, capacity))
			return c, c
		})
	})
}

func TestModelUnbounded(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		limit := rapid.SampledFrom([]int{0, 0, 1, 3}).Draw(t, "limit")
		playQueue(t, limit, true, func(w *explore.World) (*tsync.Chan[int], channel) {
			c := new(tsync.Unbounded[int])
			c.Init(w.Exec, "c", limit)
			return &c.Chan, c
		})
	})
}
