// Graceful sleeps for an hour. On SIGINT or SIGTERM it stops early and says so, and a second signal kills it.
package main

import (
	"fmt"
	"os"

	"github.com/tripoint-go/tripoint"
	"github.com/tripoint-go/tripoint/sched"
	"github.com/tripoint-go/tripoint/sched/flow"
	"github.com/tripoint-go/tripoint/signals"
	"github.com/tripoint-go/tripoint/vclock"
)

func main() {
	tripoint.Main(tripoint.Options{Grace: 2 * vclock.Second}, func(t *sched.Task) int {
		stop, err := signals.ShutdownToken(t) // from here on, signals are advice
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			return 1
		}
		fmt.Println("sleeping")
		var sleep sched.Sleep
		sleep.Start(t, 3600*vclock.Second)
		if first, err := flow.First(t, &sleep, stop); err != nil || first == 0 {
			return 0
		}
		fmt.Println("stopped early")
		return 0
	})
}
