package tripoint

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"runtime"
	"strings"
	"testing"

	"github.com/tripoint-go/tripoint/sched"
	"github.com/tripoint-go/tripoint/vclock"
)

func TestDefaults(t *testing.T) {
	got := Options{}.filled()
	want := Options{
		Workers: min(runtime.GOMAXPROCS(0), 255), Grace: vclock.Second, Tasks: 65536, Ops: 16384, RefusalLimit: 1000, Log: os.Stderr,
	}
	if got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
}

func TestOptionsKeepWhatTheySay(t *testing.T) {
	want := Options{
		Workers: 255, Grace: 1, Tasks: 1, Ops: 65536, Lines: 1024, RefusalLimit: 1, Mode: sched.StopAllOperations, Log: new(bytes.Buffer),
	}
	if got := want.filled(); got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
}

func TestBadOptionsPanic(t *testing.T) {
	for _, c := range []struct {
		o    Options
		want string
	}{
		{Options{Workers: -1}, "Options.Workers is 1 to 255"},
		{Options{Workers: 256}, "Options.Workers is 1 to 255"},
		{Options{Mode: 3}, "Options.Mode"},
		{Options{Grace: -1}, "Options.Grace is not negative"},
		{Options{Tasks: -1}, "Options.Tasks"},
		{Options{Tasks: 1 << 24}, "Options.Tasks"},
		{Options{Ops: -1}, "Options.Ops"},
		{Options{Ops: 1<<16 + 1}, "Options.Ops"},
		{Options{Lines: -1}, "Options.Lines"},
		{Options{Lines: 1025}, "Options.Lines"},
		{Options{RefusalLimit: -1}, "Options.RefusalLimit"},
	} {
		func() {
			defer func() {
				if got := fmt.Sprint(recover()); !strings.HasPrefix(got, "tripoint: "+c.want) {
					t.Errorf("%+v: got panic %q, want %q", c.o, got, c.want)
				}
			}()
			Run(c.o, func(*sched.Task) int { return 0 })
		}()
	}
}

func TestUnfinishedError(t *testing.T) {
	info := TaskInfo{ID: 2, Name: "reader", State: "waiting", Waits: `lock "index"`}
	err := error(&UnfinishedError{Err: sched.ErrStalled, Tasks: []TaskInfo{info, {ID: 3, Name: "b", State: "runnable"}}})
	if !errors.Is(err, sched.ErrStalled) {
		t.Errorf("%v: got another error, want sched.ErrStalled", err)
	}
	if want := `: task 2 "reader" (waiting for lock "index"), task 3 "b" (runnable)`; !strings.HasSuffix(err.Error(), want) {
		t.Errorf("got %q, want the end %q", err, want)
	}
	many := make([]TaskInfo, 100)
	if got := list(many); strings.Count(got, "task 0") != tasksNamed || !strings.HasSuffix(got, ", and 84 more") {
		t.Errorf("got %q, want 16 of 100 tasks, and the number of the others", got)
	}
	if got := list(nil); got != "no task is left" {
		t.Errorf("got %q", got)
	}
}

func TestWaits(t *testing.T) {
	for _, c := range []struct {
		info sched.WaitInfo
		want string
	}{
		{sched.WaitInfo{What: "lock", ID: 3, Name: "index"}, `lock "index"`},
		{sched.WaitInfo{What: "trigger", ID: 3}, "trigger 3"},
		{sched.WaitInfo{What: "lock", Name: "index", Holder: new(sched.Task)}, `lock "index" of task 0 ""`},
		{sched.WaitInfo{What: "join", Holder: new(sched.Task)}, `join of task 0 ""`},
		{sched.WaitInfo{What: "timer", Until: vclock.Instant(1500 * vclock.Millisecond)}, "timer until 1.5s"},
	} {
		if got := waits(c.info); got != c.want {
			t.Errorf("got %q, want %q", got, c.want)
		}
	}
}
