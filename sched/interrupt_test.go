//go:build !tinygo

package sched

import (
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/tripoint-go/tripoint/backend"
	"github.com/tripoint-go/tripoint/vclock"
)

// nvic is a scripted world whose interrupts interrupt: requests of devices come at instants, and their handlers run where the
// executor lets them in, between two polls and while it waits. Time passes in Wait, and in bodies that move it.
type nvic struct {
	fake
	t        failer
	ex       *Executor
	handler  backend.Handler
	requests []irqRequest // not yet due, in order
	pending  [nvicLines]bool
	passOnly bool   // no handler polls
	onIdle   func() // a handler of the program's own, called in Wait
	woken    bool
	closed   bool
	opens    int // handlers that ran between two polls
	waits    int // handlers that ran while the executor waited
	directs  int // of these, those that polled
}

const nvicLines = 20

type irqRequest struct {
	at   vclock.Instant
	line int
}

func (b *nvic) Attach(h backend.Handler) { b.handler = h }
func (b *nvic) Unpark()                  { b.woken = true }
func (b *nvic) LinePend(n int)           { b.pending[n] = true }

func (b *nvic) Close() {
	b.closed = true
	if i := slices.Index(b.enabled, true); i >= 0 {
		b.t.Errorf("SD12: line %d is enabled at the end", i)
	}
}

func (b *nvic) Open() {
	if b.ex.waiting != nil {
		b.t.Errorf("a handler may poll while the executor does")
	}
	b.opens += b.deliver()
}

// deliver runs the handlers of what is requested and enabled, the lowest line first, as a processor does, until there is none.
func (b *nvic) deliver() int {
	ran := 0
	for {
		for len(b.requests) > 0 && b.requests[0].at <= b.now {
			b.pending[b.requests[0].line] = true
			b.requests = b.requests[1:]
		}
		n := 0
		for n < nvicLines && !(b.pending[n] && b.enabled[n]) {
			n++
		}
		if n == nvicLines {
			return ran
		}
		if b.closed {
			b.t.Errorf("SD12: line %d has a handler after the end", n)
			return ran
		}
		b.pending[n] = false
		if b.passOnly {
			b.ex.waiting = nil
		}
		steps := b.ex.steps
		b.handler.Interrupt(n)
		if b.ex.steps > steps {
			b.directs++
		}
		if name, ok := b.handler.Running(); ok {
			b.t.Errorf("task %q runs after a handler", name)
		}
		ran++
	}
}

// Wait implements backend.Backend. When nothing else can happen, the devices that somebody waits for request their lines.
func (b *nvic) Wait(until vclock.Instant) bool {
	for {
		b.mature()
		b.waits += b.deliver()
		if b.onIdle != nil {
			b.onIdle()
		}
		if b.woken || len(b.due) > 0 {
			b.woken = false
			return true
		}
		next := until
		for _, ev := range b.later {
			next = min(next, ev.at)
		}
		if len(b.requests) > 0 {
			next = min(next, b.requests[0].at)
		}
		if next == vclock.Forever {
			n := slices.Index(b.enabled, true)
			if n < 0 {
				return false
			}
			b.pending[n] = true
			continue
		}
		b.now = max(b.now, next)
		if next == until {
			return true
		}
	}
}

// newNVIC makes a world with such a backend.
func newNVIC(t failer, opts Options) (*world, *nvic) {
	t.Helper()
	w := newWorld(t, Limits{}, opts)
	b := &nvic{fake: fake{accept: -1, enabled: make([]bool, nvicLines), caps: w.be.caps}, t: t}
	b.caps.Lines = nvicLines
	b.auto = func(op *backend.Op) *event {
		return &event{at: b.now + vclock.Instant(op.FD), c: backend.Completion{Res: 0}}
	}
	w.be, w.ticks, w.opts.Backend = &b.fake, true, b
	w.ex = New(Limits{Tasks: 32, Ops: 8}, w.opts)
	b.ex = w.ex
	t.Cleanup(w.ex.Close)
	return w, b
}

