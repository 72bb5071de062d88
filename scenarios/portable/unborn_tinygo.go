//go:build tinygo

package portable

import "github.com/tripoint-go/tripoint/sched"

// unborn is what is left where no body runs on after the end of its run, and programs start members in open scopes only.
func unborn() *sched.JoinHandle {
	panic("portable: a task cannot be started: the task table is too small")
}
