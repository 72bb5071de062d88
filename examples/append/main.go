// Append copies the lines of its standard input to the end of a log file, and confirms each when it is on the disk.
//
//	printf 'one\ntwo\n' | go run ./examples/append log.txt
//
// On SIGINT or SIGTERM it ends. Of a line that was not confirmed, all, a part or nothing may be in the file.
package main

import (
	"bufio"
	"fmt"
	"os"

	"github.com/tripoint-go/tripoint"
	"github.com/tripoint-go/tripoint/aio"
	"github.com/tripoint-go/tripoint/backend"
	"github.com/tripoint-go/tripoint/sched"
	"github.com/tripoint-go/tripoint/sched/flow"
	"github.com/tripoint-go/tripoint/signals"
)

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: append FILE < LINES")
		os.Exit(2)
	}
	tripoint.Main(tripoint.Options{Workers: 1}, func(t *sched.Task) int {
		if err := run(t, os.Args[1]); err != nil {
			fmt.Fprintln(os.Stderr, "append:", err)
			return 1
		}
		return 0
	})
}

// run writes until the input ends or somebody asks the program to stop. Writing is a child task, so that losing against the stop
// token cancels it.
func run(t *sched.Task, name string) error {
	stop, err := signals.ShutdownToken(t)
	if err != nil {
		return err
	}
	h := sched.SpawnChild(t, "append", func(t *sched.Task) error { return appendLines(t, name) })
	if _, err = flow.First(t, &h.JoinHandle, stop); err != nil {
		return err
	}
	err, _ = h.Value() // nil if it was stopped
	return err
}

// appendLines is the log. A line is confirmed after its sync, never before.
func appendLines(t *sched.Task, name string) error {
	f, err := aio.OpenFile(t, name, backend.OpenWrite|backend.OpenCreate|backend.OpenAppend, 0o644)
	if err != nil {
		return fmt.Errorf("open %s: %w", name, err)
	}
	in := bufio.NewScanner(aio.NewStream(t, 0).Reader(t))
	for n := 1; in.Scan(); n++ {
		if _, err = f.WriteAll(t, []byte(in.Text()+"\n")); err != nil {
			return err
		}
		if err = f.SyncData(t); err != nil {
			return err
		}
		fmt.Println("line", n, "is safe")
	}
	if err = in.Err(); err != nil {
		return err
	}
	return f.Close(t)
}
