package sim_test

import (
	"testing"

	"github.com/tripoint-go/tripoint/backend"
	"github.com/tripoint-go/tripoint/backend/sim"
	"github.com/tripoint-go/tripoint/vclock"
)

// reapLines returns the lines of one Reap.
func reapLines(k *sim.Kernel) []int32 {
	var into [16]backend.Completion
	var lines []int32
	for _, c := range into[:k.Reap(into[:])] {
		if c.Kind == backend.CompletionLine {
			lines = append(lines, c.N)
		}
	}
	return lines
}

func equal(a []int32, b ...int32) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if a[i] != b[i] {
			return false
		}
	}
	return true
}

// Any number of requests of a closed line is one pending bit; the device still counts them.
func TestPendingCoalesces(t *testing.T) {
	k := kernel(nil, sim.Options{Lines: 4})
	for i := range 5 {
		k.RaiseAt(3, vclock.Instant(i*10))
	}
	k.RaiseAt(1, 20)
	if k.Wait(vclock.Forever) {
		t.Error("requests of disabled lines are not something to report")
	}
	if got := reapLines(k); len(got) != 0 {
		t.Errorf("disabled lines reported: %v", got)
	}
	k.LineEnable(3)
	k.LineEnable(1)
	if got := reapLines(k); !equal(got, 1, 3) {
		t.Errorf("lines %v, want 1 and 3, the lower first", got)
	}
	if got := reapLines(k); len(got) != 0 {
		t.Errorf("reported again: %v", got)
	}
	if k.Requests(3) != 5 || k.Requests(1) != 1 {
		t.Errorf("the devices counted %d and %d requests, want 5 and 1", k.Requests(3), k.Requests(1))
	}
}

// A level device storms its line while it is enabled, until it is cleared.
func TestLevelStorm(t *testing.T) {
	k := kernel(nil, sim.Options{Lines: 2})
	k.Device(0, true)
	k.LineEnable(0)
	k.RaiseAt(0, 10)
	k.Wait(vclock.Forever)
	for range 5 {
		if got := reapLines(k); !equal(got, 0) {
			t.Fatalf("lines %v, want 0 once per Reap", got)
		}
	}
	k.LineDisable(0)
	if got := reapLines(k); len(got) != 0 || !k.Asserted(0) || k.LineEnabled(0) {
		t.Fatalf("a disabled line reported: %v", got)
	}
	k.LineEnable(0)
	if got := reapLines(k); !equal(got, 0) {
		t.Fatalf("lines %v, want 0: the level is still asserted", got)
	}
	k.Clear(0)
	if got := reapLines(k); len(got) != 0 || k.Wait(vclock.Forever) {
		t.Errorf("a cleared device still requests: %v", got)
	}
	// A latched bit outlives Clear.
	k.LineDisable(0)
	k.RaiseAt(0, k.Now())
	k.Wait(k.Now())
	k.Clear(0)
	k.LineEnable(0)
	if got := reapLines(k); !equal(got, 0) {
		t.Errorf("lines %v, want the one latched request", got)
	}
}

// Scheduled requests and signals can come before their time, in their order, and then not again.
func TestEarly(t *testing.T) {
	ch := script(map[backend.Site][]int{sim.SiteIRQEarly: {0, 1, 1}, sim.SiteSignalEarly: {0, 0, 1}})
	k := kernel(ch, sim.Options{Lines: 1})
	k.LineEnable(0)
	k.RaiseAt(0, 1000)
	k.RaiseAt(0, 500)
	k.SignalAt(15, 800)
	k.SignalAt(2, 700)
	var into [4]backend.Completion
	for i, want := range []int{0, 1, 2} {
		if n := k.Reap(into[:]); n != want {
			t.Fatalf("Reap %d: %d reports, want %d", i, n, want)
		}
	}
	if into[1].Kind != backend.CompletionSignal || into[1].N != 2 {
		t.Errorf("early signal %+v, want signal 2, which was due first", into[1])
	}
	got := drain(t, k)
	if len(got) != 1 || got[0].N != 15 || got[0].at != 800 || k.Requests(0) != 2 {
		t.Errorf("afterwards %v, want signal 15 at 800", got)
	}
}

