//go:build !tinygo

package sched

import (
	"cmp"
	"fmt"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/tripoint-go/tripoint/backend"
	"github.com/tripoint-go/tripoint/vclock"
)

// The run queue against a slice.
func TestRunQueueModel(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(1, 9).Draw(t, "tasks")
		q := runQueue{buf: make([]uint32, 2*n)}
		var model []uint32
		t.Repeat(map[string]func(*rapid.T){
			"push": func(t *rapid.T) {
				slot := uint32(rapid.IntRange(1, n).Draw(t, "slot"))
				if slices.Contains(model, slot) {
					t.Skip("queued already")
				}
				q.push(slot)
				model = append(model, slot)
			},
			"pop": func(t *rapid.T) {
				if len(model) == 0 {
					t.Skip("empty")
				}
				if got := q.pop(); got != model[0] {
					t.Fatalf("pop returned %d, want %d", got, model[0])
				}
				model = model[1:]
			},
			"take": func(t *rapid.T) {
				if len(model) == 0 {
					t.Skip("empty")
				}
				i := rapid.IntRange(0, len(model)-1).Draw(t, "i")
				if got := q.take(i); got != model[i] {
					t.Fatalf("take(%d) returned %d, want %d", i, got, model[i])
				}
				model = slices.Delete(slices.Clone(model), i, i+1)
			},
			"": func(t *rapid.T) {
				if !slices.Equal(q.ready(), model) || q.len() != len(model) {
					t.Fatalf("the queue holds %v, want %v", q.ready(), model)
				}
			},
		})
	})
}

// The pairing heap against a sorted slice, with removals anywhere.
func TestTimerHeapModel(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var h timerHeap
		var model []*Timer
		next := int64(0)
		t.Repeat(map[string]func(*rapid.T){
			"insert": func(t *rapid.T) {
				next++
				tm := &Timer{id: next, deadline: vclock.Instant(rapid.IntRange(0, 9).Draw(t, "deadline"))}
				h.insert(tm)
				i, _ := slices.BinarySearchFunc(model, tm, func(a, b *Timer) int {
					return cmp.Or(cmp.Compare(a.deadline, b.deadline), cmp.Compare(a.id, b.id))
				})
				model = slices.Insert(model, i, tm)
			},
			"removeAny": func(t *rapid.T) {
				if len(model) == 0 {
					t.Skip("empty")
				}
				i := rapid.IntRange(0, len(model)-1).Draw(t, "i")
				h.remove(model[i])
				model = slices.Delete(model, i, i+1)
			},
			"removeFirst": func(t *rapid.T) {
				if len(model) == 0 {
					t.Skip("empty")
				}
				h.remove(h.root)
				model = model[1:]
			},
			"": func(t *rapid.T) {
				if len(model) == 0 != (h.root == nil) || len(model) > 0 && h.root != model[0] {
					t.Fatalf("the first timer is %v, want %v", h.root, model)
				}
				if h.root != nil && (h.root.prev != nil || h.root.sibling != nil) {
					t.Fatalf("the root has a neighbour")
				}
				if n := checkHeap(t, h.root); n != len(model) {
					t.Fatalf("the heap holds %d timers, want %d", n, len(model))
				}
			},
		})
	})
}

// checkHeap counts the timers below and including tm, and checks order and links.
func checkHeap(t *rapid.T, tm *Timer) int {
	if tm == nil {
		return 0
	}
	n, prev := 1, tm
	for c := tm.child; c != nil; c = c.sibling {
		if c.prev != prev || c.before(tm) {
			t.Fatalf("timer %d is out of place below %d", c.id, tm.id)
		}
		n += checkHeap(t, c)
		prev = c
	}
	return n
}

// listModel is the naive waiter list: a slice of node indexes for each list.
type listModel struct {
	lists [2][]int
}

