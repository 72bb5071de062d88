//go:build linux

package tripoint

import (
	"errors"
	"fmt"
	"os"
	"runtime"
	"strconv"
	"syscall"
	"unsafe"

	"github.com/tripoint-go/tripoint/aio"
	"github.com/tripoint-go/tripoint/backend/uring"
	"github.com/tripoint-go/tripoint/sched"
	"github.com/tripoint-go/tripoint/sched/flow"
	"github.com/tripoint-go/tripoint/signals"
	"github.com/tripoint-go/tripoint/vclock"
)

const hour = 3600 * vclock.Second

// programs are what the tests of Main run.
func programs() map[string]func(arg string) {
	return map[string]func(string){
		"value":    programValue,
		"plain":    programPlain,
		"deaf":     programDeaf,
		"listens":  programListens,
		"receives": programReceives,
		"held":     programHeld,
		"told":     programTold,
		"cleanup":  programCleanup,
		"cutoff":   programCutoff,
		"mode":     programMode,
		"stall":    programStall,
		"stuck":    programStuck,
		"refuses":  programRefuses,
		"spin":     programSpin,
		"busy":     programBusy,
		"panic":    programPanic,
		"run":      programRun,
		"later":    programLater,
		"denied":   programDenied,
		"closed":   programClosed,
		"norun":    programNoRun,
		"reload":   programReload,
		"taken":    programTaken,
		"spared":   func(string) { os.Exit(signals.Die(syscall.SIGINT)) },
	}
}

// programReceives ends with the first SIGINT that it receives.
func programReceives(string) {
	Main(recorded(Options{}), func(t *sched.Task) int {
		if _, err := signals.ShutdownToken(t); err != nil {
			return 1
		}
		r, err := signals.Receive(t, syscall.SIGINT)
		if err != nil {
			return 2
		}
		say("ready")
		if err = r.Recv(t); err != nil {
			return 3
		}
		return 7
	})
}

func say(v any) { fmt.Println(v) }

// spin computes and does not await.
func spin(until func() bool) {
	for !until() {
	}
}

func number(arg string) int {
	n, err := strconv.Atoi(arg)
	if err != nil {
		panic(err)
	}
	return n
}

func token(t *sched.Task) *sched.Token {
	k, err := signals.ShutdownToken(t)
	if err != nil {
		panic(err)
	}
	return k
}

// holder spawns a task that holds a stop token, and returns when it does.
func holder(t *sched.Task, body func(t *sched.Task, k *sched.Token)) {
	taken := new(flow.Trigger)
	taken.Init(t.Executor(), false)
	sched.Spawn(t, "holder", func(t *sched.Task) int {
		k := token(t)
		taken.Fire()
		body(t, k)
		return 0
	})
	taken.Wait(t)
}

// never waits for what nobody does.
func never(t *sched.Task) error {
	e := new(flow.Trigger)
	e.Init(t.Executor(), false)
	return e.Wait(t)
}

// told waits for a byte from the parent.
func told(t *sched.Task) {
	var b [1]byte
	if _, err := aio.NewStream(t, 0).Read(t, b[:]); err != nil {
		panic(err)
	}
}

func programValue(arg string) {
	Main(recorded(Options{}), func(*sched.Task) int { return number(arg) })
}

// programPlain takes no token.
func programPlain(string) {
	Main(recorded(Options{}), func(t *sched.Task) int {
		say("ready")
		t.Sleep(hour)
		return 0
	})
}

// programDeaf takes a token and does not follow it.
func programDeaf(string) {
	Main(recorded(Options{}), func(t *sched.Task) int {
		k := token(t)
		say("ready")
		k.Wait(t)
		say("fired")
		t.Sleep(hour)
		return 0
	})
}

// programListens ends when it is asked to; a token that was given back still counts as taken.
func programListens(string) {
	Main(recorded(Options{}), func(t *sched.Task) int {
		token(t).Release()
		k := token(t)
		say("ready")
		k.Wait(t)
		return 9
	})
}

// programHeld has a token that is released when it fires, or not at all.
func programHeld(arg string) {
	Main(recorded(Options{Grace: graceTested}), func(t *sched.Task) int {
		holder(t, func(t *sched.Task, k *sched.Token) {
			k.Wait(t)
			if arg == "hold" {
				t.Sleep(hour)
			}
		})
		return 5
	})
}

// programTold has a token that is released when the parent says so.
func programTold(string) {
	Main(recorded(Options{Grace: hour}), func(t *sched.Task) int {
		holder(t, func(t *sched.Task, k *sched.Token) {
			k.Wait(t)
			say("grace")
			told(t)
		})
		return 5
	})
}

