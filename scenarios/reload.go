package scenarios

import (
	"syscall"

	"github.com/tripoint-go/tripoint/internal/explore"
	"github.com/tripoint-go/tripoint/sched"
	"github.com/tripoint-go/tripoint/sched/flow"
	"github.com/tripoint-go/tripoint/signals"
	"github.com/tripoint-go/tripoint/vclock"
)

const sighup = int32(syscall.SIGHUP)

// reload loads its configuration again on SIGHUP, in two tasks that share the receiver, of which one may be cancelled, until SIGTERM
// asks it to stop or another SIGHUP, when the receiver is closed, ends it.
//
//	SIGHUP ──▶ receiver ──▶ a or b     SIGTERM ──▶ token ──▶ close the receiver ──▶ SIGHUP again: its default action
//
// Occurrences that nobody has taken count as one, none is lost to a task that has ended, and no SIGHUP asks anybody to stop.
func reload(w *explore.World) {
	ms := func(n int) vclock.Instant { return vclock.Instant(vclock.Duration(n) * vclock.Millisecond) }
	hups := 1 + w.Work(4)
	for i := range hups {
		w.Kernel.SignalAt(sighup, ms(1+i+w.Work(3)))
	}
	w.Kernel.SignalAt(sigterm, ms(10))
	last := w.Work(2) == 1
	loads, stopped, listening := 0, false, false
	w.ExpectSignal(sighup) // one that comes before anybody listens ends the program

	w.Main(sched.DetachTasks, func(t *sched.Task) int {
		tok, err := signals.ShutdownToken(t)
		if err != nil {
			return -1
		}
		if w.Work(3) == 1 {
			t.Sleep(2 * vclock.Millisecond)
		}
		hup, err := signals.Receive(t, syscall.SIGHUP)
		if err != nil {
			return -1
		}
		listening = true
		w.ExpectSignal(0)
		a := sched.Spawn(t, "a", func(t *sched.Task) error {
			for {
				if err := hup.Recv(t); err != nil {
					return err
				}
				loads++
				t.Sleep(vclock.Millisecond)
			}
		})
		b := sched.Spawn(t, "b", func(t *sched.Task) error {
			stop, err := signals.ShutdownToken(t)
			if err != nil {
				return err
			}
			for {
				wait := hup.Wait()
				if won, err := flow.First(t, stop, wait); err != nil || won == 0 {
					return err
				}
				if err := wait.Err(); err != nil {
					return err
				}
				loads++
			}
		})
		if w.Work(2) == 1 {
			t.Sleep(vclock.Duration(ms(2)))
			a.Cancel(t)
		}
		w.Assert(tok.Wait(t) == nil, "SIGTERM asks", "")
		stopped = true
		t.Sleep(10 * vclock.Millisecond) // SIGTERM may be the first
		hup.Close()
		a.Join(t)
		b.Join(t)
		if last {
			w.ExpectSignal(sighup)
			w.Kernel.SignalAt(sighup, w.Kernel.Now().Add(vclock.Millisecond))
		}
		t.Sleep(50 * vclock.Millisecond)
		return 0
	})
	w.AtEnd("SIGHUP loads, SIGTERM stops", func() error {
		if !listening {
			return nil
		}
		w.Sometimes("all occurrences counted", loads == hups)
		w.Sometimes("some counted as one", loads < hups)
		return want(loads <= hups && stopped, "%d loads, %d signals, stopped %t", loads, hups, stopped)
	})
}
