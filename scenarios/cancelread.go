package scenarios

import (
	"bytes"

	"github.com/tripoint-go/tripoint/aio"
	"github.com/tripoint-go/tripoint/backend"
	"github.com/tripoint-go/tripoint/internal/explore"
	"github.com/tripoint-go/tripoint/sched"
	"github.com/tripoint-go/tripoint/sched/flow"
	"github.com/tripoint-go/tripoint/vclock"
)

// cancelRead cancels a read that has lent its buffer to the kernel, while the bytes arrive. Either side may win. The buffer
// comes back only when the operation is over, and no byte is lost: what the cancelled read did not take, the next one gets.
func cancelRead(w *explore.World) {
	rfd, wfd := w.Host.Pipe()
	message := []byte("no byte is lost")
	var got []byte
	var timedOut int

	w.Run(sched.WaitForAllTasks, func(t *sched.Task) int {
		sched.Spawn(t, "writer", func(t *sched.Task) int {
			out := aio.NewStream(t, wfd)
			for i := 0; i < len(message); i += 5 {
				t.Sleep(3 * vclock.Microsecond)
				if _, err := out.WriteAll(t, message[i:i+5]); err != nil {
					return -1
				}
			}
			out.Close(t)
			return len(message)
		})
		victim := sched.Spawn(t, "victim", func(t *sched.Task) int {
			buf := make([]byte, 8)
			n, err := t.Do(backend.OpRead, rfd, buf, -1)
			if err != nil {
				return 0
			}
			got = append(got, buf[:n]...)
			return n
		})
		t.Sleep(vclock.Duration(w.Work(5)) * vclock.Microsecond)
		_, finished, _ := victim.Cancel(t)
		w.Sometimes("the cancel won", !finished)
		w.Sometimes("the read won", finished)

		in := aio.NewStream(t, rfd)
		for {
			buf := make([]byte, 8)
			n, err := in.Read(t, buf)
			if err != nil {
				break
			}
			got = append(got, buf[:n]...)
			var late sched.Sleep
			late.Start(t, vclock.Microsecond)
			if flow.WithTimeout(t, vclock.Microsecond, &late) == sched.ErrTimeout {
				timedOut++
			}
		}
		in.Close(t)
		return len(got)
	})
	w.AtEnd("a cancelled read consumes nothing, a finished one everything", func() error {
		lost := !bytes.HasSuffix(message, got)
		return want(!lost && timedOut == 0 && w.Host.InFlight() == 0, "got %q of %q, %d ties lost by the future, %d operations in flight",
			got, message, timedOut, w.Host.InFlight())
	})
}