// The waiter lists against slices, with passes whose before-functions link, unlink and start passes inside, on the same
// list and on the other one (CM1 to CM5, CM11, CM12).
func TestWaiterListModel(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		be := &fake{accept: -1}
		ex := New(Limits{Tasks: 4}, Options{Backend: be})
		tasks := [3]Task{}
		for i := range tasks {
			tasks[i].name, tasks[i].poll = fmt.Sprint(i), func(*Task) Poll { return Pending }
			ex.start(&tasks[i], nil, &tasks[i].self)
		}
		var lists [2]List
		nodes := make([]Node, 6)
		owner := func(i int) *Task { return &tasks[i%len(tasks)] }
		var m listModel
		passes := 0
		drop := func(l, i int) {
			if at := slices.Index(m.lists[l], i); at >= 0 {
				m.lists[l] = slices.Delete(slices.Clone(m.lists[l]), at, at+1)
			}
		}
		link := func(l, i int) {
			if !nodes[i].Linked() {
				lists[l].Link(&nodes[i], owner(i))
				m.lists[l] = append(m.lists[l], i)
			}
		}
		unlink := func(i int) {
			nodes[i].Unlink()
			drop(0, i)
			drop(1, i)
		}
		var pass func(l, depth int)
		act := func(depth int) {
			i, l := rapid.IntRange(0, 5).Draw(rt, "node"), rapid.IntRange(0, 1).Draw(rt, "list")
			switch rapid.IntRange(0, 4).Draw(rt, "action") {
			case 0:
				link(l, i)
			case 1:
				unlink(i)
			case 2:
				unlink(i)
				link(l, i)
			case 3:
				if depth < 3 {
					pass(l, depth+1)
				}
			}
		}
		pass = func(l, depth int) {
			passes++
			id := passes
			owed := slices.Clone(m.lists[l]) // what is linked now, unless it leaves
			gen := map[int]int64{}
			for _, i := range owed {
				gen[i] = nodes[i].id
			}
			var got []int
			lists[l].PassEach(ex, backend.WakeSync, func(n *Node) {
				i := slices.IndexFunc(nodes, func(x Node) bool { return x.id == n.id })
				if len(m.lists[l]) == 0 || m.lists[l][0] != i {
					rt.Fatalf("pass %d is at node %d, want the head of %v", id, i, m.lists[l])
				}
				if gen[i] != n.id {
					rt.Fatalf("pass %d is at node %d, which was linked after it began", id, i)
				}
				act(depth)
				if n.list == &lists[l] && n.id == gen[i] {
					got = append(got, i)
					drop(l, i)
				}
			})
			for _, i := range m.lists[l] {
				if g, was := gen[i]; was && g == nodes[i].id {
					rt.Fatalf("pass %d left node %d, which was linked when it began", id, i)
				}
			}
			if !slices.IsSortedFunc(got, func(a, b int) int { return cmp.Compare(gen[a], gen[b]) }) {
				rt.Fatalf("pass %d fired %v, not in the order of linking", id, got)
			}
		}
		rt.Repeat(map[string]func(*rapid.T){
			"act":  func(*rapid.T) { act(0) },
			"pass": func(t *rapid.T) { pass(rapid.IntRange(0, 1).Draw(t, "list"), 0) },
			"fire": func(t *rapid.T) {
				l := rapid.IntRange(0, 1).Draw(t, "list")
				if n := lists[l].First(); n != nil {
					n.Fire(backend.WakeSync)
					m.lists[l] = m.lists[l][1:]
				}
			},
			"": func(t *rapid.T) {
				for l := range lists {
					checkList(t, &lists[l], nodes, m.lists[l])
				}
			},
		})
		ex.Close()
	})
}

// checkList checks that list l holds exactly the nodes want, in order, and that all links agree (CM4).
func checkList(t *rapid.T, l *List, nodes []Node, want []int) {
	var prev *Node
	i := 0
	for n := l.head; n != nil; prev, n, i = n, n.next, i+1 {
		if n.list != l || n.prev != prev || i >= len(want) || n != &nodes[want[i]] {
			t.Fatalf("the list differs from %v at %d", want, i)
		}
	}
	if l.tail != prev || i != len(want) {
		t.Fatalf("the list has %d nodes, want %v", i, want)
	}
}

// A node that leaves and joins again in the middle of a pass waits for the next pass (CM2).
func TestPassSkipsANodeThatJoinsAgain(t *testing.T) {
	w := newWorld(t, Limits{}, Options{})
	w.run(DetachTasks, func(t *Task) int {
		var l List
		var n [2]Node
		l.Link(&n[0], t)
		l.Link(&n[1], t)
		l.PassEach(t.ex, backend.WakeSync, func(x *Node) {
			if x == &n[0] {
				x.Unlink()
				l.Link(x, t)
			}
		})
		if !n[0].Linked() || n[0].Fired() || !n[1].Fired() {
			return -200
		}
		n[0].Unlink()
		return 0
	})
}

// CM12: one wake for a task with several nodes, also if a pass over another list, or a nested one, comes between them.
func TestPassWakesEachTaskOnce(t *testing.T) {
	for nested := range 2 {
		w := newWorld(t, Limits{}, Options{})
		w.run(WaitForAllTasks, func(t *Task) int {
			var l [2]List
			var n [4]Node
			h := SpawnFuture(t, "waiter", func(t *Task) Poll {
				if !n[0].Fired() {
					return Pending
				}
				return Ready
			})
			yields(t, 1)
			l[0].Link(&n[0], h.Task())
			l[0].Link(&n[1], t)
			l[0].Link(&n[2], h.Task())
			l[1].Link(&n[3], h.Task())
			l[0].PassEach(t.ex, backend.WakeSync, func(x *Node) {
				if x == &n[1] {
					l[1-nested].Pass(t.ex, backend.WakeSync)
				}
			})
			n[3].Unlink()
			h.Poll(t)
			t.Sleep(1)
			return 0
		})
	}
}

// Passes before the poll share it, and one before the first poll of a task does so too.
func TestPassesShareAPoll(t *testing.T) {
	w := newWorld(t, Limits{}, Options{})
	w.run(WaitForAllTasks, func(t *Task) int {
		h := Spawn(t, "waiter", func(t *Task) int { return len([]error{t.WaitIRQ(1), t.WaitIRQ(1)}) })
		yields(t, 1)
		w.be.LinePend(1)
		w.be.LinePend(1)
		t.Sleep(5)
		w.be.LinePend(1)
		h.Join(t)
		return 0
	})
	w.wantCount(3, "irq n=1")
	w.wantCount(3, "poll+ t=2")
}
