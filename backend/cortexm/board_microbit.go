//go:build tinygo && cortexm && microbit

package cortexm

// The facts of the board microbit, a Cortex-M0 at 16 MHz.
const (
	// Board is the name of the QEMU machine.
	Board = "microbit"

	irqs        = 32 // interrupts of the chip
	nvicWords   = (irqs + 31) / 32
	nsNum       = 125 // a tick of SysTick is nsNum/nsDen ns
	nsDen       = 2
	serialBase  = 0x40002000
	serialFirst = 2 // its interrupts, as in the target's cflags
	serialLast  = 2
	flashStart  = 0
	flashEnd    = 0x40000
	ramStart    = 0x20000000
	ramEnd      = 0x20004000
	hasCFSR     = false
)
