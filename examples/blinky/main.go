//go:build tinygo && cortexm

package main

import (
	"github.com/tripoint-go/tripoint/backend"
	"github.com/tripoint-go/tripoint/backend/cortexm"
	"github.com/tripoint-go/tripoint/backend/cortexm/semihost"
	"github.com/tripoint-go/tripoint/sched"
	"github.com/tripoint-go/tripoint/sched/flow"
	"github.com/tripoint-go/tripoint/vclock"
)

// button is the line of an interrupt that no device of the board has: it is pressed by software.
const button = 16 + 30

var (
	world  cortexm.Backend
	ex     sched.Executor
	memory sched.Memory
	lines  [button + 1]sched.Line

	root, heart, serial, key sched.Task
	stacks                   [4][192]uint32

	beatText, buttonText, byeText = []byte("beat\n"), []byte("button\n"), []byte("bye\n")
	input                         [16]byte
	press                         sched.LineWait
	quiet                         flow.Timeout[*sched.LineWait]
)

func main() {
	world.Init(cortexm.Options{})
	ex.Init(memory.Storage(lines[:]), sched.Options{Backend: &world})
	ex.BeginFunc(&root, "root", run, stacks[0][:], sched.DetachTasks, true)
	ex.Serve()
	world.Halt(func() { semihost.Exit(0, nil) }) // a board would be reset here, or sleep
}

func run(t *sched.Task) int64 {
	heart.StartFunc(&ex, t, "heartbeat", beat, stacks[1][:])
	h, _ := serial.StartFunc(&ex, t, "echo", echo, stacks[2][:])
	key.StartFunc(&ex, t, "button", debounce, stacks[3][:])
	h.Join(t)
	t.Do(backend.OpWrite, 0, byeText, -1)
	return 0
}

func beat(t *sched.Task) int64 {
	for t.Sleep(vclock.Second) == nil {
		t.Do(backend.OpWrite, 0, beatText, -1)
	}
	return 0
}

// echo sends back what comes, but for b, which presses the button, and q, which ends it.
func echo(t *sched.Task) int64 {
	for {
		n, err := t.Do(backend.OpRead, 0, input[:1], -1)
		switch {
		case n == 0 || err != nil || input[0] == 'q':
			return 0
		case input[0] == 'b':
			ex.PendLine(button)
		default:
			if input[0] == '\r' { // the enter key of a terminal
				input[0] = '\n'
			}
			t.Do(backend.OpWrite, 0, input[:1], -1)
		}
	}
}

// debounce counts a press once its contact has been quiet for 20 ms.
func debounce(t *sched.Task) int64 {
	for t.WaitIRQ(button) == nil {
		for bounces := true; bounces; bounces = quiet.Err() == nil {
			press.Start(button)
			quiet.Start(t, 20*vclock.Millisecond, &press)
			sched.Await(t, &quiet)
		}
		t.Do(backend.OpWrite, 0, buttonText, -1)
	}
	return 0
}
