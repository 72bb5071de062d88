// Echo is a TCP server that sends back what it gets, one task for each connection.
//
//	go run ./examples/echo -addr 127.0.0.1:7000
//
// On SIGINT or SIGTERM it takes no more connections and waits for those that are open, up to the grace; a second signal kills it.
package main

import (
	"flag"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/tripoint-go/tripoint"
	"github.com/tripoint-go/tripoint/aio"
	"github.com/tripoint-go/tripoint/sched"
	"github.com/tripoint-go/tripoint/sched/flow"
	"github.com/tripoint-go/tripoint/signals"
	"github.com/tripoint-go/tripoint/vclock"
)

func main() {
	addr := flag.String("addr", "127.0.0.1:7000", "listen at this `address`, in numbers; port 0 takes a free one")
	grace := flag.Duration("grace", 5*time.Second, "how long open connections may go on after a signal")
	flag.Parse()
	tripoint.Main(tripoint.Options{Grace: vclock.Duration(*grace)}, func(t *sched.Task) int {
		if err := serve(t, *addr); err != nil {
			fmt.Fprintln(os.Stderr, "echo:", err)
			return 1
		}
		return 0
	})
}

// serve takes connections until the program is asked to stop.
func serve(t *sched.Task, addr string) error {
	stop, err := signals.ShutdownToken(t)
	if err != nil {
		return err
	}
	l, err := aio.ListenTCP(t, addr)
	if err != nil {
		return fmt.Errorf("listen at %s: %w", addr, err)
	}
	at, err := l.Addr()
	if err != nil {
		return err
	}
	ap, _ := aio.AddrPortOf(at)
	fmt.Println("listening at", ap)

	// A child task accepts, so that losing against the stop token cancels it.
	accepting := sched.SpawnChild(t, "accept", func(t *sched.Task) error { return accept(t, l) })
	first, err := flow.First(t, &accepting.JoinHandle, stop)
	if err != nil {
		return err
	}
	if first == 1 {
		fmt.Println("stopping")
	}
	err, _ = accepting.Value() // nil if it was stopped
	return err
}

// accept gives each connection a task. It is a cleanup task, so that the grace waits for it.
func accept(t *sched.Task, l *aio.Listener) error {
	for {
		s, err := l.Accept(t)
		if err != nil {
			return err
		}
		h := sched.SpawnWith(t, "connection", sched.SpawnOptions{Cleanup: true}, func(t *sched.Task) error {
			_, err := io.Copy(s.Writer(t), s.Reader(t))
			return err
		})
		if !s.GiveTo(t, &h.JoinHandle) { // its end closes the connection
			s.Close(t) // too many tasks, or the task has ended already
		}
	}
}
