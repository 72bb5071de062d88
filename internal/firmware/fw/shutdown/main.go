//go:build tinygo && cortexm

// Package main is a firmware that ends, in the way that its argument says. It says what happens to lines, and in which order.
package main

import (
	"device/arm"

	"github.com/tripoint-go/tripoint/backend"
	"github.com/tripoint-go/tripoint/internal/firmware/fw/kit"
	"github.com/tripoint-go/tripoint/sched"
	"github.com/tripoint-go/tripoint/vclock"
)

// way is one end: options of the run and what its tasks do.
type way struct {
	mode  sched.Mode
	grace vclock.Duration
	root  func(*sched.Task) int64
	tasks [2]func(*sched.Task) int64
}

var ways = [...]way{
	{sched.DetachTasks, 0, brief, [2]func(*sched.Task) int64{line, sleep}},
	{sched.DetachTasks, 0, token, [2]func(*sched.Task) int64{request, nil}},
	{sched.DetachTasks, 0, token, [2]func(*sched.Task) int64{late, nil}},
	{sched.DetachTasks, 0, brief, [2]func(*sched.Task) int64{holder, nil}},
	{sched.DetachTasks, 20 * vclock.Millisecond, brief, [2]func(*sched.Task) int64{line, keeper}},
	{sched.WaitForAllTasks, 0, brief, [2]func(*sched.Task) int64{sleep, nil}},
	{sched.StopAllOperations, 0, brief, [2]func(*sched.Task) int64{line, sleep}},
	{sched.StopAllOperations, 0, brief, [2]func(*sched.Task) int64{read, write}},
}

var (
	chosen  way
	world   = kit.Device{Backend: &kit.World, Line: kit.Line}
	trace   backend.Trace
	records [4]backend.Event
	workers [2]kit.Worker
	tokens  [2]sched.Token
	buf     [32]byte
	text    = [...]byte{'t', 'e', 'x', 't', '\n'}
)

// sink says those events that are about the end.
type sink struct{}

func (sink) Events(batch []backend.Event) bool {
	for i := range batch {
		e := &batch[i]
		switch e.Kind {
		case backend.EvLineOn:
			kit.Say("line+", e.Args[0])
		case backend.EvLineOff:
			kit.Say("line-", e.Args[0])
		case backend.EvTrigger:
			kit.Say("trigger", e.Args[1])
		case backend.EvRootDone:
			kit.Say("rootdone", e.Args[0])
		case backend.EvStopAccept:
			kit.Say("stopacc", int64(e.Tau)/int64(10*vclock.Millisecond))
		case backend.EvGate:
			kit.Say("gate", 0)
		case backend.EvFrozen:
			kit.Say("frozen", e.Args[0])
		case backend.EvExit:
			kit.Say("exit at", int64(e.Tau)/int64(10*vclock.Millisecond))
		}
	}
	return true
}

func (sink) Name(int64, string) {}

func main() {
	chosen = ways[kit.Case()]
	w := &chosen
	trace.Init(records[:], sink{})
	kit.Hook = hook
	kit.Main(&world, sched.Options{Trace: &trace, Grace: w.grace}, w.mode, true, w.root)
}

// hook requests everything, as devices would that nobody has told of the end, and lets it in: nothing may come.
func hook() {
	kit.Say("hook", int64(kit.Ex.Live()))
	kit.World.LinePend(kit.Line)
	kit.World.LinePend(14)
	arm.SCB.ICSR.Set(1 << 26) // SysTick
	arm.Asm("cpsie i\nisb\ncpsid i")
}

func start(t *sched.Task) {
	for i, body := range chosen.tasks {
		if body != nil {
			workers[i].Go(t, "task", body)
		}
	}
	t.Yield()
}

// brief starts the tasks and ends.
func brief(t *sched.Task) int64 {
	start(t)
	t.Sleep(vclock.Millisecond)
	return 9
}

// token starts the tasks and ends when somebody has asked for it.
func token(t *sched.Task) int64 {
	start(t)
	kit.Ex.RootScope().Take(&tokens[0], t)
	world.Times = 1
	tokens[0].Wait(t)
	return 8
}

func line(t *sched.Task) int64 {
	kit.SayError("line", t.WaitIRQ(kit.Line))
	return 0
}

func sleep(t *sched.Task) int64 {
	kit.SayError("sleep", t.Sleep(30*vclock.Millisecond))
	return 0
}

// request asks for the end in a handler.
func request(t *sched.Task) int64 {
	t.WaitIRQ(kit.Line)
	kit.Say("exception", int64(arm.SCB.ICSR.Get()&0x1ff))
	kit.Ex.RootScope().Trigger()
	kit.Ex.RootScope().Trigger()
	return 0
}

// late asks for it from a task.
func late(t *sched.Task) int64 {
	t.Sleep(10 * vclock.Millisecond)
	kit.Ex.RootScope().Trigger()
	return 0
}

// holder has something to finish, which takes less than the grace.
func holder(t *sched.Task) int64 {
	kit.Ex.RootScope().Take(&tokens[1], t)
	tokens[1].Wait(t)
	t.Sleep(50 * vclock.Millisecond)
	tokens[1].Release()
	t.Sleep(vclock.Second)
	return 0
}

// keeper never gives its token back.
func keeper(t *sched.Task) int64 {
	kit.Ex.RootScope().Take(&tokens[1], t)
	t.Sleep(10 * vclock.Second)
	return 0
}

func read(t *sched.Task) int64 {
	n, err := t.Do(backend.OpRead, 0, buf[:], -1)
	kit.SayError("read", err)
	return int64(n)
}

// write writes when the root has just ended: what is under way keeps its own result.
func write(t *sched.Task) int64 {
	kit.Ex.RootScope().Take(&tokens[1], t)
	tokens[1].Wait(t)
	n, err := t.Do(backend.OpWrite, 0, text[:], -1)
	kit.SayError("write", err)
	kit.Say("written", int64(n))
	tokens[1].Release()
	_, err = t.Do(backend.OpWrite, 0, text[:], -1)
	kit.SayError("write", err)
	return 0
}
