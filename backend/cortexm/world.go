//go:build tinygo && cortexm

package cortexm

import "C" // makes TinyGo compile the .c files of this directory

import (
	"device/arm"

	"github.com/tripoint-go/tripoint/backend"
	"github.com/tripoint-go/tripoint/vclock"
)

// The processor has one vector table, so there is one world in use, and its handlers find it here. Init sets cpu, Attach executor.
var (
	cpu      *Backend
	executor backend.Handler
)

// Options are the choices of a firmware.
type Options struct {
	// Fault is called when the program cannot go on: a fault, a panic, an overflow of a stack. It must not return, wait, or rely on
	// interrupts. nil: the processor stops there, with interrupts masked, for a debugger to find it or a watchdog to reset it.
	Fault func(*Fault)

	// Timer sets alarms in the board's timer, where it has one that we know, and has SysTick count only: then the clock loses
	// nothing when an alarm is set. False, or no such timer: SysTick does both.
	Timer bool

	// Sleep waits until an interrupt is pending. Wait calls it with interrupts masked; it must not unmask them, and may return early.
	// A firmware chooses how deeply the processor sleeps. nil: a WFI.
	Sleep func()
}

// Backend is the world. Declare one, as a package variable, and call Init before anything else. It implements
// [backend.Backend], [backend.Handlers] and [backend.Stacks]; none of its methods allocates.
type Backend struct {
	clock    clock
	serial   serial
	opts     Options
	woken    bool // something has happened since the last Wait
	soft     bool // line 14 is enabled
	softDue  bool // line 14 was requested while it was not
	overflow bool // a stack has overflowed
	done     [opsMax]backend.Completion
	doneN    int
	inFlight int
	fault    Fault
}

// opsMax is how many operations are in flight or wait to be reaped at the same time; Submit does not take more.
const opsMax = 8

// Lines is the number of lines: exceptions 0 to 15 and the chip's interrupts, of which the storage of an executor needs
// those up to the highest that the program waits for.
const Lines = 16 + irqs

// lineSoft is PendSV, the line for requests by software. It is always open in the processor; the backend holds back.
const lineSoft = 14

// Init masks interrupts, starts the clock at 0 and disables every line. It must be called again before each further run: the end of a run
// stops the clock. It takes the priorities of interrupts for those of a reset, all equal.
func (b *Backend) Init(opts Options) {
	arm.DisableInterrupts()
	for i := range nvicWords {
		arm.NVIC.ICER[i].Set(^uint32(0))
		arm.NVIC.ICPR[i].Set(^uint32(0))
	}
	arm.SCB.ICSR.Set(1 << 27) // PENDSVCLR
	b.opts = opts
	b.woken, b.soft, b.softDue, b.overflow, b.doneN, b.inFlight = false, false, false, false, 0, 0
	b.serial = serial{}
	b.clock.start(hasTimer && opts.Timer)
	if b.clock.timer {
		enable(timerIRQ)
	}
	cpu = b
}

// Caps implements [backend.Backend].
func (b *Backend) Caps() backend.Caps {
	return backend.Caps{Name: "cortexm", Number: 3, Ops: 1<<backend.OpNop | serialOps, Lines: Lines}
}

// Now implements [backend.Backend].
func (b *Backend) Now() vclock.Instant { return b.clock.now() }

// Submit implements [backend.Backend]. It takes as many operations as have room, opsMax.
func (b *Backend) Submit(ops []*backend.Op) int {
	for i, op := range ops {
		if b.inFlight == opsMax {
			return i
		}
		b.inFlight++
		switch {
		case op.Kind == backend.OpNop:
			b.complete(op.ID, 0)
		case serialOps&(1<<op.Kind) != 0 && op.FD == 0:
			b.submitSerial(op)
		case serialOps&(1<<op.Kind) != 0:
			b.complete(op.ID, -int32(backend.EBADF))
		default:
			b.complete(op.ID, -int32(backend.EOPNOTSUPP))
		}
	}
	return len(ops)
}

// complete makes the report of an operation, for the next Reap.
func (b *Backend) complete(id backend.OpID, res int32) {
	b.done[b.doneN] = backend.Completion{Kind: backend.CompletionOp, ID: id, Res: res}
	b.doneN++
	b.woken = true
}

// Cancel implements [backend.Backend]: an operation that waits for the serial port ends with ECANCELED. The next in line may be one
// that need not wait, a read of nothing.
func (b *Backend) Cancel(id backend.OpID) {
	b.cancelSerial(id)
	if b.serial.on {
		b.pump()
	}
}

// Reap implements [backend.Backend].
func (b *Backend) Reap(into []backend.Completion) int {
	n := min(b.doneN, len(into))
	for i := range n {
		into[i] = b.done[i]
	}
	for i := n; i < b.doneN; i++ {
		b.done[i-n] = b.done[i]
	}
	b.doneN -= n
	b.inFlight -= n
	return n
}