// Spurious interrupts come on enabled lines only, a storm is bounded, and programs without lines have no irq draws.
func TestSpuriousAndStorm(t *testing.T) {
	ch := script(map[backend.Site][]int{sim.SiteIRQSpurious: {1}, sim.SiteIRQStorm: {1, 1, 1, 1, 1, 1, 1}})
	k := kernel(ch, sim.Options{Lines: 3})
	k.LineEnable(2)
	for i := range 4 {
		if got := reapLines(k); !equal(got, 2) {
			t.Fatalf("Reap %d: lines %v, want 2", i, got)
		}
	}
	if got := reapLines(k); len(got) != 0 {
		t.Errorf("the storm goes on: %v", got)
	}
	if k.Requests(2) != 0 {
		t.Error("a spurious interrupt is no request of the device")
	}
	idle := script(nil)
	k = kernel(idle, sim.Options{Lines: 3})
	for range 20 {
		reapLines(k)
	}
	if len(idle.draws) != 0 {
		t.Errorf("draws without a line in use: %v", idle.draws)
	}
}

// No chooser can keep time from moving by noise alone.
func TestNoiseIsBounded(t *testing.T) {
	k := kernel(mostChooser{}, sim.Options{Lines: 3, SpuriousSlots: 5})
	for n := range 3 {
		k.LineEnable(n)
	}
	var into [16]backend.Completion
	spurious, last := 0, 0
	for i := range 500 {
		n := k.Reap(into[:])
		if n > 0 {
			last = i
		}
		for _, c := range into[:n] {
			if c.Kind == backend.CompletionSpurious {
				spurious++
				if c.N != 5 {
					t.Errorf("spurious wake of slot %d, want 5", c.N)
				}
			}
		}
	}
	if spurious == 0 || last > 100 {
		t.Errorf("%d spurious wakes, last report at Reap %d of 500", spurious, last)
	}
	k.Wait(1)
	if k.Now() != 1 {
		t.Error("time does not move")
	}
}

// Signals are reported one by one, enabled or not.
func TestSignals(t *testing.T) {
	k := kernel(nil, sim.Options{})
	k.SignalAt(15, 5)
	k.SignalAt(2, 5)
	k.SignalEnable(true)
	if !k.SignalsEnabled() {
		t.Error("SignalEnable was not remembered")
	}
	got := drain(t, k)
	if len(got) != 2 || got[0].N != 15 || got[1].N != 2 || got[0].Kind != backend.CompletionSignal {
		t.Errorf("reports %v, want signals 15 and 2", got)
	}
}

// A signal has one receiver; Close forgets what has come and was not reaped, and nothing else.
func TestReceivers(t *testing.T) {
	k := kernel(nil, sim.Options{})
	for n, want := range map[int32]backend.Errno{1: backend.OK, 64: backend.OK, 0: backend.EINVAL, 65: backend.EINVAL, 9: backend.EINVAL, 19: backend.EINVAL} {
		if e := k.SignalOpen(n); e != want {
			t.Errorf("signal %d: %v, want %v", n, e, want)
		}
	}
	if e := k.SignalOpen(1); e != backend.EBUSY {
		t.Errorf("a second receiver: %v, want EBUSY", e)
	}
	for _, n := range []int32{1, 15, 1, 2} {
		k.SignalAt(n, 5)
	}
	k.Wait(10)
	k.SignalClose(1)
	if got := drain(t, k); len(got) != 2 || got[0].N != 15 || got[1].N != 2 {
		t.Errorf("reports %v, want signals 15 and 2", got)
	}
	if e := k.SignalOpen(1); e != backend.OK {
		t.Errorf("a receiver after Close: %v", e)
	}
}
