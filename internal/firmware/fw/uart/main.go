//go:build tinygo && cortexm

// Package main is a firmware that uses the serial port in every way. Its argument says in which; what it writes to the port starts
// with a greeting, after which it can receive.
package main

import (
	"github.com/tripoint-go/tripoint/backend"
	"github.com/tripoint-go/tripoint/internal/firmware/fw/kit"
	"github.com/tripoint-go/tripoint/sched"
	"github.com/tripoint-go/tripoint/sched/flow"
	"github.com/tripoint-go/tripoint/vclock"
)

var (
	one, two kit.Worker
	bufs     [3][48]byte
	long     [600]byte
	greeting = [...]byte{'>'}
	read     sched.OpWait
	timeout  flow.Timeout[*sched.OpWait]
)

func main() {
	cases := [...]func(*sched.Task) int64{echo, cancelled, queued, written, refused, stopped}
	mode := sched.DetachTasks
	if kit.Case() == 5 {
		mode = sched.StopAllOperations
	}
	kit.Main(&kit.World, sched.Options{}, mode, true, cases[kit.Case()])
}

func greet(t *sched.Task) { t.Do(backend.OpWrite, 0, greeting[:], -1) }

// echo writes what it reads in capitals until there is a q.
func echo(t *sched.Task) int64 {
	greet(t)
	for {
		n, err := t.Do(backend.OpRead, 0, bufs[0][:], -1)
		if err != nil {
			return 1
		}
		for i, c := range bufs[0][:n] {
			if c == 'q' {
				t.Do(backend.OpWrite, 0, bufs[0][:i], -1)
				return 0
			}
			if 'a' <= c && c <= 'z' {
				bufs[0][i] = c - 'a' + 'A'
			}
		}
		t.Do(backend.OpWrite, 0, bufs[0][:n], -1)
	}
}

// reader reads one byte.
func reader(t *sched.Task) int64 {
	buf := bufs[0][:1]
	if t == &two.Task {
		buf = bufs[1][:1]
	}
	n, err := t.Do(backend.OpRead, 0, buf, -1)
	kit.SayError(t.Name(), err)
	if n == 1 {
		kit.Say(t.Name(), int64(buf[0]))
	}
	return int64(n)
}

// cancelled gives up reads in every way before anything comes. Whoever reads then gets it all.
func cancelled(t *sched.Task) int64 {
	h, _ := one.Go(t, "first", reader)
	t.Sleep(vclock.Millisecond)
	_, ok, err := h.Cancel(t)
	if ok || err != nil {
		return 1
	}
	read.Start(backend.OpRead, 0, bufs[2][:], -1)
	timeout.Start(t, vclock.Millisecond, &read)
	sched.Await(t, &timeout)
	kit.SayError("timeout", timeout.Err())
	read.Start(backend.OpRead, 0, bufs[2][:], -1)
	read.Poll(t)
	t.Sleep(vclock.Millisecond)
	read.Cancel()
	sched.Await(t, &read)
	_, err = read.Result()
	kit.SayError("cancel", err)
	return echo(t)
}

// queued has two tasks read one after the other, and a read between them that is given up.
func queued(t *sched.Task) int64 {
	h1, _ := one.Go(t, "one", reader)
	t.Sleep(vclock.Millisecond)
	read.Start(backend.OpRead, 0, bufs[2][:], -1)
	timeout.Start(t, vclock.Millisecond, &read)
	timeout.Poll(t)
	h2, _ := two.Go(t, "two", reader)
	sched.Await(t, &timeout)
	greet(t)
	h2.Join(t)
	n, err := h1.Join(t)
	if n != 1 || err != nil {
		return 1
	}
	return 0
}

// written writes more than any UART holds, twice at the same time, and nothing.
func written(t *sched.Task) int64 {
	for i := range long {
		long[i] = byte('a' + i%26)
		if i%60 == 59 {
			long[i] = '\n'
		}
	}
	h, _ := one.Go(t, "one", func(t *sched.Task) int64 {
		n, _ := t.Do(backend.OpWrite, 0, long[:300], -1)
		return int64(n)
	})
	two.Go(t, "two", func(t *sched.Task) int64 {
		n, err := t.Do(backend.OpWrite, 0, nil, -1)
		kit.SayError("nothing", err)
		return int64(n)
	})
	t.Yield()
	n, err := t.Do(backend.OpWrite, 0, long[300:], -1)
	kit.SayError("written", err)
	kit.Say("written", int64(n))
	m, _ := h.Join(t)
	kit.Say("joined", m)
	n, err = t.Do(backend.OpRead, 0, bufs[0][:0], -1)
	kit.SayError("read", err)
	return int64(n)
}

// refused asks for what there is not.
func refused(t *sched.Task) int64 {
	_, err := t.Do(backend.OpRead, 1, bufs[0][:], -1)
	kit.SayError("read from 1", err)
	_, err = t.Do(backend.OpWrite, -1, bufs[0][:], -1)
	kit.SayError("write to -1", err)
	_, err = t.Do(backend.OpRead, 0, bufs[0][:], 0)
	kit.SayError("read at 0", err)
	_, err = t.Do(backend.OpWrite, 0, bufs[0][:], 5)
	kit.SayError("write at 5", err)
	_, err = t.Do(backend.OpFsync, 0, nil, 0)
	kit.SayError("fsync", err)
	n, err := t.Do(backend.OpNop, 0, nil, 0)
	kit.SayError("nop", err)
	return int64(n)
}

// stopped leaves a read and a sleep behind, which the end of the root ends; a line wait is refused then.
func stopped(t *sched.Task) int64 {
	one.Go(t, "read", reader)
	two.Go(t, "sleep", func(t *sched.Task) int64 {
		kit.SayError("sleep", t.Sleep(vclock.Second))
		kit.SayError("line", t.WaitIRQ(kit.Line))
		return 0
	})
	t.Sleep(vclock.Millisecond)
	return 7
}
