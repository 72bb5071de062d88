//go:build !tinygo

package tsync_test

import (
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/tripoint-go/tripoint/internal/explore"
	"github.com/tripoint-go/tripoint/internal/modeltest"
	"github.com/tripoint-go/tripoint/sched"
	"github.com/tripoint-go/tripoint/sched/flow"
	"github.com/tripoint-go/tripoint/sched/tsync"
	"github.com/tripoint-go/tripoint/vclock"
)

// line is the model of a lock with readers: who holds it how, and who waits for what, in order. Tasks are numbers, -1 is nobody.
type line struct {
	w         *explore.World
	writer    int
	upgrader  int // the upgradeable reader
	readers   []int
	upgrading bool // the upgradeable reader waits to be the writer
	waiting   []claim
	inside    bool
	poisoned  bool
	flushed   map[int]bool // waited when it was poisoned
	onPoison  func()
}

type claim struct {
	who  int
	kind byte // x, u, r
}

func newLine(w *explore.World) *line {
	return &line{w: w, writer: -1, upgrader: -1, flushed: map[int]bool{}, onPoison: func() {}}
}

func (m *line) want(ok bool, call string, args ...any) {
	m.w.Assert(ok, "the lock does what a line of claims does: "+call, "%v: %+v", args, *m)
}

func (m *line) fits(kind byte) bool {
	switch {
	case m.writer >= 0 || m.upgrading:
		return false
	case kind == 'x':
		return m.upgrader < 0 && len(m.readers) == 0
	case kind == 'u':
		return m.upgrader < 0
	}
	return true
}

func (m *line) take(who int, kind byte) {
	switch kind {
	case 'x':
		m.writer = who
	case 'u':
		m.upgrader = who
	default:
		m.readers = append(m.readers, who)
	}
}

func (m *line) holds(who int, kind byte) bool {
	switch kind {
	case 'x':
		return m.writer == who
	case 'u':
		return m.upgrader == who
	}
	return slices.Contains(m.readers, who)
}

func (m *line) holdsAny(who int) bool {
	return m.holds(who, 'x') || m.holds(who, 'u') || m.holds(who, 'r')
}

// next lets in whoever is due.
func (m *line) next() {
	if m.upgrading && len(m.readers) == 0 {
		m.writer, m.upgrader, m.upgrading = m.upgrader, -1, false
	}
	for len(m.waiting) > 0 && m.fits(m.waiting[0].kind) {
		c := m.waiting[0]
		m.waiting = m.waiting[1:]
		m.take(c.who, c.kind)
	}
}

// drop takes away everything that who holds or waits for. What was in flux is poisoned.
func (m *line) drop(who int) {
	if m.writer == who {
		m.writer = -1
		if m.inside {
			m.poison()
		}
		m.inside = false
	}
	if m.upgrader == who {
		m.upgrader, m.upgrading = -1, false
	}
	m.readers = slices.DeleteFunc(m.readers, func(r int) bool { return r == who })
	m.waiting = slices.DeleteFunc(m.waiting, func(c claim) bool { return c.who == who })
	m.next()
}

func (m *line) poison() {
	m.poisoned = true
	for _, c := range m.waiting {
		m.flushed[c.who] = true
	}
	m.waiting = nil
	m.onPoison()
}

// begin is told that who asks for a hold, and says what comes of it: now, later, poisoned.
func (m *line) begin(who int, kind byte) string {
	switch {
	case m.poisoned:
		return "poisoned"
	case len(m.waiting) == 0 && m.fits(kind):
		m.take(who, kind)
		return "now"
	}
	m.waiting = append(m.waiting, claim{who, kind})
	return "later"
}

// acquire calls f, which waits for a hold of that kind, perhaps for some time only, and judges what it returned.
func (m *line) acquire(t *sched.Task, who int, kind byte, f func() error) error {
	at := "cancelled"
	if !t.Ending() {
		at = m.begin(who, kind)
	}
	err := f()
	switch {
	case at == "cancelled":
		m.want(err == sched.ErrCancelled, "a call of a task that ends", err)
	case at == "poisoned":
		m.want(err == sched.ErrPoisoned, "a call for poisoned data", err)
	case err == nil:
		m.want(m.holds(who, kind), "a hold comes in its turn", who)
	case err == sched.ErrPoisoned:
		m.want(m.flushed[who], "poison is for those who waited", who)
	default:
		m.want(err == sched.ErrTimeout && !m.holds(who, kind) || err == sched.ErrCancelled && t.Ending(), "a wait is given up for a reason", err)
		m.drop(who)
	}
	delete(m.flushed, who)
	return err
}

