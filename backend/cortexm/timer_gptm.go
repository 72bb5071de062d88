//go:build tinygo && cortexm && lm3s

package cortexm

// The general-purpose timer of the Stellaris chips (LM3S6965 data sheet, chapter 9), as one counter of 32 bits that runs once. It counts
// ticks of the processor clock.
const (
	hasTimer = true

	gptmBase   = 0x40030000
	gptmMode   = gptmBase + 0x4  // 1: runs once
	gptmCtl    = gptmBase + 0xc  // bit 0: runs
	gptmMask   = gptmBase + 0x18 // bit 0: interrupt at the end
	gptmClear  = gptmBase + 0x24
	gptmLoad   = gptmBase + 0x28
	gptmClocks = 0x400fe104 // RCGC1, bit 16: the timer has a clock
)

func timerStart(ticks uint32) {
	reg(gptmClocks).SetBits(1 << 16)
	reg(gptmCtl).Set(0)
	reg(gptmBase).Set(0) // configuration: 32 bits
	reg(gptmMode).Set(1)
	reg(gptmLoad).Set(ticks)
	reg(gptmMask).Set(1)
	reg(gptmCtl).Set(1)
}

func timerStop() {
	reg(gptmCtl).Set(0)
	reg(gptmClear).Set(1)
}