// irqAct is one step of a drawn body.
type irqAct struct{ what, n, line int }

// irqTask is a task of a drawn program: a straight-line task that does its acts, or a future that waits for its line as many times.
type irqTask struct {
	task   Task
	future bool
	acts   []irqAct
	at     int
	begun  bool
	wait   LineWait
	log    []error // of each wait
	b      *nvic
}

func (m *irqTask) run(t *Task) int64 {
	for _, a := range m.acts {
		switch a.what {
		case 0, 1, 2:
			m.log = append(m.log, t.WaitIRQ(a.line))
		case 3:
			m.log = append(m.log, t.Sleep(vclock.Duration(a.n)))
		case 4:
			m.log = append(m.log, t.Yield())
		case 5:
			t.ex.PendLine(a.line)
		case 6:
			_, err := t.Do(backend.OpRead, int32(a.n), nil, -1)
			m.log = append(m.log, err)
		default:
			m.b.now += vclock.Instant(a.n)
		}
	}
	return int64(len(m.log))
}

func (m *irqTask) poll(t *Task) Poll {
	for ; m.at < len(m.acts); m.at++ {
		if !m.begun {
			m.begun = true
			m.wait.Start(m.acts[m.at].line)
		}
		if m.wait.Poll(t) == Pending {
			return Pending
		}
		m.begun = false
		m.log = append(m.log, m.wait.Err())
		m.b.now += vclock.Instant(m.acts[m.at].n)
		if m.acts[m.at].what == 4 {
			t.YieldNow()
		}
	}
	return Ready
}

// irqProgram is a drawn program and its devices.
type irqProgram struct {
	members  []irqTask
	requests []irqRequest
	mode     Mode
	main     bool
}

func drawProgram(t *rapid.T) *irqProgram {
	p := &irqProgram{
		mode: Mode(rapid.IntRange(0, 2).Draw(t, "mode")), main: rapid.Bool().Draw(t, "main"),
		members: make([]irqTask, rapid.IntRange(1, 5).Draw(t, "tasks")),
	}
	line := rapid.IntRange(14, 14+2)
	for i := range p.members {
		m := &p.members[i]
		m.future = rapid.Bool().Draw(t, "future")
		for range rapid.IntRange(1, 7).Draw(t, "acts") {
			m.acts = append(m.acts, irqAct{rapid.IntRange(0, 7).Draw(t, "act"), rapid.IntRange(0, 9).Draw(t, "n"), line.Draw(t, "line")})
		}
	}
	at := 0
	for range rapid.IntRange(0, 20).Draw(t, "requests") {
		at += rapid.IntRange(0, 6).Draw(t, "later")
		p.requests = append(p.requests, irqRequest{vclock.Instant(at), line.Draw(t, "line")})
	}
	return p
}

// start runs a program. The root joins the first half of its tasks.
func (p *irqProgram) start(t failer, passOnly bool) (w *world, b *nvic, members []irqTask, code int64) {
	t.Helper()
	w, b = newNVIC(t, Options{Grace: 50})
	b.passOnly, b.requests = passOnly, slices.Clone(p.requests)
	members = make([]irqTask, len(p.members))
	for i := range members {
		members[i] = irqTask{future: p.members[i].future, acts: p.members[i].acts, b: b}
		members[i].task.Arg = &members[i]
	}
	code, err := w.serve(p.mode, p.main, members, func(t *Task) int64 {
		members := t.Arg.([]irqTask)
		for i := range members {
			m := &members[i]
			if m.future {
				m.task.Start(t.ex, t, "future", func(t *Task) Poll { return t.Arg.(*irqTask).poll(t) })
			} else {
				m.task.StartFunc(t.ex, t, "line", func(t *Task) int64 { return t.Arg.(*irqTask).run(t) }, nil)
			}
		}
		var sum int64
		for i := range (len(members) + 1) / 2 {
			n, _ := members[i].task.self.Join(t)
			sum = 10*sum + n
		}
		return sum
	})
	if err != nil {
		w.fatalf("the run failed: %v", err)
	}
	return w, b, members, code
}

