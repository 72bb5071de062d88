//go:build !tinygo

package aio_test

import (
	"fmt"

	"github.com/tripoint-go/tripoint/aio"
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
