package portable

import (
	"github.com/tripoint-go/tripoint/sched"
	"github.com/tripoint-go/tripoint/sched/flow"
	"github.com/tripoint-go/tripoint/vclock"
)

// Futures runs static tasks that are polled futures: started, started again while live (refused), stopped, and started anew in
// the same storage.
type Futures struct {
	w              *World
	first, stopped blinker
	refused, again bool
}

// blinker is a polled future in static storage, as a driver on a microcontroller would be: it waits for its line or for a
// deadline, whichever comes first, a few times over.
type blinker struct {
	w      *World
	task   *sched.Task
	line   sched.LineWait
	sleep  sched.Sleep
	race   flow.Race[*sched.LineWait, *sched.Sleep]
	racing bool
	rounds int32
}

const blinks = 4

// Setup implements Program.
func (p *Futures) Setup(w *World) {
	p.w = w
	p.first.init(w)
	p.stopped.init(w)
	for i := range 3 {
		w.Raise(2, vclock.Duration(i+1)*vclock.Millisecond)
	}
	w.Run(sched.WaitForAllTasks, futuresRoot)
}

// Check implements Program.
func (p *Futures) Check(w *World) {
	w.Assert(p.refused, "a live task is not started again")
	w.Assert(p.again, "a task that was stopped can live again")
	w.Equal("static tasks end by themselves", int64(p.first.rounds), blinks)
	w.Equal("a task that lives again ends by itself", int64(p.stopped.rounds), blinks)
}

func futuresRoot(t *sched.Task) int64 {
	p := t.Arg.(*Futures)
	h, err := p.first.start(t, "blinker")
	if err != nil {
		return -1
	}
	_, err = p.first.start(t, "blinker")
	p.refused = sched.Is(err, sched.ErrRunning)
	s, err := p.stopped.start(t, "stopped")
	if err != nil {
		return -1
	}
	t.Sleep(p.w.Draw(4, vclock.Millisecond/2))
	s.Stop()
	sched.Await(t, s)
	p.stopped.rounds, p.stopped.racing = 0, false
	s, err = p.stopped.start(t, "started again")
	p.again = err == nil
	if p.again {
		sched.Await(t, s)
	}
	sched.Await(t, h)
	return int64(p.first.rounds)
}

func (b *blinker) init(w *World) {
	b.w = w
	b.task, _ = w.Take()
	b.task.Arg = b
}

func (b *blinker) start(t *sched.Task, name string) (*sched.JoinHandle, error) {
	return b.task.Start(b.w.Exec, t, name, blink)
}

func blink(t *sched.Task) sched.Poll {
	b := t.Arg.(*blinker)
	for b.rounds < blinks {
		if !b.racing {
			b.racing = true
			b.line.Start(b.w.Line(2))
			b.sleep.Start(t, 700*vclock.Microsecond)
			b.race = flow.Race[*sched.LineWait, *sched.Sleep]{A: &b.line, B: &b.sleep}
		}
		if b.race.Poll(t) == sched.Pending {
			return sched.Pending
		}
		b.racing = false
		b.rounds++
	}
	return sched.Ready
}