// Interrupts at any point where they may come keep every rule; and where everybody is waited for, the results are those of a world in which
// no handler polls. The order may differ: of two requests at the same time, the second handler runs after the first one's task.
func TestInterruptsAtAnyPoint(t *testing.T) {
	var opens, waits, directs int
	rapid.Check(t, func(t *rapid.T) {
		p := drawProgram(t)
		w, b, got, code := p.start(t, false)
		_, sb, want, slowCode := p.start(t, true)
		opens, waits, directs = opens+b.opens, waits+b.waits, directs+b.directs
		if sb.directs != 0 {
			t.Errorf("%d handlers polled that must not", sb.directs)
		}
		if p.mode != WaitForAllTasks { // elsewhere the end of the root cuts off who comes later
			return
		}
		if code != slowCode {
			w.errorf("got the value %d, want %d, as without polls in handlers", code, slowCode)
		}
		for i := range got {
			if !slices.Equal(got[i].log, want[i].log) {
				w.errorf("task %d: got the log %v, want %v, as without polls in handlers", i, got[i].log, want[i].log)
			}
		}
	})
	if opens == 0 || waits == 0 || directs == 0 {
		t.Errorf("got %d handlers between polls, %d during waits, %d that polled, want all three", opens, waits, directs)
	}
}

// A task that requests its own line again and again, and waits for it, keeps nobody else from being served: neither a line behind it nor
// a timer.
func TestLineThatStormsInHandlers(t *testing.T) {
	w, b := newNVIC(t, Options{})
	var storm, behind, timer Task
	rounds := 0
	storm.Arg = &rounds
	code, err := w.serve(WaitForAllTasks, false, []*Task{&storm, &behind, &timer}, func(t *Task) int64 {
		tasks := t.Arg.([]*Task)
		behind, _ := tasks[1].StartFunc(t.ex, t, "behind", func(t *Task) int64 { t.WaitIRQ(16); return 3 }, nil)
		timer, _ := tasks[2].StartFunc(t.ex, t, "timer", func(t *Task) int64 { t.Sleep(5); return 4 }, nil)
		tasks[0].StartFunc(t.ex, t, "storm", func(t *Task) int64 {
			t.WaitIRQ(14) // with nobody queued: its handler polls
			for n := t.Arg.(*int); !behind.Done() || !timer.Done(); *n++ {
				t.ex.PendLine(14)
				t.ex.PendLine(16)
				b.now++
				t.WaitIRQ(14)
				if *n > 100 {
					return 0
				}
			}
			return 5
		}, nil)
		sum, _ := tasks[0].self.Join(t)
		return sum
	})
	if code != 5 || err != nil || b.directs == 0 {
		w.fatalf("got %d and %v after %d rounds with %d polls in handlers, want 5: both others have ended", code, err, rounds, b.directs)
	}
}

// What a poll in a handler prepares is submitted when its turn ends, before a timer that has become due meanwhile.
func TestOperationOfAPollInAHandler(t *testing.T) {
	w, b := newNVIC(t, Options{})
	var device, timer Task
	code, err := w.serve(WaitForAllTasks, false, []*Task{&device, &timer}, func(t *Task) int64 {
		tasks := t.Arg.([]*Task)
		b.requests = []irqRequest{{1, 14}}
		tasks[1].StartFunc(t.ex, t, "timer", func(t *Task) int64 { t.Sleep(5); return 0 }, nil)
		h, _ := tasks[0].StartFunc(t.ex, t, "device", func(t *Task) int64 {
			t.WaitIRQ(14)
			b.now += 10
			t.Do(backend.OpRead, 1, nil, -1)
			return 6
		}, nil)
		v, _ := h.Join(t)
		return v
	})
	if code != 6 || err != nil || b.directs != 1 {
		w.fatalf("got %d and %v with %d polls in handlers, want 6 with one", code, err, b.directs)
	}
	w.wantOrder("irq n=14", "submit", "expire", "joined")
}
