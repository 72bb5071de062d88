//go:build linux

package tripoint

import (
	"bytes"
	"errors"
	"testing"
	"time"

	"github.com/tripoint-go/tripoint/sched"
)

// SD9, stall rule: when the root has ended, its scope has fired, so no signal can fire a token any more, and a task that nothing
// can wake fails a mode that waits for it, also in programs that took a token.
func TestStallAfterAToken(t *testing.T) {
	needRing(t)
	for _, m := range modes()[:2] {
		o := Options{Mode: m, Grace: 1, Log: new(bytes.Buffer)}.filled()
		w, err := o.open(false)
		if err != nil {
			t.Fatal(err)
		}
		done := make(chan error, 1)
		go func() {
			_, err := sched.Main(w.ex, m, func(t *sched.Task) int {
				token(t).Release()
				sched.Spawn(t, "stuck", func(t *sched.Task) error { return never(t) })
				return 0
			})
			done <- err
		}()
		select {
		case err := <-done:
			if !errors.Is(err, sched.ErrStalled) {
				t.Errorf("mode %d: got %v, want %v", m, err, sched.ErrStalled)
			}
			w.close()
		case <-time.After(5 * time.Second):
			t.Errorf("mode %d: the run hangs: %s; log: %s", m, list(liveTasks(w.ex)), o.Log)
		}
	}
}
