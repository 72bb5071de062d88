//go:build !tinygo

package aio_test

import (
	"fmt"
	"io"

	"github.com/tripoint-go/tripoint/aio"
	"github.com/tripoint-go/tripoint/backend"
	"github.com/tripoint-go/tripoint/backend/sim"
	"github.com/tripoint-go/tripoint/sched"
)

func ExampleStream() {
	k := sim.New(sim.Options{})
	ex := sched.New(sched.Limits{}, sched.Options{Backend: k})
	defer ex.Close()
	rfd, wfd := k.Pipe()

	sched.Run(ex, sched.WaitForAllTasks, func(t *sched.Task) int {
		sched.Spawn(t, "writer", func(t *sched.Task) error {
			w := aio.NewStream(t, wfd)
			if _, err := w.WriteAll(t, []byte("hello, stream")); err != nil {
				return err
			}
			return w.Close(t)
		})
		r := aio.NewStream(t, rfd) // closed by our end, if not before
		buf := make([]byte, 5)
		for {
			n, err := r.Read(t, buf)
			if err != nil {
				fmt.Println(err)
				return 0
			}
			fmt.Printf("%q\n", buf[:n])
		}
	})
	// Output:
	// "hello"
	// ", str"
	// "eam"
	// EOF
}

func ExampleListenTCP() {
	k := sim.New(sim.Options{})
	ex := sched.New(sched.Limits{}, sched.Options{Backend: k})
	defer ex.Close()

	sched.Run(ex, sched.WaitForAllTasks, func(t *sched.Task) error {
		l, err := aio.ListenTCP(t, "127.0.0.1:80")
		if err != nil {
			return err
		}
		sched.Spawn(t, "client", func(t *sched.Task) error {
			s, err := aio.DialTCP(t, "127.0.0.1:80")
			if err != nil {
				return err
			}
			fmt.Fprint(s.Writer(t), "hello")
			s.Shutdown(t, backend.ShutWrite)
			answer, err := io.ReadAll(s.Reader(t))
			fmt.Printf("client: %q\n", answer)
			return err // its end closes the connection
		})
		s, err := l.Accept(t)
		if err != nil {
			return err
		}
		request, err := io.ReadAll(s.Reader(t))
		fmt.Printf("server: %q\n", request)
		fmt.Fprintf(s.Writer(t), "%s yourself", request)
		return err
	})
	// Output:
	// server: "hello"
	// client: "hello yourself"
}

func ExampleFile() {
	k := sim.New(sim.Options{})
	ex := sched.New(sched.Limits{}, sched.Options{Backend: k})
	defer ex.Close()

	sched.Run(ex, sched.WaitForAllTasks, func(t *sched.Task) error {
		f, err := aio.Create(t, "numbers")
		if err != nil {
			return err
		}
		for i := range 5 {
			fmt.Fprintf(f.Writer(t), "%d\n", i)
		}
		if err := f.SyncData(t); err != nil {
			return err
		}
		b := make([]byte, 3)
		n, err := f.ReadAt(t, b, 4)
		fmt.Printf("%q, and the position is still %d\n", b[:n], f.Pos())
		return err
	})
	// Output:
	// "2\n3", and the position is still 10
}

// A whole file is replaced, and whoever reads it meanwhile finds the old content or the new one.
func ExampleReplaceFile() {
	k := sim.New(sim.Options{})
	k.File("settings", []byte("old"))
	ex := sched.New(sched.Limits{}, sched.Options{Backend: k})
	defer ex.Close()

	sched.Run(ex, sched.WaitForAllTasks, func(t *sched.Task) error {
		if err := aio.ReplaceFile(t, "settings", []byte("new"), 0o600); err != nil {
			return err
		}
		data, err := aio.ReadFile(t, "settings", 1<<20)
		fmt.Println(string(data))
		return err
	})
	// Output:
	// new
}
