//go:build linux

package tripoint

import (
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/tripoint-go/tripoint/backend"
	"github.com/tripoint-go/tripoint/internal/require"
	"github.com/tripoint-go/tripoint/sched"
	"github.com/tripoint-go/tripoint/vclock"
)

// caught are the signals that Main is about.
func caught() []syscall.Signal { return []syscall.Signal{syscall.SIGTERM, syscall.SIGINT} }

func TestExitStatusIsTheRootsValue(t *testing.T) {
	for _, v := range []int{0, 1, 7, 255} {
		c := run(t, "value", strconv.Itoa(v))
		c.exits(v)
		c.silent()
	}
}

func TestExitStatusOutOfRange(t *testing.T) {
	for _, v := range []int{-1, 256, 1<<31 - 1} {
		c := run(t, "value", strconv.Itoa(v))
		c.exits(255)
		c.logs(strconv.Itoa(v), "0 to 255")
	}
}

// SD6: programs that take no token are killed by the first signal.
func TestWithoutTokenTheFirstSignalKills(t *testing.T) {
	for _, sig := range caught() {
		c := run(t, "plain", "")
		c.expect("ready")
		c.signal(sig)
		c.diesBy(sig)
		c.silent()
	}
}

// SD6: the first signal triggers, the second one kills, and the parent sees by which.
func TestFirstSignalTriggersSecondKills(t *testing.T) {
	for _, first := range caught() {
		for _, second := range caught() {
			c := run(t, "deaf", "")
			c.expect("ready")
			c.signal(first)
			c.expect("fired")
			c.signal(second)
			c.diesBy(second)
			c.silent()
		}
	}
}

// Receivers take their signals, each once per process, and nobody else's; one that was closed leaves the default action.
func TestReceivers(t *testing.T) {
	c := run(t, "reload", "")
	c.expect(backend.EBUSY.Error())
	c.expect(backend.EINVAL.Error())
	for range 2 {
		c.signal(syscall.SIGHUP)
		c.expect("again")
	}
	c.signal(syscall.SIGUSR1)
	c.signal(syscall.SIGTERM)
	c.expect("stops")
	c.expect("deaf")
	c.signal(syscall.SIGHUP)
	c.diesBy(syscall.SIGHUP)
	c.silent()

	c = run(t, "taken", "")
	c.expect("ready")
	c.signal(syscall.SIGTERM)
	c.expect("false")
	c.signal(syscall.SIGTERM)
	c.expect("fired")
	c.signal(syscall.SIGTERM)
	c.diesBy(syscall.SIGTERM)
	c.silent()
}

// The kernel spares the first process of a container. The status then says what should have happened; where nobody took a token,
// it is the Go runtime's.
func TestSignalsOfTheFirstProcessOfAContainer(t *testing.T) {
	needRing(t)
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	first := func(args ...string) *exec.Cmd {
		cmd := exec.Command(exe, args...)
		cmd.SysProcAttr = &syscall.SysProcAttr{Cloneflags: syscall.CLONE_NEWPID}
		return cmd
	}
	if err := first("-test.run=^$").Run(); err != nil {
		require.Lacking(t, require.Uring, fmt.Errorf("no new process namespace: %w", err))
	}
	c := start(t, first(), "deaf", "")
	c.expect("ready")
	c.signal(syscall.SIGTERM)
	c.expect("fired")
	c.signal(syscall.SIGTERM)
	c.exits(128 + int(syscall.SIGTERM))
	c.silent()

	c = start(t, first(), "plain", "")
	c.expect("ready")
	c.signal(syscall.SIGTERM)
	c.exits(2)
}

// So does whoever started the process with the signal ignored.
func TestDeathThatDoesNotHappen(t *testing.T) {
	needRing(t)
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	c := start(t, exec.Command("/bin/sh", "-c", `trap "" INT; exec "$0"`, exe), "spared", "")
	c.untraced = true
	c.exits(128 + int(syscall.SIGINT))
}

