//go:build tinygo && cortexm && kinds32

package main

import (
	"github.com/tripoint-go/tripoint/sched"
	"github.com/tripoint-go/tripoint/vclock"
)

// kind is a future of its own for each K, with everything that a future of a library has.
type kind[K any] struct {
	wait  sched.Sleep
	begun bool
	tag   K
}

// Poll implements sched.Future.
func (k *kind[K]) Poll(t *sched.Task) sched.Poll {
	if !k.begun {
		k.begun = true
		k.wait.Start(t, vclock.Millisecond)
	}
	return k.wait.Poll(t)
}

// Abandon implements sched.Future.
func (k *kind[K]) Abandon(t *sched.Task) { k.wait.Abandon(t) }

// Blocked implements sched.Blocker.
func (k *kind[K]) Blocked() sched.WaitInfo { return k.wait.Blocked() }

func poll[K any](t *sched.Task) sched.Poll {
	k := t.Arg.(*kind[K])
	p := k.Poll(t)
	t.SetBlocker(k)
	return p
}

type (
	k0  struct{}
	k1  struct{}
	k2  struct{}
	k3  struct{}
	k4  struct{}
	k5  struct{}
	k6  struct{}
	k7  struct{}
	k8  struct{}
	k9  struct{}
	k10 struct{}
	k11 struct{}
	k12 struct{}
	k13 struct{}
	k14 struct{}
	k15 struct{}
	k16 struct{}
	k17 struct{}
	k18 struct{}
	k19 struct{}
	k20 struct{}
	k21 struct{}
	k22 struct{}
	k23 struct{}
	k24 struct{}
	k25 struct{}
	k26 struct{}
	k27 struct{}
	k28 struct{}
	k29 struct{}
	k30 struct{}
	k31 struct{}
)

var states struct {
	s0  kind[k0]
	s1  kind[k1]
	s2  kind[k2]
	s3  kind[k3]
	s4  kind[k4]
	s5  kind[k5]
	s6  kind[k6]
	s7  kind[k7]
	s8  kind[k8]
	s9  kind[k9]
	s10 kind[k10]
	s11 kind[k11]
	s12 kind[k12]
	s13 kind[k13]
	s14 kind[k14]
	s15 kind[k15]
	s16 kind[k16]
	s17 kind[k17]
	s18 kind[k18]
	s19 kind[k19]
	s20 kind[k20]
	s21 kind[k21]
	s22 kind[k22]
	s23 kind[k23]
	s24 kind[k24]
	s25 kind[k25]
	s26 kind[k26]
	s27 kind[k27]
	s28 kind[k28]
	s29 kind[k29]
	s30 kind[k30]
	s31 kind[k31]
}

var all = [...]struct {
	state any
	poll  func(*sched.Task) sched.Poll
}{
	{&states.s0, poll[k0]},
	{&states.s1, poll[k1]},
	{&states.s2, poll[k2]},
	{&states.s3, poll[k3]},
	{&states.s4, poll[k4]},
	{&states.s5, poll[k5]},
	{&states.s6, poll[k6]},
	{&states.s7, poll[k7]},
	{&states.s8, poll[k8]},
	{&states.s9, poll[k9]},
	{&states.s10, poll[k10]},
	{&states.s11, poll[k11]},
	{&states.s12, poll[k12]},
	{&states.s13, poll[k13]},
	{&states.s14, poll[k14]},
	{&states.s15, poll[k15]},
	{&states.s16, poll[k16]},
	{&states.s17, poll[k17]},
	{&states.s18, poll[k18]},
	{&states.s19, poll[k19]},
	{&states.s20, poll[k20]},
	{&states.s21, poll[k21]},
	{&states.s22, poll[k22]},
	{&states.s23, poll[k23]},
	{&states.s24, poll[k24]},
	{&states.s25, poll[k25]},
	{&states.s26, poll[k26]},
	{&states.s27, poll[k27]},
	{&states.s28, poll[k28]},
	{&states.s29, poll[k29]},
	{&states.s30, poll[k30]},
	{&states.s31, poll[k31]},
}

// kinds runs a task of each kind.
func kinds(t *sched.Task) int64 {
	for i := range all {
		body.Arg = all[i].state
		h, err := body.Start(&ex, t, "kind", all[i].poll)
		if err != nil {
			return 1
		}
		sched.Await(t, h)
	}
	return 42
}
