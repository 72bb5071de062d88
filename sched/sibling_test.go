//go:build !tinygo

package sched_test

import (
	"testing"

	"github.com/tripoint-go/tripoint/backend/sim"
	"github.com/tripoint-go/tripoint/sched"
)

// Child scopes may close in any order; closing the parent afterwards, or in the middle, reaches exactly those that are left.
func TestScopesCloseInAnyOrder(t *testing.T) {
	for _, order := range [][]int{{0, 1, 2}, {0, 2, 1}, {1, 0, 2}, {1, 2, 0}, {2, 0, 1}, {2, 1, 0}} {
		for closed := 0; closed <= 3; closed++ {
			ex := sched.New(sched.Limits{}, sched.Options{Backend: sim.New(sim.Options{})})
			ended := 0
			_, err := sched.Run(ex, sched.WaitForAllTasks, func(t *sched.Task) int {
				var outer sched.Scope
				var inner [3]sched.Scope
				if outer.Open(t, "outer", nil) != nil {
					return 1
				}
				for i := range inner {
					if inner[i].Open(t, "inner", &outer) != nil {
						return 1
					}
					sched.SpawnWith(t, "member", sched.SpawnOptions{Scope: &inner[i]}, func(t *sched.Task) int {
						if t.Sleep(1<<40) == sched.ErrCancelled {
							ended++
						}
						return 0
					})
				}
				t.Sleep(1)
				for _, i := range order[:closed] {
					inner[i].Close(t, 0)
				}
				if ended != closed {
					return 1
				}
				outer.Close(t, 0)
				return 0
			})
			if err != nil || ended != 3 {
				t.Errorf("order %v, %d closed before the outer one: %d of 3 members were cancelled, error %v", order, closed, ended, err)
			}
			ex.Close()
		}
	}
}

// A spawn after the run is over says so: it is not for lack of room.
func TestSpawnAfterTheRunIsClosed(t *testing.T) {
	ex := sched.New(sched.Limits{}, sched.Options{Backend: sim.New(sim.Options{})})
	var late error
	if _, err := sched.Run(ex, sched.DetachTasks, func(t *sched.Task) int {
		sched.Spawn(t, "frozen", func(t *sched.Task) int {
			defer func() { late = sched.Spawn(t, "late", func(*sched.Task) int { return 0 }).Err() }()
			t.Sleep(1 << 40)
			return 0
		})
		t.Sleep(1)
		return 0
	}); err != nil {
		t.Fatal(err)
	}
	ex.Close() // the frozen task's deferred call runs here
	if late != sched.ErrClosed {
		t.Errorf("a spawn after the run says %v, want %v", late, sched.ErrClosed)
	}
}
