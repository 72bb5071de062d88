//go:build tinygo && cortexm

// Command edges is firmware that uses the backend where it is easy to get wrong: a ring that is just full, a line that two want, a budget
// that handlers use up. Its argument says which.
package main

import (
	"device/arm"

	"github.com/tripoint-go/tripoint/backend"
	"github.com/tripoint-go/tripoint/backend/cortexm"
	"github.com/tripoint-go/tripoint/internal/firmware/fw/kit"
	"github.com/tripoint-go/tripoint/sched"
	"github.com/tripoint-go/tripoint/vclock"
)

const (
	stepsMax = 100
	waits    = 1000
)

var (
	one, two kit.Worker
	bufs     [2][48]byte
	greeting = [...]byte{'>'}
	world    = kit.Device{Backend: &kit.World}
)

// serialLine and timerLine are lines that the backend takes for itself when it needs them, on the boards that this is tested on.
func serialLine() int {
	switch cortexm.Board {
	case "lm3s6965evb":
		return 16 + 5
	case "microbit":
		return 16 + 2
	}
	return 16 + 0
}

func timerLine() int {
	switch cortexm.Board {
	case "lm3s6965evb":
		return 16 + 19
	case "mps2-an505":
		return 16 + 3
	}
	return 16 + 8
}

func main() {
	cases := [...]func(*sched.Task) int64{fill, single, nothing, serial, taken, alarm, budget, unwound}
	opts := sched.Options{}
	switch kit.Case() {
	case 5:
		kit.Timer = true
	case 6:
		opts.StepsMax = stepsMax
	}
	kit.Main(&world, opts, sched.DetachTasks, true, cases[kit.Case()])
}

func greet(t *sched.Task) { t.Do(backend.OpWrite, 0, greeting[:], -1) }

// busy lets bytes come that nobody reads.
func busy(t *sched.Task) {
	greet(t)
	for range 100_000 {
		t.Yield()
	}
}

// fill reads what has come while it was busy, up to a q.
func fill(t *sched.Task) int64 {
	busy(t)
	for sum := int64(0); ; {
		n, err := t.Do(backend.OpRead, 0, bufs[0][:], -1)
		if err != nil {
			return -1
		}
		for _, c := range bufs[0][:n] {
			sum++
			if c == 'q' {
				return sum
			}
		}
	}
}

// single does the same, a byte at a time.
func single(t *sched.Task) int64 {
	busy(t)
	for sum := int64(1); ; sum++ {
		t.Do(backend.OpRead, 0, bufs[0][:1], -1)
		if bufs[0][0] == 'q' {
			return sum
		}
	}
}

// nothing reads nothing, behind a read that is given up.
func nothing(t *sched.Task) int64 {
	first, _ := one.Go(t, "first", func(t *sched.Task) int64 {
		t.Do(backend.OpRead, 0, bufs[0][:], -1)
		return 0
	})
	t.Yield()
	second, _ := two.Go(t, "second", func(t *sched.Task) int64 {
		n, err := t.Do(backend.OpRead, 0, bufs[1][:0], -1)
		kit.SayError("nothing", err)
		return int64(n)
	})
	t.Sleep(vclock.Millisecond)
	first.Cancel(t)
	t.Sleep(vclock.Millisecond)
	if second.Done() {
		return 0
	}
	return 1
}

// serial waits for the line of a serial port that nobody uses.
func serial(t *sched.Task) int64 {
	world.Line, world.Times = serialLine(), 1
	kit.SayError("line", t.WaitIRQ(serialLine()))
	return 0
}

// taken gives up a wait for the line of a serial port that is in use by then, and reads.
func taken(t *sched.Task) int64 {
	h, _ := one.Go(t, "first", waitSerial)
	t.Yield()
	greet(t)
	h.Cancel(t)
	n, err := t.Do(backend.OpRead, 0, bufs[0][:1], -1)
	kit.SayError("read", err)
	return int64(n)
}

func waitSerial(t *sched.Task) int64 {
	t.WaitIRQ(serialLine())
	return 0
}

// alarm gives up a wait for the line of the alarm, and sleeps.
func alarm(t *sched.Task) int64 {
	h, _ := one.Go(t, "first", func(t *sched.Task) int64 {
		t.WaitIRQ(timerLine())
		return 0
	})
	t.Yield()
	h.Cancel(t)
	due := kit.Ex.Now().Add(vclock.Millisecond)
	t.Sleep(vclock.Millisecond)
	if kit.Ex.Now().Sub(due) > vclock.Millisecond {
		return 1
	}
	return 0
}

// budget is polled in handlers, more often than its run may last.
func budget(t *sched.Task) int64 {
	world.Line, world.Times = kit.Line, waits
	for range waits {
		t.WaitIRQ(kit.Line)
	}
	return 0
}

// unwound cancels a task that faults when it learns of it.
func unwound(t *sched.Task) int64 {
	h, _ := one.Go(t, "victim", func(t *sched.Task) int64 {
		if t.Sleep(vclock.Second) != nil {
			arm.Asm("udf #0")
		}
		return 0
	})
	t.Sleep(vclock.Millisecond)
	h.Cancel(t)
	return 0
}
