//go:build tinygo && cortexm && an385

package cortexm

// The facts of the board mps2-an385, a Cortex-M3 at 25 MHz.
const (
	// Board is the name of the QEMU machine.
	Board = "mps2-an385"

	irqs        = 32 // interrupts of the chip
	nvicWords   = (irqs + 31) / 32
	nsNum       = 40 // a tick of SysTick is nsNum/nsDen ns
	nsDen       = 1
	serialBase  = 0x40004000
	serialFirst = 0 // its interrupts, as in the target's cflags
	serialLast  = 1
	timerBase   = 0x40000000
	timerIRQ    = 8 // as in the target's cflags
	flashStart  = 0
	flashEnd    = 0x400000
	ramStart    = 0x20000000
	ramEnd      = 0x20400000
	hasCFSR     = true
)
