//go:build tinygo && cortexm && window_receive

package main

import (
	"github.com/tripoint-go/tripoint/sched"
	"github.com/tripoint-go/tripoint/sched/tsync"
)

// Channel receive: it makes room for a task that waits to send, and for the line that interrupts, too.

var (
	ch     tsync.Chan[int32]
	room   [1]int32
	send   tsync.SendWait[int32]
	sender waiter
)

func program(t *sched.Task) int64 {
	ch.Init(&ex, "values", room[:])
	ch.TrySend(t, 7)
	ch.StartSend(&send, 8)
	settle(t)
	sender.start(t, "sender", first, sending)
	t.Yield()
	one := window(t)
	t.Yield()
	two, _ := ch.TryRecv(t)
	if one != 7 || two != 8 {
		return 1
	}
	return finish(t, &sender)
}

func sending(t *sched.Task) sched.Poll { return sender.beside(t, send.Poll(t)) }

//export tripoint_window
//go:noinline
func window(t *sched.Task) int32 {
	v, _ := ch.TryRecv(t)
	return v
}
