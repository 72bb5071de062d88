//go:build !tinygo

package tsync_test

import (
	"testing"

	"pgregory.net/rapid"

	"github.com/tripoint-go/tripoint/internal/explore"
	"github.com/tripoint-go/tripoint/internal/modeltest"
	"github.com/tripoint-go/tripoint/sched"
	"github.com/tripoint-go/tripoint/sched/tsync"
	"github.com/tripoint-go/tripoint/vclock"
)

// shot is the model of a oneshot: what has become of its value, and who holds the ends.
type shot struct {
	w          *explore.World
	o          tsync.Oneshot[int]
	value      int // 0: none yet
	sent       bool
	tx, rx     bool // gone
	read       bool
	txBy, rxBy int // holders, -1: nobody
	waiting    int // receivers
	next       int
}

func (o *shot) want(ok bool, call string, args ...any) {
	o.w.Assert(ok, "the oneshot ends once: "+call, "%v, value %d, sent %t, tx gone %t, rx gone %t, read %t", args, o.value, o.sent, o.tx, o.rx, o.read)
}

func (o *shot) closeTx() {
	o.txBy = -1
	o.tx = o.tx || !o.sent
}

func (o *shot) closeRx() {
	o.rxBy = -1
	o.rx = o.rx || !o.read
}

func (o *shot) left(me int) {
	if o.txBy == me {
		o.closeTx()
	}
	if o.rxBy == me {
		o.closeRx()
	}
}

func (o *shot) send(t *sched.Task) {
	var want error
	switch {
	case t.Ending():
		want = sched.ErrCancelled
	case o.sent || o.tx:
		want = sched.ErrDetached
	case o.rx:
		want = sched.ErrClosed
	}
	o.next++
	if want == nil {
		o.value = o.next
	}
	if want == nil || want == sched.ErrClosed {
		o.sent, o.txBy = true, -1
	}
	err := o.o.Send(t, o.next)
	o.want(err == want, "Send", err, want)
}

func (o *shot) recv(t *sched.Task, f func() (int, error)) bool {
	before := o.read
	o.waiting++
	v, err := f()
	o.waiting--
	switch err {
	case nil:
		o.want(!before && !o.read && o.value == v, "the value is received once", v)
	case sched.ErrClosed:
		o.want(!before && !o.read && (o.rx || o.tx), "a receiver learns that a side is gone", err)
	case sched.ErrDetached:
		o.want(o.read, "the outcome is told once", err)
		return true
	default:
		o.want(err == sched.ErrCancelled && t.Ending(), "a receive is cancelled with its task only", err)
		return false
	}
	o.read, o.rxBy = true, -1
	return true
}

// hold takes an end for me.
func (o *shot) hold(t *sched.Task, by *int, me int, gone bool, f func(*sched.Task) error, end func()) {
	err := f(t)
	switch {
	case gone:
		o.want(err == sched.ErrDetached, "an end that is gone is not held", err)
	case t.Ending():
		o.want(err == sched.ErrCancelled, "an end goes with the task that takes it", err)
		end()
	default:
		o.want(err == nil, "an end is held", err)
		*by = me
	}
}

func (o *shot) do(t *sched.Task, me int, s modeltest.Step) bool {
	switch s.Act {
	case 1:
		t.Yield()
	case 2:
		t.Sleep(vclock.Duration(s.Arg))
	case 3:
		if s.Arg < 2 {
			o.send(t)
		}
	case 4, 5:
		return o.recv(t, func() (int, error) { return o.o.Recv(t) })
	case 6:
		return o.recv(t, func() (int, error) {
			w := new(tsync.OneshotWait[int])
			o.o.StartRecv(w)
			if err := sched.Await(t, w); err != nil {
				return 0, err
			}
			return w.Value()
		})
	case 7:
		o.hold(t, &o.txBy, me, o.sent || o.tx, o.o.HoldTx, o.closeTx)
	case 8:
		o.hold(t, &o.rxBy, me, o.read || o.rx, o.o.HoldRx, o.closeRx)
	case 9:
		if s.Arg == 0 {
			o.closeTx()
			o.o.CloseTx()
		}
	case 10:
		if s.Arg == 0 {
			o.closeRx()
			o.o.CloseRx()
		}
	}
	return true
}

func TestModelOneshot(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		program := modeltest.Draw(t, 11)
		modeltest.Play(t, 1, rapid.Uint64().Draw(t, "seed"), func(w *explore.World) {
			o := &shot{w: w, txBy: -1, rxBy: -1}
			o.o.Init(w.Exec, "o")
			modeltest.Crew(w, program, o.do, func(_ *sched.Task, me int) { o.left(me) })
			modeltest.Rescue(w, func() {
				o.want(o.waiting == 0 || !o.sent && !o.tx && !o.rx && !o.read, "nobody waits for an outcome that is there")
				o.closeTx()
				o.o.CloseTx()
				o.closeRx()
				o.o.CloseRx()
			})
		})
	})
}

// cellModel is the model of an Eventually and of a Singleton, which are set and read alike.
type cellModel struct {
	w     *explore.World
	e     tsync.Eventually[int]
	s     tsync.Singleton[int]
	value [2]int // 0: not set
	at    *int   // the address of the singleton's value
	next  int
}

