//go:build tinygo && cortexm && (microbit || netduino)

package cortexm

// No timer of these boards is used: that of the nRF51 is wrong in the emulator, and SysTick does it all.
const (
	hasTimer = false
	timerIRQ = 0
)

func timerStart(uint32) {}
func timerStop()        {}
