package scenarios

import (
	"github.com/tripoint-go/tripoint/internal/explore"
	"github.com/tripoint-go/tripoint/sched"
	"github.com/tripoint-go/tripoint/sched/flow"
	"github.com/tripoint-go/tripoint/vclock"
)

// blinker is a polled future in static storage, as a driver on a microcontroller would be: it waits for its line or for a
// deadline, whichever comes first, a few times over.
type blinker struct {
	task     sched.Task
	line     sched.LineWait
	sleep    sched.Sleep
	race     flow.Race[*sched.LineWait, *sched.Sleep]
	racing   bool
	rounds   int
	irqs     int
	timeouts int
}

// blink is its body: a plain function that finds its state by the task, so that nothing needs a heap.
func blink(t *sched.Task) sched.Poll {
	b := t.Arg.(*blinker)
	for b.rounds < 4 {
		if !b.racing {
			b.racing = true
			b.line.Start(2)
			b.sleep.Start(t, 700*vclock.Microsecond)
			b.race = flow.Race[*sched.LineWait, *sched.Sleep]{A: &b.line, B: &b.sleep}
		}
		if b.race.Poll(t) == sched.Pending {
			return sched.Pending
		}
		b.racing = false
		b.rounds++
		if b.race.Won() == 0 {
			b.irqs++
		} else {
			b.timeouts++
		}
	}
	return sched.Ready
}

// futures runs static tasks that are polled futures: started, started again while live (refused), stopped, and started
// anew in the same storage.
func futures(w *explore.World) {
	var b, stopped blinker
	b.task.Arg, stopped.task.Arg = &b, &stopped
	for i := 1; i <= 3; i++ {
		w.Host.Raise(2, vclock.Duration(i)*vclock.Millisecond)
	}
	var refused, again bool

	w.Run(sched.WaitForAllTasks, func(t *sched.Task) int {
		ex := t.Executor()
		start := func(task *sched.Task, name string) (*sched.JoinHandle, error) {
			in := t.Enter()
			defer t.Leave(in)
			return task.Start(ex, t, name, blink)
		}
		h, err := start(&b.task, "blinker")
		if err != nil {
			return -1
		}
		_, err = start(&b.task, "blinker")
		refused = err == sched.ErrRunning
		s, err := start(&stopped.task, "stopped")
		if err != nil {
			return -1
		}
		t.Sleep(vclock.Duration(w.Work(4)) * vclock.Millisecond / 2)
		s.Stop()
		sched.Await(t, s)
		stopped.rounds, stopped.racing = 0, false
		s, err = start(&stopped.task, "started again")
		again = err == nil
		if again {
			sched.Await(t, s)
		}
		sched.Await(t, h)
		return b.rounds
	})
	w.AtEnd("static tasks end by themselves or by their handle, and can live again", func() error {
		return want(refused && again && b.rounds == 4 && stopped.rounds == 4, "refused %v, again %v, rounds %d and %d",
			refused, again, b.rounds, stopped.rounds)
	})
}
