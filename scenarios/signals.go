package scenarios

import (
	"github.com/tripoint-go/tripoint/internal/explore"
	"github.com/tripoint-go/tripoint/sched"
	"github.com/tripoint-go/tripoint/signals"
	"github.com/tripoint-go/tripoint/vclock"
)

// signalsDefault gets SIGTERM twice. A program that took a shutdown token is asked to stop by the first and ended by the
// second; one that never took a token is ended by the first.
func signalsDefault(w *explore.World) {
	w.Kernel.SignalAt(sigterm, vclock.Instant(vclock.Millisecond))
	w.Kernel.SignalAt(sigterm, vclock.Instant(3*vclock.Millisecond))
	listens := w.Work(2) == 1
	asked, survived := false, false

	w.Main(sched.DetachTasks, func(t *sched.Task) int {
		if listens {
			tok, err := signals.ShutdownToken(t)
			if err != nil {
				return -1
			}
			asked = tok.Wait(t) == nil
		}
		t.Sleep(vclock.Minute)
		survived = true
		return 0
	})
	w.ExpectSignal(sigterm)
	w.AtEnd("the first signal asks, the second ends", func() error {
		w.Sometimes("a signal asked", asked)
		return want((listens || !asked) && !survived, "asked %v, listens %v, survived %v", asked, listens, survived)
	})
}
