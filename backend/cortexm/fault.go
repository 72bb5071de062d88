//go:build tinygo && cortexm

package cortexm

import (
	"device/arm"
	"runtime/volatile"
	"unsafe"
)

// Fault is why the program cannot go on.
type Fault struct {
	Exception int    // 3 HardFault, which a panic ends in, too; 2 to 7 where the others are enabled
	PC        uint32 // of the instruction, 0 if it is not known
	Task      string // whose poll was under way, "" if it was none
	Overflow  bool   // a stack has overflowed
}

const (
	cfsr     = 0xe000ed28 // configurable fault status, not on v6-M
	cfsrSTKO = 1 << 20    // stack limit of v8-M
)

// nameMax is longer than the names of tasks are.
const nameMax = 64

// readable reports whether a task's name may be looked at: a stack that has overflowed may have run into the task's header.
func readable(name string) bool {
	at := uintptr(unsafe.Pointer(unsafe.StringData(name)))
	return len(name) <= nameMax &&
		(ramStart <= at && at < ramEnd-nameMax || flashStart <= at && at < flashEnd-nameMax)
}

//export tripoint_fault
func faulted(sp uintptr, excReturn uint32) {
	if cpu == nil { // before Init
		for {
			arm.Asm("wfi")
		}
	}
	f := &cpu.fault
	f.Exception = int(arm.SCB.ICSR.Get() & 0x1ff)
	f.Overflow = cpu.overflow
	if hasCFSR && (*volatile.Register32)(unsafe.Pointer(uintptr(cfsr))).Get()&cfsrSTKO != 0 {
		f.Overflow = true // and there is no frame
	} else if ramStart <= sp && sp < ramEnd-32 {
		f.PC = *(*uint32)(unsafe.Pointer(sp + 24)) // the frame that the hardware has pushed
	}
	if executor != nil {
		if name, _ := executor.Running(); readable(name) {
			f.Task = name
		}
	}
	if cpu.opts.Fault != nil {
		cpu.opts.Fault(f)
	}
	for {
		arm.Asm("wfi")
	}
}