// upgrade is acquire for the upgradeable reader.
func (m *line) upgrade(t *sched.Task, who int, f func() error) error {
	ending := t.Ending()
	if !ending {
		m.upgrading = true
		m.next()
	}
	err := f()
	switch {
	case err == nil:
		m.want(!ending && m.writer == who, "an upgrade comes when the readers have left", who)
	default:
		m.want(err == sched.ErrTimeout && m.writer != who || err == sched.ErrCancelled && t.Ending(), "an upgrade is given up for a reason", err)
		if m.writer == who {
			m.writer = -1
		}
		m.upgrader, m.upgrading = who, false
		m.next()
	}
	return err
}

// rwTask is what the steps of one task share.
type rwTask struct {
	m    *line
	mu   *tsync.RWMutex[[2]int]
	r    tsync.ReadGuard[[2]int]
	w    tsync.LockWait
	me   int
	span vclock.Duration
}

func (x *rwTask) whole(v *[2]int) int {
	x.m.want(v[0] == v[1], "what is read is whole", *v)
	return v[0]
}

// hold reads for some time; false: the task ends, with all it holds.
func (x *rwTask) hold(t *sched.Task, v *[2]int) bool {
	seen := x.whole(v)
	err := t.Sleep(x.span)
	x.m.want(x.whole(v) == seen, "nobody writes while somebody reads", *v, seen)
	return err == nil
}

func (x *rwTask) read(t *sched.Task, s modeltest.Step) bool {
	err := x.m.acquire(t, x.me, 'r', func() error {
		switch s.Arg {
		case 0:
			return x.mu.WithRead(t, func(v *[2]int) { x.whole(v) })
		case 1:
			x.mu.StartRead(&x.r)
			if err := flow.WithTimeout(t, 2, &x.r); err != nil {
				return err
			}
			return x.r.Err()
		}
		return x.mu.ReadLock(t, &x.r)
	})
	switch {
	case err != nil:
		return err != sched.ErrCancelled
	case s.Arg == 0: // over already
	case !x.hold(t, x.r.Value()):
		return false
	}
	x.r.Release()
	x.m.drop(x.me)
	return true
}

func (x *rwTask) write(t *sched.Task, s modeltest.Step) bool {
	var p tsync.Permit[[2]int]
	err := x.m.acquire(t, x.me, 'x', func() (err error) {
		if s.Arg > 0 {
			p, err = x.mu.Lock(t)
			return err
		}
		x.mu.StartLock(&x.w)
		if err = flow.WithTimeout(t, 3, &x.w); err == nil {
			if err = x.w.Err(); err == nil {
				p = x.mu.Permit(&x.w)
			}
		}
		return err
	})
	if err != nil {
		return err != sched.ErrCancelled
	}
	return x.change(t, p, s)
}

// change ends a permit in one of all ways.
func (x *rwTask) change(t *sched.Task, p tsync.Permit[[2]int], s modeltest.Step) bool {
	x.whole(p.Read())
	if s.Arg == 1 {
		up := p.Downgrade()
		x.lowered()
		return x.readOn(t, up, s)
	}
	g := p.Enter()
	x.m.inside = true
	g.Value()[0]++
	if t.Sleep(x.span) != nil {
		return false // poisoned
	}
	if s.Arg == 2 {
		g.Release()
		x.m.drop(x.me)
		return true
	}
	g.Value()[1]++
	x.m.inside = false
	if s.Arg == 3 {
		up := g.Downgrade()
		x.lowered()
		return x.readOn(t, up, s)
	}
	g.Exit()
	x.m.drop(x.me)
	return true
}

func (x *rwTask) lowered() {
	x.m.writer, x.m.upgrader = -1, x.me
	x.m.next()
}

