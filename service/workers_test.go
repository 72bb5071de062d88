//go:build linux && !tinygo

package service_test

import (
	"errors"
	"fmt"
	"testing"

	"github.com/tripoint-go/tripoint/backend"
	"github.com/tripoint-go/tripoint/backend/uring"
	"github.com/tripoint-go/tripoint/internal/require"
	"github.com/tripoint-go/tripoint/internal/spec"
	"github.com/tripoint-go/tripoint/sched"
	"github.com/tripoint-go/tripoint/service"
	"github.com/tripoint-go/tripoint/vclock"
)

// On several workers, trees are built, report, fail and stop beside each other, and owners and subscribers are cancelled meanwhile. It
// is for the race detector, and for the monitors, which judge the trace.
func TestWorkersTrees(t *testing.T) {
	for _, workers := range []int{1, 2, 8} {
		t.Run(fmt.Sprint("workers=", workers), func(t *testing.T) {
			b, err := uring.New(uring.Options{Lanes: workers})
			if err != nil {
				require.Lacking(t, require.Uring, err)
			}
			defer b.Close()
			c := spec.New(spec.Options{Complete: true, Slack: vclock.Second, Grace: vclock.Second})
			tr := new(backend.Trace)
			tr.Init(make([]backend.Event, 256), c)
			ex := sched.New(sched.Limits{}, sched.Options{Backend: b, Workers: workers, Trace: tr})
			defer ex.Close()
			if _, err := sched.Main(ex, sched.WaitForAllTasks, func(t *sched.Task) int { forest(t, 6); return 0 }); err != nil {
				t.Errorf("the run ends with %v", err)
			}
			for _, v := range c.Finish() {
				t.Errorf("%s: %s", v.ID, v.Text)
			}
		})
	}
}

// forest makes trees in tasks of their own and waits for all of them.
func forest(t *sched.Task, n int) {
	var hs []*sched.Handle[int]
	for i := range n {
		hs = append(hs, sched.Spawn(t, "tree", func(t *sched.Task) int { grow(t, i); return 0 }))
	}
	t.Sleep(vclock.Millisecond)
	hs[0].Stop()
	for _, h := range hs {
		h.Join(t)
	}
}

// grow makes a tree of which one resource fails, one needs others, and one reports all the time.
func grow(t *sched.Task, i int) {
	root, err := service.NewRoot(t, "root", vclock.Second)
	if err != nil {
		return
	}
	base, _ := service.Start(t, "base", func(t *sched.Task, s *service.Self) error {
		for n := 0; !s.Token().IsCancelled(); n++ {
			s.Set(service.Ready, fmt.Sprint(n))
			if err := t.Sleep(20 * vclock.Microsecond); err != nil {
				return err
			}
		}
		return nil
	})
	members := []*service.Resource{base}
	for k := range 4 {
		start := service.Start
		if k%2 == 0 {
			start = service.StartInterruptible
		}
		m, _ := start(t, fmt.Sprint("member", k), func(t *sched.Task, s *service.Self) error {
			if err := s.Depend(base); err != nil {
				return err
			}
			if err := base.WaitReady(t); err != nil {
				return err
			}
			s.Ready()
			if err := t.Sleep(vclock.Duration(500*(k+1)) * vclock.Microsecond); err != nil || k == i {
				return errors.New("fails")
			}
			return nil
		})
		members = append(members, m)
		sched.Spawn(t, "watcher", func(t *sched.Task) int {
			sub := m.Subscribe(t)
			for {
				if _, err := sub.Next(t); err != nil {
					return 0
				}
			}
		})
	}
	for _, m := range members[1:] {
		root.Add(m)
	}
	watcher := sched.Spawn(t, "watcher", func(t *sched.Task) int {
		sub := root.Subscribe(t)
		for {
			if _, err := sub.Next(t); err != nil {
				return 0
			}
		}
	})
	if i == 1 {
		root.Stop()
	}
	if i == 2 {
		watcher.Stop()
	}
	if root.Wait(t) == nil {
		base.Release()
	}
}
