//go:build !tinygo

package portable

import "github.com/tripoint-go/tripoint/sched"

// unborn returns the handle of a task that was not started, because the run is over or a scope is closing.
func unborn() *sched.JoinHandle { return new(sched.JoinHandle) }
