// Services is an echo server of three resources: a log, a store that needs it, and a listener that needs both. On SIGINT or SIGTERM they
// stop in the opposite order, each when nobody needs it any more, and the program says how that went. With -fail the store fails after a
// while, and the program ends for that. With -hang the log does not stop, and is named.
//
//	go run ./examples/services
package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"os"

	"github.com/tripoint-go/tripoint"
	"github.com/tripoint-go/tripoint/aio"
	"github.com/tripoint-go/tripoint/sched"
	"github.com/tripoint-go/tripoint/sched/flow"
	"github.com/tripoint-go/tripoint/service"
	"github.com/tripoint-go/tripoint/vclock"
)

var (
	errDisk = errors.New("disk full")
	fail    = flag.Bool("fail", false, "the store fails after a while")
	hang    = flag.Bool("hang", false, "the log does not stop")
)

func main() {
	flag.Parse()
	tripoint.Main(tripoint.Options{Workers: 2}, func(t *sched.Task) int {
		if err := run(t); err != nil {
			fmt.Fprintln(os.Stderr, err)
			return 1
		}
		fmt.Println("bye")
		return 0
	})
}

// run starts the services and waits for the end of all.
func run(t *sched.Task) error {
	root, err := service.NewRoot(t, "echo", vclock.Second)
	if err != nil {
		return err
	}
	log, err := service.Start(t, "log", serveLog)
	if err != nil {
		return err
	}
	store, err := service.Start(t, "store", func(t *sched.Task, s *service.Self) error { return serveStore(t, s, log) }, log)
	if err != nil {
		return err
	}
	// The body of the listener is safe to cancel at every await.
	listener, err := service.StartInterruptible(t, "listener", func(t *sched.Task, s *service.Self) error {
		return serveEcho(t, s, store)
	}, store, log)
	if err != nil {
		return err
	}
	if err := root.Add(listener); err != nil {
		return err
	}
	return root.Wait(t)
}

func serveLog(t *sched.Task, s *service.Self) error {
	s.Ready()
	if err := s.Token().Wait(t); err != nil {
		return err
	}
	if *hang {
		return t.Sleep(3600 * vclock.Second)
	}
	fmt.Println("log stops")
	return nil
}

func serveStore(t *sched.Task, s *service.Self, log *service.Resource) error {
	if err := log.WaitReady(t); err != nil {
		return err
	}
	s.Ready()
	var over sched.Sleep
	over.Start(t, 100*vclock.Millisecond)
	if !*fail {
		over.Abandon(t)
		if err := s.Token().Wait(t); err != nil {
			return err
		}
		fmt.Println("store stops")
		return nil
	}
	stopped, err := flow.First(t, &flow.Signalled{Flag: s.Token()}, &over)
	if err == nil && stopped == 1 {
		err = errDisk
	}
	return err
}

func serveEcho(t *sched.Task, s *service.Self, store *service.Resource) error {
	if err := store.WaitReady(t); err != nil {
		return err
	}
	l, err := aio.ListenTCP(t, "127.0.0.1:0")
	if err != nil {
		return err
	}
	at, err := l.Addr()
	if err != nil {
		return err
	}
	ap, _ := aio.AddrPortOf(at)
	s.Ready()
	fmt.Println("listening at", ap)
	for {
		conn, err := l.Accept(t)
		if err != nil {
			return err
		}
		// A child task: the end of the listener is the end of its connections.
		h := sched.SpawnChild(t, "connection", func(t *sched.Task) error {
			_, err := io.Copy(conn.Writer(t), conn.Reader(t))
			return err
		})
		if !conn.GiveTo(t, &h.JoinHandle) { // its end closes the connection
			conn.Close(t) // too many tasks, or the task has ended already
		}
	}
}
