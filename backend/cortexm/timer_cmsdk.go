//go:build tinygo && cortexm && (an385 || an505)

package cortexm

// The timer of ARM's CMSDK (DDI 0479): 32 bits, counts ticks of the processor clock, and begins anew at its end, with a period so long
// that it is stopped before the next one. QEMU 7.2 was seen to lose the first end where the two periods are equal.
const (
	hasTimer = true

	cmsdkTimerCtrl   = timerBase + 0x0 // bit 0: runs, bit 3: interrupt at the end
	cmsdkTimerValue  = timerBase + 0x4
	cmsdkTimerReload = timerBase + 0x8
	cmsdkTimerClear  = timerBase + 0xc
)

func timerStart(ticks uint32) {
	reg(cmsdkTimerCtrl).Set(0)
	reg(cmsdkTimerReload).Set(^uint32(0))
	reg(cmsdkTimerValue).Set(ticks)
	reg(cmsdkTimerCtrl).Set(1<<0 | 1<<3)
}

func timerStop() {
	reg(cmsdkTimerCtrl).Set(0)
	reg(cmsdkTimerClear).Set(1)
}
