package tripoint

import (
	"fmt"
	"strings"
	"time"

	"github.com/tripoint-go/tripoint/sched"
	"github.com/tripoint-go/tripoint/vclock"
)

// UnfinishedError says that a run ended although tasks were left, and which: sched.ErrStalled if nothing could wake them,
// sched.ErrRefusalLoop if one of those that are running went on calling although every call was refused, sched.ErrStopped if the
// sink of Options.Trace asked for it. errors.Is finds these.
type UnfinishedError struct {
	Err   sched.Error
	Tasks []TaskInfo
}

// TaskInfo describes a live task.
type TaskInfo struct {
	ID    sched.TaskID
	Name  string
	State string // "running", "runnable", "waiting" or "ending"
	Waits string // what it waits for, or ""
}

// Error returns why, and the tasks, in one line.
func (e *UnfinishedError) Error() string { return fmt.Sprintf("%v: %s", e.Err, list(e.Tasks)) }

// Unwrap returns the reason.
func (e *UnfinishedError) Unwrap() error { return e.Err }

// String returns the task in a few words, such as: task 2 "reader" (waiting for lock "index").
func (i TaskInfo) String() string {
	state := i.State
	if i.Waits != "" {
		state += " for " + i.Waits
	}
	return fmt.Sprintf("task %d %q (%s)", i.ID, i.Name, state)
}

// tasksNamed is how many tasks a report names.
const tasksNamed = 16

// list names tasks.
func list(tasks []TaskInfo) string {
	if len(tasks) == 0 {
		return "no task is left"
	}
	var b strings.Builder
	for i, t := range tasks {
		switch {
		case i == tasksNamed:
			fmt.Fprintf(&b, ", and %d more", len(tasks)-i)
			return b.String()
		case i > 0:
			b.WriteString(", ")
		}
		b.WriteString(t.String())
	}
	return b.String()
}

// liveTasks describes every live task, those that run first. It is called inside the core.
func liveTasks(ex *sched.Executor) []TaskInfo {
	var running, others []TaskInfo
	ex.EachTask(func(t *sched.Task) {
		i := TaskInfo{ID: t.ID(), Name: t.Name(), State: t.State()}
		if i.State == "running" {
			running = append(running, i)
			return
		}
		if info, ok := t.Blocked(); ok {
			i.Waits = waits(info)
		}
		others = append(others, i)
	})
	return append(running, others...)
}

// waits says what a task waits for.
func waits(info sched.WaitInfo) string {
	var b strings.Builder
	b.WriteString(info.What)
	switch {
	case info.Holder != nil && info.Holder.Name() == info.Name: // it waits for a task
	case info.Name != "":
		fmt.Fprintf(&b, " %q", info.Name)
	case info.ID != 0:
		fmt.Fprintf(&b, " %d", info.ID)
	}
	if info.Holder != nil {
		fmt.Fprintf(&b, " of task %d %q", info.Holder.ID(), info.Holder.Name())
	}
	if info.Until != 0 && info.Until != vclock.Forever {
		fmt.Fprintf(&b, " until %v", time.Duration(info.Until))
	}
	return b.String()
}
