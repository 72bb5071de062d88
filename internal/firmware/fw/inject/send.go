//go:build tinygo && cortexm && window_send

package main

import (
	"github.com/tripoint-go/tripoint/sched"
	"github.com/tripoint-go/tripoint/sched/tsync"
)

// Channel send: a value goes to a task that waits for it, and for the line that interrupts, too.

var (
	ch       tsync.Chan[int32]
	room     [2]int32
	receive  tsync.RecvWait[int32]
	receiver waiter
)

func program(t *sched.Task) int64 {
	ch.Init(&ex, "values", room[:])
	ch.StartRecv(&receive)
	settle(t)
	receiver.start(t, "receiver", first, receiving)
	t.Yield()
	window(t)
	t.Yield()
	if v, err := receive.Value(); v != 7 || err != nil {
		return 1
	}
	return finish(t, &receiver)
}

func receiving(t *sched.Task) sched.Poll { return receiver.beside(t, receive.Poll(t)) }

//export tripoint_window
//go:noinline
func window(t *sched.Task) { ch.TrySend(t, 7) }
