//go:build linux

package uring

import (
	"sync/atomic"
	"testing"
	"time"

	"github.com/tripoint-go/tripoint/backend"
	"github.com/tripoint-go/tripoint/vclock"
)

// stuck returns what Stuck says, or stops the test.
func stuck(t *testing.T, b *Backend) int {
	t.Helper()
	said := make(chan int, 1)
	go func() { said <- b.Stuck() }()
	select {
	case i := <-said:
		return i
	case <-time.After(patience):
		t.Fatal("Stuck does not return")
		return 0
	}
}

// submitted gives a lane something to report.
func submitted(t *testing.T, l backend.Backend, slot int) {
	t.Helper()
	if n := l.Submit([]*backend.Op{{ID: backend.MakeOpID(slot, 1), Kind: backend.OpNop}}); n != 1 {
		t.Fatalf("Submit took %d of 1", n)
	}
}

// Release ends one Stuck, before or after it begins, and no other one.
func TestReleaseEndsOneStuck(t *testing.T) {
	b := begin(t, Options{})
	for round := range 3 {
		b.Release()
		b.Release()
		if i := stuck(t, b); i != -1 {
			t.Fatalf("round %d: got lane %d, want -1: it was released", round, i)
		}
		said := make(chan int, 1)
		go func() { said <- b.Stuck() }()
		time.AfterFunc(time.Duration(round)*watchPeriod, b.Release) // while it sleeps, or before
		if i := <-said; i != -1 {
			t.Fatalf("round %d: got lane %d, want -1: it was released", round, i)
		}
	}
	b.Due() // the worker was there, and has not come back
	submitted(t, b, 0)
	if i := stuck(t, b); i != 0 {
		t.Errorf("got %d, want lane 0: nobody released this one", i)
	}
}

// Of several lanes whose workers are away each one is named, however long the others are away.
func TestStuckNamesEveryLane(t *testing.T) {
	const lanes = 3
	b := begin(t, Options{Lanes: lanes})
	for i := range lanes {
		b.Lane(i).Due()
		submitted(t, b.Lane(i), i)
	}
	var named [lanes]int
	for range 4 * lanes {
		i := stuck(t, b)
		if i < 0 || i >= lanes {
			t.Fatalf("got %d, want a lane", i)
		}
		named[i]++
	}
	for i, n := range named {
		if n == 0 {
			t.Errorf("lane %d is never named: %v", i, named)
		}
	}
}

// A lane that has no worker keeps nobody awake, and is not stuck.
func TestStuckWithoutWorker(t *testing.T) {
	b := begin(t, Options{Lanes: 4})
	var over atomic.Bool
	parked := make(chan struct{})
	go func() {
		defer close(parked)
		b.Due()
		for !over.Load() { // a signal ends a Wait, too
			b.Wait(vclock.Forever)
		}
	}()
	said := make(chan int, 1)
	go func() { said <- b.Stuck() }()
	for deadline := time.Now().Add(patience); !b.watch.dozing.Load(); {
		select {
		case i := <-said:
			if i != 0 { // before the worker has parked
				t.Fatalf("got lane %d, which has no worker", i)
			}
			go func() { said <- b.Stuck() }()
		case <-time.After(100 * time.Microsecond):
		}
		if time.Now().After(deadline) {
			t.Fatal("the completion thread does not doze while the only worker is parked")
		}
	}
	over.Store(true)
	b.Unpark()
	<-parked
	b.Release()
	<-said
}