// A SIGINT that the process was started with ignored, as by nohup or as a background job of a script, stays ignored: it neither kills nor
// counts as the first signal, and SIGTERM is heard. A receiver, which names its signal, gets it.
func TestIgnoredSignalStaysIgnored(t *testing.T) {
	needRing(t)
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	c := start(t, exec.Command("/bin/sh", "-c", `trap "" INT; exec "$0"`, exe), "listens", "")
	c.expect("ready")
	c.signal(syscall.SIGINT)
	c.signal(syscall.SIGINT)
	c.signal(syscall.SIGTERM)
	c.exits(9)
	c.silent()
	c = start(t, exec.Command("/bin/sh", "-c", `trap "" INT; exec "$0"`, exe), "receives", "")
	c.expect("ready")
	c.signal(syscall.SIGINT)
	c.exits(7)
}

func TestSignalLetsTheRootDecide(t *testing.T) {
	for _, sig := range caught() {
		c := run(t, "listens", "")
		c.expect("ready")
		c.signal(sig)
		c.exits(9)
		c.silent()
	}
}

// graceTested is long against a run, so that the bounds have room for a busy machine.
const graceTested = 1500 * vclock.Millisecond

// SD4: a token that is held delays the exit by the grace, and by no more. What a run takes without is measured here and now.
func TestGraceBounds(t *testing.T) {
	const grace = time.Duration(graceTested)
	before := run(t, "held", "release").exits(5)
	held := run(t, "held", "hold").exits(5)
	control := max(before, run(t, "held", "release").exits(5))
	if least, most := grace, grace+20*control; held < least || held > most {
		t.Errorf("with a token held the program took %v, want %v to %v (without: %v)", held, least, most, control)
	}
}

// SD4: a token that is released in the grace ends it. Grace is an hour here.
func TestReleaseEndsTheGrace(t *testing.T) {
	c := run(t, "told", "")
	c.expect("grace")
	c.tell()
	c.exits(5)
	c.silent()
}

// SD5: a signal in the grace changes nothing about the status, whether or not it comes in time.
func TestSignalInTheGrace(t *testing.T) {
	for _, sig := range caught() {
		c := run(t, "told", "")
		c.expect("grace")
		c.signal(sig)
		c.tell()
		c.exits(5)
		c.silent()
	}
}

// SD6: in the grace the first signal triggers what has fired already, and the second one kills.
func TestSecondSignalInTheGraceKills(t *testing.T) {
	c := run(t, "told", "")
	c.expect("grace")
	sigs := caught() // of two kinds, because two of one kind may arrive as one
	c.signal(sigs[0])
	c.signal(sigs[1])
	status, _ := c.wait()
	if !status.Signaled() || status.Signal() != sigs[0] && status.Signal() != sigs[1] {
		t.Errorf("got %s, want killed by one of %v", describe(status), sigs)
	}
}

// SD11, NC7: cleanup tasks are waited for, also those spawned in the grace, and a detached task freezes.
func TestCleanupTasksAndFreeze(t *testing.T) {
	c := run(t, "cleanup", "")
	c.expect("first")
	c.expect("second")
	c.exits(3)
	c.silent()
}

func TestGraceEndsCleanupTasks(t *testing.T) {
	c := run(t, "cutoff", "")
	if took := c.exits(3); took < 100*time.Millisecond {
		t.Errorf("the program took %v, want the grace of 100ms at least", took)
	}
}

func TestModes(t *testing.T) {
	mode := func(m sched.Mode) *child {
		c := run(t, "mode", strconv.Itoa(int(m)))
		c.expect("root")
		return c
	}
	t.Run("DetachTasks", func(t *testing.T) {
		mode(sched.DetachTasks).exits(4) // the task that is left says nothing
	})
	t.Run("WaitForAllTasks", func(t *testing.T) {
		c := mode(sched.WaitForAllTasks)
		c.tell()
		c.expect("<nil>")
		c.exits(4)
	})
	t.Run("StopAllOperations", func(t *testing.T) {
		c := mode(sched.StopAllOperations)
		c.expect(sched.ErrCancelled.Error())
		c.exits(4)
	})
}

