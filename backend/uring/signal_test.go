//go:build linux

package uring_test

import (
	"fmt"
	"syscall"
	"testing"

	"github.com/tripoint-go/tripoint/backend"
	"github.com/tripoint-go/tripoint/backend/uring"
	"github.com/tripoint-go/tripoint/vclock"
)

// A receiver's signal is reported, however often it came as one; nobody can have it twice; Close forgets what was not reaped.
func TestReceivers(t *testing.T) {
	b := open(t, uring.Options{})
	const usr = int32(syscall.SIGUSR2)
	for _, n := range []int32{-1, 0, 65, int32(syscall.SIGKILL), int32(syscall.SIGSEGV), int32(syscall.SIGURG)} {
		if e := b.SignalOpen(n); e != backend.EINVAL {
			t.Errorf("signal %d: %v, want EINVAL", n, e)
		}
	}
	for range 3 { // open and close leave nothing behind
		if e := b.SignalOpen(usr); e != backend.OK {
			t.Fatal(e)
		}
		if e := b.SignalOpen(usr); e != backend.EBUSY {
			t.Errorf("a second receiver: %v, want EBUSY", e)
		}
		raise(t, usr)
		await(t, b, usr)
		raise(t, usr)
		b.SignalClose(usr)
		b.SignalClose(usr)
		var into [4]backend.Completion
		if n := b.Reap(into[:]); n != 0 {
			t.Errorf("%d reports after Close, want none", n)
		}
	}
}

// A receiver of SIGTERM and the shutdown share it: it is reported once, and each can go without the other.
func TestReceiverOfAShutdownSignal(t *testing.T) {
	b := open(t, uring.Options{})
	const term = int32(syscall.SIGTERM)
	b.SignalEnable(true)
	if e := b.SignalOpen(term); e != backend.OK {
		t.Fatal(e)
	}
	raise(t, term)
	await(t, b, term)
	b.SignalClose(term)
	raise(t, term) // would kill us if nobody took it
	await(t, b, term)
	b.SignalEnable(false)
	if e := b.SignalOpen(term); e != backend.OK {
		t.Fatal(e)
	}
	raise(t, term)
	await(t, b, term)
}

func raise(t *testing.T, n int32) {
	t.Helper()
	if err := syscall.Kill(syscall.Getpid(), syscall.Signal(n)); err != nil {
		t.Fatal(err)
	}
}

// await waits for the report of signal n and wants no other.
func await(t *testing.T, b *uring.Backend, n int32) {
	t.Helper()
	var into [4]backend.Completion
	for end := b.Now().Add(10 * vclock.Second); b.Now() < end; {
		b.Wait(end)
		if got := b.Reap(into[:]); got > 0 {
			want := backend.Completion{Kind: backend.CompletionSignal, N: n}
			if fmt.Sprint(into[:got]) != fmt.Sprint([]backend.Completion{want}) {
				t.Fatalf("got %v, want one report of signal %d", into[:got], n)
			}
			return
		}
	}
	t.Fatalf("signal %d was not reported", n)
}
