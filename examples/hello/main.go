// Hello spawns a task that sleeps for 10 ms, and prints what it returned.
package main

import (
	"fmt"

	"github.com/tripoint-go/tripoint"
	"github.com/tripoint-go/tripoint/sched"
	"github.com/tripoint-go/tripoint/vclock"
)

func main() {
	tripoint.Main(tripoint.Options{}, func(t *sched.Task) int {
		h := sched.Spawn(t, "child", func(t *sched.Task) int {
			t.Sleep(10 * vclock.Millisecond)
			return 123
		})
		v, _ := h.Join(t)
		fmt.Println(v)
		return 0
	})
}
