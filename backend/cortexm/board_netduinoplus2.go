//go:build tinygo && cortexm && netduino

package cortexm

// The facts of the board netduinoplus2, a Cortex-M4 at 168 MHz.
const (
	// Board is the name of the QEMU machine.
	Board = "netduinoplus2"

	irqs        = 96 // interrupts of the chip
	nvicWords   = (irqs + 31) / 32
	nsNum       = 125 // a tick of SysTick is nsNum/nsDen ns
	nsDen       = 21
	serialBase  = 0x40011000
	serialFirst = 37 // its interrupts, as in the target's cflags
	serialLast  = 37
	flashStart  = 0x08000000
	flashEnd    = 0x08100000
	ramStart    = 0x20000000
	ramEnd      = 0x20020000
	hasCFSR     = true
)