// Wait implements [backend.Backend]. The processor sleeps with interrupts masked, so that none can come between the last look and
// the sleep; what has arrived is let in afterwards. It returns false if no line is enabled, nothing is in flight and there is no
// instant to wait for: then nothing can ever end the wait.
func (b *Backend) Wait(until vclock.Instant) bool {
	for !b.woken {
		if until != vclock.Forever {
			now := b.clock.now()
			if now >= until {
				break
			}
			b.clock.alarm(now, until)
		} else if b.inFlight == 0 && !b.anyLine() {
			return false
		}
		if b.opts.Sleep != nil {
			b.opts.Sleep()
		} else {
			arm.Asm("wfi")
		}
		b.Open()
	}
	b.woken = false
	return true
}

// anyLine reports whether somebody waits for an interrupt. It asks the interrupt controller, which knows best, and leaves out
// those of the serial port and of the alarm.
func (b *Backend) anyLine() bool {
	for i := range nvicWords {
		on := arm.NVIC.ISER[i].Get()
		for n := serialFirst; b.serial.on && n <= serialLast; n++ {
			on &^= bit(n, i)
		}
		if hasTimer && b.clock.timer {
			on &^= bit(timerIRQ, i)
		}
		if on != 0 {
			return true
		}
	}
	return b.soft
}

// taken reports whether line n is the backend's own at present: that of the serial port in use, or of the alarm. No handler of
// the executor runs for it, and what the executor says about it must not switch it.
func (b *Backend) taken(n int) bool {
	n -= 16
	return b.serial.on && serialFirst <= n && n <= serialLast || hasTimer && b.clock.timer && n == timerIRQ
}

// bit is the mask of interrupt n in word i of a register of the interrupt controller, 0 if it is in another word.
func bit(n, i int) uint32 {
	if n>>5 != i {
		return 0
	}
	return 1 << (n & 31)
}

// Unpark implements [backend.Backend]. It may be called by handlers.
func (b *Backend) Unpark() { b.woken = true }

// enable lets interrupt i of the chip in.
func enable(i int) { arm.NVIC.ISER[uint(i)>>5].Set(1 << (uint(i) & 31)) }

// LineEnable implements [backend.Backend].
func (b *Backend) LineEnable(n int) {
	if b.taken(n) {
		return
	}
	if n >= 16 {
		arm.NVIC.ISER[uint(n-16)>>5].Set(1 << (uint(n-16) & 31))
		return
	}
	if n == lineSoft {
		b.soft = true
		if b.softDue {
			b.softDue = false
			b.LinePend(n)
		}
	}
}

// LineDisable implements [backend.Backend].
func (b *Backend) LineDisable(n int) {
	if b.taken(n) {
		return
	}
	if n >= 16 {
		arm.NVIC.ICER[uint(n-16)>>5].Set(1 << (uint(n-16) & 31))
		barrier()
	} else if n == lineSoft {
		b.soft = false
	}
}

// LinePend implements [backend.Backend]: by ISPR, or for line 14 by PendSV.
func (b *Backend) LinePend(n int) {
	if n >= 16 {
		arm.NVIC.ISPR[uint(n-16)>>5].Set(1 << (uint(n-16) & 31))
	} else if n == lineSoft {
		arm.SCB.ICSR.Set(1 << 28) // PENDSVSET
	}
	barrier()
}

// SignalEnable implements [backend.Backend]: there are no signals.
func (b *Backend) SignalEnable(bool) {}

// Dispose implements [backend.Backend]: no result owns anything.
func (b *Backend) Dispose(backend.OpKind, int32) {}

// Attach implements [backend.Handlers].
func (b *Backend) Attach(h backend.Handler) { executor = h }

// Open implements [backend.Handlers]. What is pending is taken at the ISB at the latest.
func (b *Backend) Open() { arm.Asm("cpsie i\nisb\ncpsid i") }

// Close implements [backend.Handlers].
func (b *Backend) Close() {
	arm.DisableInterrupts()
	for i := range nvicWords {
		arm.NVIC.ICER[i].Set(^uint32(0))
	}
	arm.SYST.SYST_CSR.Set(0)
	if b.clock.timer {
		timerStop()
	}
}

// Halt is the last step of a firmware: with interrupts masked it calls hook, which must not return: it resets the chip, or
// tells the board. nil, or a hook that does return, ends in an endless sleep.
func (b *Backend) Halt(hook func()) {
	b.Close()
	if hook != nil {
		hook()
	}
	for {
		arm.Asm("wfi")
	}
}

// barrier makes a write to the interrupt controller take effect before the next instruction.
func barrier() { arm.Asm("dsb\nisb") }

//export Line_Handler
func lineHandler() {
	executor.Interrupt(int(arm.SCB.ICSR.Get() & 0x1ff))
}

// softHandler goes on in lineHandler. A second place that calls the executor would keep the compiler from putting it into the
// handler, which is five instructions less.
//
//export PendSV_Handler
func softHandler() {
	if !cpu.soft {
		cpu.softDue = true
		return
	}
	lineHandler()
}
