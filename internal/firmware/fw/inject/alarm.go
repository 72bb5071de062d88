//go:build tinygo && cortexm && window_alarm

package main

import (
	"github.com/tripoint-go/tripoint/sched"
	"github.com/tripoint-go/tripoint/vclock"
)

// Alarm set: the processor falls asleep until a timer is due, and an interrupt comes while the alarm is set. The task that it wakes
// has a timer of its own, which is due sooner. Both are delivered in time.

var sleeper waiter

// again sleeps: there is an alarm.
func (d *device) again(until vclock.Instant) bool { return d.Backend.Wait(until) }

func program(t *sched.Task) int64 {
	settle(t)
	sleeper.start(t, "sleeper", first, sleeping)
	t.Sleep(5 * vclock.Millisecond)
	return finish(t, &sleeper)
}

var nap sched.Sleep

func sleeping(t *sched.Task) sched.Poll {
	if sleeper.poll(t) == sched.Pending {
		return sched.Pending
	}
	if sleeper.step == 1 {
		sleeper.step = 2
		nap.Start(t, vclock.Millisecond)
	}
	return nap.Poll(t)
}