func (c *cellModel) want(ok bool, call string, args ...any) {
	c.w.Assert(ok, "a value is written once and the same for all: "+call, "%v, values %v", args, c.value)
}

func (c *cellModel) set(t *sched.Task, i int) {
	c.next++
	var err error
	first := c.value[i] == 0
	if first {
		c.value[i] = c.next
	}
	if i == 0 {
		err = c.e.Set(t, c.next)
	} else {
		err = c.s.Set(t, c.next)
	}
	c.want(first == (err == nil) && (first || err == sched.ErrAlreadySet), "Set", err)
}

// got judges a read.
func (c *cellModel) got(t *sched.Task, i int, v *int, err error) bool {
	if err != nil {
		c.want(err == sched.ErrCancelled && t.Ending(), "a read is cancelled with its task only", err)
		return false
	}
	c.want(*v == c.value[i] && *v != 0, "a read", *v)
	if i == 1 {
		c.want(c.at == nil || c.at == v, "a singleton has one address")
		c.at = v
	}
	return true
}

func (c *cellModel) do(t *sched.Task, _ int, s modeltest.Step) bool {
	i := s.Act % 2
	switch s.Act {
	case 1:
		t.Yield()
	case 2:
		t.Sleep(vclock.Duration(s.Arg))
	case 3, 4:
		if s.Arg < 2 {
			c.set(t, i)
		}
	case 5:
		v, err := c.s.Get(t)
		return c.got(t, 1, v, err)
	case 6:
		v, err := c.e.Get(t)
		return c.got(t, 0, &v, err)
	case 7:
		v, ok := c.s.TryGet(t)
		c.want(ok == (c.value[1] != 0) && (!ok || c.got(t, 1, v, nil)), "TryGet", ok)
	case 8:
		v, ok := c.e.TryGet(t)
		c.want(ok == (c.value[0] != 0) && (!ok || c.got(t, 0, &v, nil)), "TryGet", ok)
	default:
		w := new(tsync.GetWait[int])
		if i == 0 {
			c.e.StartGet(w)
		} else {
			c.s.StartGet(w)
		}
		if s.Arg == 0 { // polled once and left
			if w.Poll(t) == sched.Pending {
				w.Abandon(t)
				return true
			}
		} else if err := sched.Await(t, w); err != nil {
			return c.got(t, i, nil, err)
		}
		return c.got(t, i, w.Address(), nil)
	}
	return true
}

func TestModelEventually(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		program := modeltest.Draw(t, 13)
		modeltest.Play(t, 1, rapid.Uint64().Draw(t, "seed"), func(w *explore.World) {
			c := &cellModel{w: w}
			c.e.Init(w.Exec, "e")
			c.s.Init(w.Exec, "s")
			modeltest.Crew(w, program, c.do, nil)
			modeltest.Rescue(w, func() {
				sched.SpawnOutside(w.Exec, "rescue", func(t *sched.Task) int {
					for i := range c.value {
						if c.value[i] == 0 {
							c.set(t, i)
						}
					}
					return 0
				})
			})
		})
	})
}

// Several lanes act in the middle of each other's calls: the monitors judge, and the outcomes that need no order.
func TestModelEndsOnSeveralLanes(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		program := modeltest.Draw(t, 12)
		lanes := rapid.IntRange(2, 4).Draw(t, "lanes")
		modeltest.Play(t, lanes, rapid.Uint64().Draw(t, "seed"), func(w *explore.World) {
			var c tsync.Chan[int]
			var q tsync.SPSC[int]
			var o tsync.Oneshot[int]
			var e tsync.Eventually[int]
			c.Init(w.Exec, "c", make([]int, 2))
			q.Init(w.Exec, "q", make([]int, 2))
			o.Init(w.Exec, "o")
			e.Init(w.Exec, "e")
			var tx [5]tsync.Sender[int]
			var rx [5]tsync.Receiver[int]
			var held [5]bool
			modeltest.Crew(w, program, func(t *sched.Task, me int, s modeltest.Step) bool {
				var err error
				switch s.Act {
				case 1:
					t.Yield()
				case 2:
					if !held[me] {
						err = c.HoldTx(t, &tx[me])
						held[me] = err == nil
					}
					if err == nil {
						err = tx[me].Send(t, me)
						if s.Arg == 0 {
							tx[me].Release(t)
							held[me] = false
						}
					}
				case 3:
					if err = c.HoldRx(t, &rx[me]); err == nil {
						_, err = rx[me].Recv(t)
						rx[me].Release(t)
					}
				case 4:
					e.Set(t, me)
				case 5:
					_, err = e.Get(t)
				case 6:
					o.Send(t, me)
				case 7:
					_, err = o.Recv(t)
				default:
					switch me {
					case 0:
						if s.Arg == 0 {
							q.Cork(t)
						} else if q.Send(t, me) == sched.ErrOutOfSpace {
							q.Uncork(t)
						}
					case 1:
						_, err = q.Recv(t)
					}
				}
				return err != sched.ErrCancelled
			}, func(t *sched.Task, me int) {
				tx[me].Release(t)
				rx[me].Release(t)
			})
			modeltest.Rescue(w, func() {
				c.CloseTx()
				c.CloseRx()
				q.CloseTx()
				o.CloseTx()
				sched.SpawnOutside(w.Exec, "rescue", func(t *sched.Task) int { e.Set(t, 1); return 0 })
			})
		})
	})
}
