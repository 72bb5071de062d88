//go:build linux

package live

import (
	"errors"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/tripoint-go/tripoint/backend"
	"github.com/tripoint-go/tripoint/internal/explore"
	"github.com/tripoint-go/tripoint/sched"
	"github.com/tripoint-go/tripoint/vclock"
)

// realCases are programs with one fault each, and how a run of them must end.
func realCases() []struct {
	name      string
	program   explore.Program
	outcome   explore.Outcome
	violation string
	text      string
} {
	wait := sched.WaitForAllTasks
	root := func(body func(*sched.Task) int) explore.Program { return func(w *explore.World) { w.Run(wait, body) } }
	return []struct {
		name      string
		program   explore.Program
		outcome   explore.Outcome
		violation string
		text      string
	}{
		{"passes", root(func(*sched.Task) int { return 3 }), explore.Pass, "", ""},
		{"no root", func(*explore.World) {}, explore.Panic, explore.NoRoot, "registered no root"},
		{"panic in the set-up", func(*explore.World) { panic("boom") }, explore.Panic, "panic", "the set-up panicked: boom"},
		{"panic in a body", root(func(t *sched.Task) int {
			sched.Spawn(t, "bomb", func(*sched.Task) int { panic("boom") })
			t.Sleep(vclock.Minute)
			return 0
		}), explore.Panic, "panic", `task "bomb" panicked: boom`},
		{"several bodies fail at once", func(w *explore.World) {
			w.Run(wait, func(t *sched.Task) int {
				for range 8 {
					sched.Spawn(t, "liar", func(t *sched.Task) int {
						w.Assert(w.Work(2) < 0, "nobody lies", "somebody does")
						return 0
					})
				}
				return 0
			})
		}, explore.Property, "nobody lies", "somebody does"},
		{"wrong at the end", func(w *explore.World) {
			w.Run(wait, func(*sched.Task) int { return 0 })
			w.AtEnd("all is well", func() error { return errors.New("nothing is") })
		}, explore.Property, "all is well", "nothing is"},
		{"stalled", root(func(t *sched.Task) int {
			sched.SpawnFuture(t, "forgotten", func(*sched.Task) sched.Poll { return sched.Pending })
			return 0
		}), explore.Deadlock, "deadlock", "live tasks are left"},
		{"closed while in use", func(w *explore.World) { // what a task must not do: the monitors see it
			r, _ := w.Host.Pipe()
			w.Run(wait, func(t *sched.Task) int {
				var op sched.OpWait
				h := sched.Spawn(t, "reader", func(t *sched.Task) int {
					var buf [4]byte
					n, _ := t.Do(backend.OpRead, r, buf[:], -1)
					return n
				})
				t.Sleep(vclock.Millisecond)
				op.Start(backend.OpClose, r, nil, -1)
				sched.Await(t, &op)
				h.Cancel(t)
				return 0
			})
		}, explore.Invariant, "IO13", ""},
		{"open at the end", root(func(*sched.Task) int {
			f, err := os.Open(os.DevNull)
			_ = f // what it was opened for is forgotten
			if err != nil {
				return -1
			}
			return 0
		}), explore.Property, "nothing leaks", "1 descriptors are left open"},
	}
}

// What a program does wrong on a real kernel is told as in the simulator, with one worker and with several.
func TestRealOutcomes(t *testing.T) {
	_ = open(t).Close(true)
	for _, c := range realCases() {
		for _, workers := range []int{1, 4} {
			r := explore.NewReal(c.name, explore.Config{}, c.program, explore.RealOptions{Workers: workers, Open: Open})
			res, err := r.Run(1)
			if err != nil {
				t.Fatal(err)
			}
			told := ""
			if res.Violation != nil {
				told = res.Violation.Text
			}
			if res.Outcome != c.outcome || res.Name() != c.violation || !strings.Contains(told, c.text) {
				t.Errorf("%s, %d workers: %s %q %q, want %s %q %q", c.name, workers, res.Outcome, res.Name(), told, c.outcome, c.violation, c.text)
			}
		}
	}
}

// Goroutines that a run leaves are found.
func TestRealGoroutineLeak(t *testing.T) {
	_ = open(t).Close(true)
	stop := make(chan struct{})
	defer close(stop)
	r := explore.NewReal("leak", explore.Config{}, func(w *explore.World) {
		w.Run(sched.WaitForAllTasks, func(*sched.Task) int {
			for range 8 { // more than an earlier test may have on their way out
				go func() { <-stop }()
			}
			return 0
		})
	}, explore.RealOptions{Workers: 1, Patience: time.Minute, Open: Open})
	res, err := r.Run(1)
	if err != nil || res.Name() != "nothing leaks" || !strings.Contains(res.Violation.Text, "goroutines are left") || len(res.Stack) == 0 {
		t.Errorf("%+v, %v", res, err)
	}
}

// signalling is a world that tells when it is closed.
type signalling struct {
	explore.Ground
	gone chan struct{}
}

func (s signalling) Close(frozen bool) error {
	defer close(s.gone)
	return s.Ground.Close(frozen)
}

// A run that does not end is given up, with what its tasks wait for.
func TestRealHang(t *testing.T) {
	_ = open(t).Close(true)
	end, gone := make(chan struct{}), make(chan struct{})
	r := explore.NewReal("hang", explore.Config{}, func(w *explore.World) {
		w.Run(sched.WaitForAllTasks, func(t *sched.Task) int {
			h := sched.Spawn(t, "sleeper", func(t *sched.Task) int {
				for {
					select {
					case <-end:
						return 0
					default:
						t.Sleep(vclock.Millisecond)
					}
				}
			})
			h.Join(t)
			return 0
		})
	}, explore.RealOptions{Workers: 1, Patience: 50 * time.Millisecond, Open: func(c explore.Config, workers int) (explore.Ground, error) {
		g, err := Open(c, workers)
		return signalling{g, gone}, err
	}})
	res, err := r.Run(1)
	close(end)
	<-gone // its descriptors are not those of the next test
	if err != nil || res.Outcome != explore.NoProgress || res.Name() != explore.Hang || !res.Hung || len(res.Waits) != 2 {
		t.Errorf("%+v, %v: want a hang with 2 tasks", res, err)
	}
}

// Runs with one seed draw the same workload, whatever the workers do.
func TestRealWorkload(t *testing.T) {
	_ = open(t).Close(true)
	var drawn []int
	r := explore.NewReal("work", explore.Config{}, func(w *explore.World) {
		for range 20 {
			drawn = append(drawn, w.Work(100))
		}
		w.Run(sched.WaitForAllTasks, func(*sched.Task) int { return 0 })
	}, explore.RealOptions{Workers: 2, Open: Open})
	for _, seed := range []uint64{7, 8, 7} {
		if res, err := r.Run(seed); err != nil || res.Outcome != explore.Pass {
			t.Fatalf("%+v, %v", res, err)
		}
	}
	same, other := true, false
	for i := range 20 {
		same = same && drawn[i] == drawn[40+i]
		other = other || drawn[i] != drawn[20+i]
	}
	if !same || !other {
		t.Errorf("seeds 7, 8 and 7 drew %v", drawn)
	}
}
