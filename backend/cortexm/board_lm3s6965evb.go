//go:build tinygo && cortexm && lm3s

package cortexm

// The facts of the board lm3s6965evb, a Cortex-M3 at 12.5 MHz.
const (
	// Board is the name of the QEMU machine.
	Board = "lm3s6965evb"

	irqs        = 64 // interrupts of the chip
	nvicWords   = (irqs + 31) / 32
	nsNum       = 80 // a tick of SysTick is nsNum/nsDen ns
	nsDen       = 1
	serialBase  = 0x4000c000
	serialFirst = 5 // its interrupts, as in the target's cflags
	serialLast  = 5
	timerIRQ    = 19 // as in the target's cflags
	flashStart  = 0
	flashEnd    = 0x40000
	ramStart    = 0x20000000
	ramEnd      = 0x20010000
	hasCFSR     = true
)
