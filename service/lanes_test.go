//go:build !tinygo

package service_test

import (
	"errors"
	"fmt"
	"testing"

	"github.com/tripoint-go/tripoint/sched"
	"github.com/tripoint-go/tripoint/sched/flow"
	"github.com/tripoint-go/tripoint/service"
	"github.com/tripoint-go/tripoint/simtest"
	"github.com/tripoint-go/tripoint/vclock"
)

// On several lanes, in every order of tasks, with wakes that nobody asked for, and with cancels of whoever owns, waits or watches: the
// monitors judge, nobody hangs, and every body that has started ends.
func TestTreesUnderFaults(t *testing.T) {
	for _, lanes := range []int{1, 3} {
		t.Run(fmt.Sprint("lanes=", lanes), func(t *testing.T) {
			simtest.Run(t, func(w *simtest.World) {
				started, ended := 0, 0
				w.Main(sched.WaitForAllTasks, func(t *sched.Task) int {
					hs := make([]*sched.Handle[int], 2)
					for i := range hs {
						hs[i] = sched.Spawn(t, "tree", func(t *sched.Task) int { drawn(w, t, &started, &ended); return 0 })
					}
					t.Sleep(vclock.Duration(w.Work(200)))
					if w.Work(2) == 1 {
						hs[0].Stop()
					}
					if w.Work(4) == 1 {
						t.Executor().RootScope().Trigger()
					}
					for _, h := range hs {
						h.Join(t)
					}
					return 0
				})
				w.AtEnd("every body ends", func() error {
					if started != ended {
						return fmt.Errorf("%d of %d", ended, started)
					}
					return nil
				})
			}, simtest.Seeds("1-300"), simtest.Faults("swarm"), simtest.In(simtest.Config{Lanes: lanes}))
		})
	}
}

// drawn makes a drawn tree, and waits for its end in some way, or not at all.
func drawn(w *simtest.World, t *sched.Task, started, ended *int) {
	root, err := service.NewRoot(t, "root", vclock.Duration(w.Work(100)))
	if err != nil {
		return
	}
	var all []*service.Resource
	for i := range 2 + w.Work(4) {
		life, stop, fails := vclock.Duration(1+w.Work(300)), vclock.Duration(w.Work(60)), w.Work(8) == 1
		needs := all
		if w.Work(2) == 0 {
			needs = nil
		}
		body := func(t *sched.Task, s *service.Self) error {
			*started++
			defer func() { *ended++ }()
			for _, other := range needs {
				if err := s.Depend(other); err != nil {
					return err
				}
			}
			s.Ready()
			var over sched.Sleep
			over.Start(t, life)
			if _, err := flow.First(t, &over, &flow.Signalled{Flag: s.Token()}); err != nil {
				return err
			}
			if err := t.Sleep(stop); err != nil {
				return err
			}
			if fails {
				return errors.New("fails")
			}
			return nil
		}
		start := service.Start
		if w.Work(3) == 1 {
			start = service.StartInterruptible
		}
		r, err := start(t, fmt.Sprint("s", i), body)
		if err != nil {
			return
		}
		all = append(all, r)
		if w.Work(3) == 1 {
			r.Release()
		}
	}
	group, err := service.NewGroup(t, "group", all[0], all[len(all)-1])
	if err == nil {
		root.Add(group)
	}
	for _, r := range all {
		if w.Work(2) == 1 {
			root.Add(r)
		}
		sched.Spawn(t, "watcher", func(t *sched.Task) int {
			last := service.Loading
			sub := r.Subscribe(t)
			for {
				p, err := sub.Next(t)
				if err != nil {
					w.Assert(last.Terminal(), "a watcher sees the end", "%v after %v", err, last)
					return 0
				}
				last = p.State
				t.Sleep(vclock.Duration(w.Work(3)))
			}
		})
	}
	if w.Work(4) > 0 {
		err := root.Wait(t)
		w.Sometimes("a root failed", err != nil && err != sched.ErrCancelled)
		w.Sometimes("a root was done", err == nil)
	}
}
