//go:build !tinygo

package sched

import (
	"slices"
	"testing"

	"github.com/tripoint-go/tripoint/backend"
)

// Who waits for a flag is woken in the order in which they came, then who waits for what depends on it, near before far.
func TestFlagFiresInOrder(t *testing.T) {
	w := newWorld(t, Limits{}, Options{})
	var order []int
	w.run(WaitForAllTasks, func(t *Task) int {
		var f, near, far, all Flag
		var ms [4]Membership
		f.Init(t.ex)
		near.InitAny(t.ex)
		far.InitAny(t.ex)
		all.InitAll(t.ex)
		far.Add(ms[:1], &near)
		near.Add(ms[1:2], &f)
		all.Add(ms[2:], &f, &near)
		for i, flag := range []*Flag{&far, &f, &all, &near, &f} {
			Spawn(t, "waits", func(t *Task) int { flag.Wait(t); order = append(order, i); return 0 })
		}
		t.Sleep(10)
		f.Fire(backend.TriggerAPI)
		if !far.IsCancelled() || !all.IsCancelled() || ms != [4]Membership{} {
			return -200
		}
		return 0
	})
	if want := []int{1, 4, 3, 0, 2}; !slices.Equal(order, want) {
		t.Errorf("woken in the order %v, want %v", order, want)
	}
}

// A chain of combinations of any depth is fired and searched without recursion, and a flag with many members is left at once.
func TestDeepAndWideFlags(t *testing.T) {
	const depth = 20_000
	w := newWorld(t, Limits{}, Options{})
	w.tr.Init(make([]backend.Event, 2), nil) // the trace is of no interest, and lost
	ex := w.ex
	flags, ms := make([]Flag, depth), make([]Membership, 2*depth)
	flags[0].Init(ex)
	for i := 1; i < depth; i++ {
		if i%2 == 0 {
			flags[i].InitAny(ex)
		} else {
			flags[i].InitAll(ex)
		}
		if flags[i].Add(ms[2*i:], &flags[i-1]) != nil {
			t.Fatalf("flag %d is no member", i-1)
		}
	}
	if err := flags[1].Add(ms[1:], &flags[depth-1]); err != ErrCycle {
		t.Fatalf("a cycle of %d: %v", depth, err)
	}
	var all Flag
	all.InitAll(ex)
	for i := range flags {
		if err := all.Add(ms[2*i+1:], &flags[i]); err != nil {
			t.Fatal(err)
		}
	}
	flags[0].Fire(backend.TriggerAPI)
	if !flags[depth-1].IsCancelled() || !all.IsCancelled() {
		t.Fatal("the end of the chain has not fired")
	}
	for i := range ms {
		if ms[i] != (Membership{}) {
			t.Fatalf("record %d is still in use", i)
		}
	}
}

// What could leave a link into memory that is used for something else is a programmer error.
func TestFlagMisuse(t *testing.T) {
	w, other := newWorld(t, Limits{}, Options{}), newWorld(t, Limits{}, Options{})
	var f, c, foreign Flag
	var m, m2 [1]Membership
	f.Init(w.ex)
	c.InitAny(w.ex)
	foreign.Init(other.ex)
	if c.Add(m[:], &f) != nil {
		t.Fatal("a flag is no member")
	}
	for name, misuse := range map[string]func(){
		"a member is prepared again":      func() { f.Init(w.ex) },
		"a combined one, too":             func() { c.InitAll(w.ex) },
		"a record is used twice":          func() { c.Add(m[:], &f) },
		"there are fewer records":         func() { c.Add(m2[:], &f, &f) },
		"a flag of another executor":      func() { c.Add(m2[:], &foreign) },
		"no flag":                         func() { c.Add(m2[:], nil) },
		"members of what is not combined": func() { f.Add(m2[:], &c) },
	} {
		if mustPanic(misuse) == nil {
			t.Errorf("%s: no panic", name)
		}
	}
	c.Fire(backend.TriggerClose)
	f.Init(w.ex)
	c.InitAny(w.ex)
	w.run(WaitForAllTasks, func(t *Task) int {
		f.Init(t.ex)
		h := Spawn(t, "waits", func(t *Task) error { return f.Wait(t) })
		t.Sleep(1)
		if mustPanic(func() { f.Init(t.ex) }) == nil {
			return -200
		}
		f.Fire(backend.TriggerAPI)
		h.Join(t)
		return 0
	})
}
