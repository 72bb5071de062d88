//go:build tinygo && cortexm && an505

package cortexm

// The facts of the board mps2-an505, a Cortex-M33 at 20 MHz, in the secure state, with stack limits.
const (
	// Board is the name of the QEMU machine.
	Board = "mps2-an505"

	irqs        = 96 // interrupts of the chip
	nvicWords   = (irqs + 31) / 32
	nsNum       = 50 // a tick of SysTick is nsNum/nsDen ns
	nsDen       = 1
	serialBase  = 0x50200000
	serialFirst = 32 // its interrupts, as in the target's cflags
	serialLast  = 33
	timerBase   = 0x50000000
	timerIRQ    = 3 // as in the target's cflags
	flashStart  = 0x10000000
	flashEnd    = 0x10400000
	ramStart    = 0x38000000
	ramEnd      = 0x38400000
	hasCFSR     = true
)
