package scenarios

import (
	"errors"
	"fmt"

	"github.com/tripoint-go/tripoint/internal/explore"
	"github.com/tripoint-go/tripoint/sched"
	"github.com/tripoint-go/tripoint/sched/flow"
	"github.com/tripoint-go/tripoint/vclock"
)

var errListen = errors.New("address in use")

// bundle runs three servers together. One of them fails; the result names it, the others run on until the bundle is closed,
// which asks them to stop, gives them time, and then cancels the one that does not listen.
func bundle(w *explore.World) {
	var failed error
	var late, again bool
	var served [3]int
	failing := w.Work(3)

	w.Main(sched.DetachTasks, func(t *sched.Task) int {
		b, err := flow.NewBundle(t, "servers")
		if err != nil {
			return -1
		}
		for i := range served {
			b.Add(fmt.Sprintf("server-%d", i), func(t *sched.Task) error {
				tok, err := b.Token(t)
				if err != nil {
					return err
				}
				for round := 0; ; round++ {
					if i == failing && round == 2 {
						return errListen
					}
					if err := t.Sleep(vclock.Duration(3+i) * vclock.Millisecond); err != nil {
						return err
					}
					served[i]++
					if i != (failing+1)%3 && tok.IsCancelled() {
						return nil // one of the two others never looks at its token
					}
				}
			})
		}
		failed = b.Join(t)
		again = b.Join(t) == failed
		late = sched.Is(b.Close(t, 20*vclock.Millisecond), sched.ErrScopeLate)
		return 7
	})
	w.AtEnd("the bundle names the member that failed", func() error {
		var m *flow.MemberError
		ok := errors.As(failed, &m) && m.Name == fmt.Sprintf("server-%d", failing) && errors.Is(failed, errListen)
		return want(ok && late && again, "join says %v, late %v, the same again %v", failed, late, again)
	})
}
