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

// A task has a header, a stack, and here a line of text to print.
type task struct {
	sched.Task
	stack [192]uint32
	text  [24]byte
}

var (
	world  cortexm.Backend
	ex     sched.Executor
	memory sched.Memory
	lines  [button + 1]sched.Line

	root, heart, serial, key task

	stop  sched.Token
	input [16]byte
	press sched.LineWait
	quiet flow.Timeout[*sched.LineWait]
)

func main() {
	world.Init(cortexm.Options{})
	ex.Init(memory.Storage(lines[:]), sched.Options{Backend: &world})
	ex.BeginFunc(&root.Task, "root", run, root.stack[:], sched.DetachTasks, true)
	ex.Serve()
	world.Halt(exit)
}

// exit tells the emulator. A board would be reset here, or sleep.
func exit() {
	code, _ := ex.Exit()
	semihost.Exit(int(code), nil)
}

func run(t *sched.Task) int64 {
	heart.StartFunc(&ex, t, "heartbeat", beat, heart.stack[:])
	serial.StartFunc(&ex, t, "echo", echo, serial.stack[:])
	key.StartFunc(&ex, t, "button", debounce, key.stack[:])
	ex.RootScope().Take(&stop, t)
	stop.Wait(t)
	root.print("bye", 0)
	return 0
}

func beat(t *sched.Task) int64 {
	for n := 1; t.Sleep(vclock.Second) == nil; n++ {
		heart.print("beat ", n)
	}
	return 0
}

func echo(t *sched.Task) int64 {
	for {
		n, err := t.Do(backend.OpRead, 0, input[:], -1)
		if err != nil {
			return 1
		}
		kept := 0
		for _, c := range input[:n] {
			switch c {
			case 'b':
				ex.PendLine(button)
			case 'q':
				ex.RootScope().Trigger()
			default:
				input[kept] = c
				kept++
			}
		}
		t.Do(backend.OpWrite, 0, input[:kept], -1)
	}
}

// debounce counts a press once its contact has been quiet for 20 ms.
func debounce(t *sched.Task) int64 {
	for n := 1; t.WaitIRQ(button) == nil; n++ {
		for bounces := true; bounces; bounces = quiet.Err() == nil {
			press.Start(button)
			quiet.Start(t, 20*vclock.Millisecond, &press)
			sched.Await(t, &quiet)
		}
		key.print("button ", n)
	}
	return 0
}

// print writes a text, a number if it is not 0, and the end of the line.
func (t *task) print(text string, n int) {
	end := len(t.text) - 1
	t.text[end] = '\n'
	at := end
	for ; n > 0; n /= 10 {
		at--
		t.text[at] = byte('0' + n%10)
	}
	at -= len(text)
	copy(t.text[at:], text)
	t.Do(backend.OpWrite, 0, t.text[at:], -1)
}