// programCleanup leaves a cleanup task, which is waited for, and spawns another, and a detached one, which freezes.
func programCleanup(string) {
	Main(recorded(Options{Grace: hour}), func(t *sched.Task) int {
		sched.Spawn(t, "detached", func(t *sched.Task) int {
			defer say("the detached task was released")
			t.Sleep(hour)
			say("the detached task went on")
			return 0
		})
		sched.SpawnWith(t, "first", sched.SpawnOptions{Cleanup: true}, func(t *sched.Task) int {
			for !t.Executor().RootEnded() {
				t.Sleep(vclock.Millisecond)
			}
			say("first")
			sched.SpawnWith(t, "second", sched.SpawnOptions{Cleanup: true}, func(t *sched.Task) int {
				t.Sleep(10 * vclock.Millisecond)
				say("second")
				return 0
			})
			return 0
		})
		t.Yield()
		return 3
	})
}

// programCutoff leaves a cleanup task that does not end.
func programCutoff(string) {
	Main(recorded(Options{Grace: 100 * vclock.Millisecond}), func(t *sched.Task) int {
		sched.SpawnWith(t, "cleanup", sched.SpawnOptions{Cleanup: true}, func(t *sched.Task) int {
			t.Sleep(hour)
			return 0
		})
		return 3
	})
}

// modeOf returns the mode with that number.
func modeOf(arg string) sched.Mode { return sched.Mode(number(arg)) }

// programMode leaves a task that waits for the parent, and says what became of it.
func programMode(arg string) {
	Main(recorded(Options{Mode: modeOf(arg)}), func(t *sched.Task) int {
		sched.Spawn(t, "left", func(t *sched.Task) int {
			var b [1]byte
			_, err := aio.NewStream(t, 0).Read(t, b[:])
			say(err)
			return 0
		})
		t.Sleep(vclock.Millisecond)
		say("root")
		return 4
	})
}

// programStall leaves tasks that nothing can wake.
func programStall(arg string) {
	Main(recorded(Options{Mode: modeOf(arg)}), func(t *sched.Task) int {
		h := sched.Spawn(t, "waits for nobody", func(t *sched.Task) error { return never(t) })
		sched.Spawn(t, "waits for the first", func(t *sched.Task) error {
			_, err := h.Join(t)
			return err
		})
		return 0
	})
}

// programStuck has a root that nothing can wake.
func programStuck(string) {
	Main(recorded(Options{Log: os.Stdout}), func(t *sched.Task) int {
		never(t)
		return 0
	})
}

// programRefuses has a task that does not understand no.
func programRefuses(string) {
	Main(recorded(Options{Mode: sched.StopAllOperations, RefusalLimit: 10}), func(t *sched.Task) int {
		sched.Spawn(t, "stubborn", func(t *sched.Task) int {
			for {
				t.Sleep(vclock.Millisecond)
			}
		})
		return 0
	})
}

// programSpin has all workers in bodies that do not await when the signals come.
func programSpin(arg string) {
	workers := number(arg)
	Main(recorded(Options{Workers: workers}), func(t *sched.Task) int {
		for range workers - 1 {
			sched.Spawn(t, "spins", func(*sched.Task) int {
				spin(func() bool { return false })
				return 0
			})
		}
		k := token(t)
		say("ready")
		spin(k.IsCancelled)
		say("fired")
		spin(func() bool { return false })
		return 0
	})
}

// programBusy has all workers in bodies that do not await when the grace ends.
func programBusy(arg string) {
	workers := number(arg)
	Main(recorded(Options{Workers: workers, Grace: graceTested}), func(t *sched.Task) int {
		for range workers {
			holder(t, func(t *sched.Task, k *sched.Token) {
				k.Wait(t)
				spin(func() bool { return false })
			})
		}
		return 6
	})
}

// future is polled and panics.
func future(*sched.Task) sched.Poll { panic("boom") }

func programPanic(arg string) {
	bang := func(*sched.Task) int { panic("boom") }
	o := Options{Workers: 2, Grace: hour}
	if arg == "left" {
		o.Mode = sched.WaitForAllTasks
	}
	Main(recorded(o), func(t *sched.Task) int {
		switch arg {
		case "root":
			bang(t)
		case "culprit":
			sched.Spawn(t, "culprit", bang)
			t.Sleep(hour)
		case "beside": // a body that does not await
			sched.Spawn(t, "culprit", bang)
			spin(func() bool { return false })
		case "future":
			sched.SpawnFuture(t, "future", future)
			t.Sleep(hour)
		case "grace":
			holder(t, func(t *sched.Task, k *sched.Token) {
				k.Wait(t)
				bang(t)
			})
		case "left":
			sched.Spawn(t, "left", bang)
		}
		return 0
	})
}