// SD9: a mode that waits for tasks which nothing can wake fails, and names them.
func TestStalledModes(t *testing.T) {
	for _, m := range []sched.Mode{sched.WaitForAllTasks, sched.StopAllOperations} {
		c := run(t, "stall", strconv.Itoa(int(m)))
		c.exits(ExitFailed)
		c.logs("stalled", `"waits for nobody" (waiting for trigger`, `"waits for the first" (waiting for join of task 2 "waits for nobody")`)
	}
}

// SD9: while the root is live, a stall is reported once, and the program goes on.
func TestStalledRoot(t *testing.T) {
	c := run(t, "stuck", "")
	got := c.line()
	for _, w := range []string{"nothing can wake", `task 1 "root" (waiting for trigger`} {
		if !strings.Contains(got, w) {
			t.Errorf("got %q, want %q in it", got, w)
		}
	}
	c.signal(syscall.SIGTERM)
	c.diesBy(syscall.SIGTERM)
}

func TestRefusalLoop(t *testing.T) {
	c := run(t, "refuses", "")
	c.exits(ExitFailed)
	c.logs("although its calls are refused", `"stubborn"`)
}

// A body that does not await keeps neither the trigger nor the second signal from coming through.
func TestSignalsWhileAllWorkersSpin(t *testing.T) {
	for _, workers := range []string{"1", "2"} {
		c := run(t, "spin", workers)
		c.expect("ready")
		c.signal(syscall.SIGTERM)
		c.expect("fired")
		c.signal(syscall.SIGTERM)
		c.diesBy(syscall.SIGTERM)
	}
}

// Nor does it keep Main from ending with the grace.
func TestGraceEndsWhileAllWorkersSpin(t *testing.T) {
	for _, workers := range []string{"1", "2"} {
		c := run(t, "busy", workers)
		if took := c.exits(6); took < time.Duration(graceTested) {
			t.Errorf("%s workers: the program took %v, want %v at least", workers, took, time.Duration(graceTested))
		}
		c.silent()
	}
}

// S8: a panic ends the program from every state, and says where.
func TestPanics(t *testing.T) {
	for _, c := range []struct{ arg, task string }{
		{"root", "root"}, {"culprit", "culprit"}, {"beside", "culprit"}, {"future", "future"}, {"grace", "holder"}, {"left", "left"},
	} {
		p := run(t, "panic", c.arg)
		p.exits(ExitPanic)
		p.logs(`task "`+c.task+`" panicked: boom`, "goroutine ", "programs_test.go:")
	}
}

// Run takes no signals, even if tokens are taken: the handlers are those of Main.
func TestRunTakesNoSignals(t *testing.T) {
	for _, sig := range caught() {
		c := run(t, "run", "")
		c.expect("ready")
		c.signal(sig)
		c.diesBy(sig)
	}
}

// A task that Run left running is nobody's any more: its panic is that of the process.
func TestPanicAfterRunReturned(t *testing.T) {
	c := run(t, "later", "")
	c.expect("<nil>")
	c.tell()
	c.exits(ExitPanic)
	c.logs(`task "later" panicked: boom`, "programs_test.go:")
}

func TestRingRefused(t *testing.T) {
	c := run(t, "denied", "")
	c.untraced = true
	c.exits(ExitUnavailable)
	c.logs("io_uring is not available", "seccomp", "io_uring_disabled")
	if n := strings.Count(c.errors.String(), "\n"); n != 1 {
		t.Errorf("got %d lines, want 1:\n%s", n, c.errors.String())
	}
}

func TestNoDescriptorsLeft(t *testing.T) {
	c := run(t, "closed", "")
	c.untraced = true
	c.exits(ExitUnavailable)
	c.logs("ulimit -n")
}

// Run says the same as a value.
func TestRunRefused(t *testing.T) {
	c := run(t, "norun", "")
	c.untraced = true
	c.expect("uring.SetupError: true")
	c.exits(0)
	c.silent()
}