// readOn goes on with an upgradeable guard.
func (x *rwTask) readOn(t *sched.Task, up tsync.UpgradeableGuard[[2]int], s modeltest.Step) bool {
	if !x.hold(t, up.Value()) {
		return false
	}
	if s.Act%2 == 0 {
		up.Release()
		x.m.drop(x.me)
		return true
	}
	up.Share(&x.r)
	x.m.upgrader, x.m.readers = -1, append(x.m.readers, x.me)
	x.m.next()
	if !x.hold(t, x.r.Value()) {
		return false
	}
	x.r.Release()
	x.m.drop(x.me)
	return true
}

func (x *rwTask) upgrade(t *sched.Task, s modeltest.Step) bool {
	var up tsync.UpgradeableGuard[[2]int]
	err := x.m.acquire(t, x.me, 'u', func() (err error) {
		if s.Arg > 0 {
			up, err = x.mu.ReadUpgradeable(t)
			return err
		}
		x.mu.StartUpgradeable(&x.w)
		if err = sched.Await(t, &x.w); err == nil {
			if err = x.w.Err(); err == nil {
				up = x.mu.Upgradeable(&x.w)
			}
		}
		return err
	})
	if err != nil {
		return err != sched.ErrCancelled
	}
	seen := x.whole(up.Value())
	if s.Arg == 4 {
		return x.readOn(t, up, s)
	}
	var p tsync.Permit[[2]int]
	err = x.m.upgrade(t, x.me, func() (err error) {
		if s.Arg%2 == 1 {
			p, err = up.Upgrade(t)
			return err
		}
		up.StartUpgrade(&x.w)
		if err = flow.WithTimeout(t, 2, &x.w); err == nil {
			p = up.Permit(&x.w)
		}
		return err
	})
	switch {
	case err == sched.ErrCancelled:
		return false
	case err != nil:
		return x.readOn(t, up, s)
	}
	x.m.want(x.whole(p.Read()) == seen, "nobody writes before an upgrade", seen)
	return x.change(t, p, s)
}

func (x *rwTask) try(t *sched.Task, s modeltest.Step) bool {
	can := func(kind byte) bool {
		return !t.Ending() && !x.m.poisoned && len(x.m.waiting) == 0 && x.m.fits(kind)
	}
	if s.Arg < 3 {
		could := can('r')
		ok := x.mu.TryReadLock(t, &x.r)
		x.m.want(ok == could, "TryReadLock locks what is to be had", ok)
		if ok {
			x.m.take(x.me, 'r')
			if !x.hold(t, x.r.Value()) {
				return false
			}
			x.r.Release()
			x.m.drop(x.me)
		}
		return true
	}
	could := can('x')
	p, ok := x.mu.TryLock(t)
	x.m.want(ok == could, "TryLock locks what is to be had", ok)
	if ok {
		x.m.take(x.me, 'x')
		return x.change(t, p, modeltest.Step{Act: s.Act, Arg: s.Arg - 3})
	}
	return true
}

func TestModelRWMutex(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		program := modeltest.Draw(t, 12)
		seed := rapid.Uint64().Draw(t, "seed")
		modeltest.Play(t, 1, seed, func(w *explore.World) {
			var mu tsync.RWMutex[[2]int]
			mu.Init(w.Exec, "m", [2]int{})
			m := newLine(w)
			tasks := make([]rwTask, len(program))
			modeltest.Crew(w, program, func(t *sched.Task, me int, s modeltest.Step) bool {
				x := &tasks[me]
				x.m, x.mu, x.me, x.span = m, &mu, me, vclock.Duration(s.Arg)
				switch s.Act {
				case 1:
					t.Yield()
				case 2:
					t.Sleep(x.span)
				case 3, 4, 5:
					return x.read(t, s)
				case 6, 7:
					return x.write(t, s)
				case 8, 9:
					return x.upgrade(t, s)
				case 10:
					return x.try(t, s)
				default:
					mu.Unpoison(t, func(v *[2]int) {
						m.want(m.poisoned && !m.holdsAny(me), "what is repaired is poisoned and free")
						v[0] = v[1]
					})
					m.poisoned = false
				}
				return true
			}, func(t *sched.Task, me int) { m.drop(me) })
		})
	})
}