// programRun holds a token in a Run.
func programRun(string) {
	Run(recorded(Options{}), func(t *sched.Task) int {
		token(t)
		say("ready")
		t.Sleep(hour)
		return 0
	})
}

// programLater has a task that panics after Run has returned.
func programLater(string) {
	_, err := Run(recorded(Options{}), func(t *sched.Task) int {
		sched.Spawn(t, "later", func(t *sched.Task) int {
			told(t)
			panic("boom")
		})
		return 0
	})
	say(err)
	select {}
}

// programDenied may not set up a ring: the system call fails, as under the default filter of a container.
func programDenied(string) {
	const (
		ringSetup     = 425 // on every architecture
		setNoNewPrivs = 38
		setSeccomp    = 22
		filterMode    = 2
		errnoEPERM    = 0x0005_0000 | uint32(syscall.EPERM)
		allow         = 0x7fff_0000
	)
	filter := []syscall.SockFilter{
		{Code: syscall.BPF_LD | syscall.BPF_W | syscall.BPF_ABS, K: 0}, // the number of the call
		{Code: syscall.BPF_JMP | syscall.BPF_JEQ | syscall.BPF_K, Jf: 1, K: ringSetup},
		{Code: syscall.BPF_RET | syscall.BPF_K, K: errnoEPERM},
		{Code: syscall.BPF_RET | syscall.BPF_K, K: allow},
	}
	prog := syscall.SockFprog{Len: uint16(len(filter)), Filter: &filter[0]}
	runtime.LockOSThread() // the filter is that of the thread, and this is the one that sets up the rings
	if _, _, e := syscall.RawSyscall6(syscall.SYS_PRCTL, setNoNewPrivs, 1, 0, 0, 0, 0); e != 0 {
		panic(e)
	}
	if _, _, e := syscall.RawSyscall(syscall.SYS_PRCTL, setSeccomp, filterMode, uintptr(unsafe.Pointer(&prog))); e != 0 {
		panic(e)
	}
	Main(Options{}, func(*sched.Task) int { return 0 })
}

// programClosed has no descriptors left.
func programClosed(string) {
	noDescriptors()
	Main(Options{}, func(*sched.Task) int { return 0 })
}

func programNoRun(string) {
	noDescriptors()
	_, err := Run(Options{}, func(*sched.Task) int { return 0 })
	var refused *uring.SetupError
	fmt.Println("uring.SetupError:", errors.As(err, &refused))
	os.Exit(0)
}

func noDescriptors() {
	if err := syscall.Setrlimit(syscall.RLIMIT_NOFILE, &syscall.Rlimit{Cur: 3, Max: 3}); err != nil {
		panic(err)
	}
}

// programReload takes SIGHUP as often as it comes until it is asked to stop, and SIGUSR1 until it closes the receiver.
func programReload(string) {
	Main(recorded(Options{Workers: 2}), func(t *sched.Task) int {
		stop := token(t)
		hup, err := signals.Receive(t, syscall.SIGHUP)
		if err != nil {
			panic(err)
		}
		usr, err := signals.Receive(t, syscall.SIGUSR1)
		if err != nil {
			panic(err)
		}
		_, again := signals.Receive(t, syscall.SIGHUP)
		_, kill := signals.Receive(t, syscall.SIGKILL)
		say(again)
		say(kill)
		wait := hup.Wait()
		for {
			won, err := flow.First(t, stop, wait)
			if err != nil {
				panic(err)
			}
			if won == 0 {
				break
			}
			say("again")
			wait = hup.Wait()
		}
		say("stops")
		if err := usr.Recv(t); err != nil {
			panic(err)
		}
		usr.Close()
		hup.Close()
		say("deaf")
		told(t)
		return 0
	})
}

// programTaken has a receiver for SIGTERM, and gives it up.
func programTaken(string) {
	Main(recorded(Options{}), func(t *sched.Task) int {
		k := token(t)
		r, err := signals.Receive(t, syscall.SIGTERM)
		if err != nil {
			panic(err)
		}
		say("ready")
		if err := r.Recv(t); err != nil {
			panic(err)
		}
		r.Close()
		say(k.IsCancelled())
		k.Wait(t)
		say("fired")
		t.Sleep(hour)
		return 0
	})
}
