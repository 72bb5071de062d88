//go:build tinygo && cortexm && (an385 || an505)

package cortexm

// The UART of ARM's CMSDK (DDI 0479): one byte each way, and an interrupt for each direction.
const (
	cmsdkState  = 0x4 // bit 0: no room to send; bit 1: a byte was received
	cmsdkCtrl   = 0x8 // bit 0 transmit, bit 1 receive, bit 2 transmit interrupt, bit 3 receive interrupt
	cmsdkClear  = 0xc // bit 0 transmit, bit 1 receive
	cmsdkBaud   = 0x10
	cmsdkRxInt  = 1 << 3
	cmsdkTxInt  = 1 << 2
	cmsdkNoRoom = 1 << 0
	cmsdkData   = 1 << 1
)

// uartStart starts with the smallest divisor that the hardware takes. What was sent to it before is lost.
func uartStart() {
	reg(serialBase + cmsdkBaud).Set(16)
	reg(serialBase + cmsdkCtrl).Set(1<<0 | 1<<1 | cmsdkRxInt)
}

func uartAck() { reg(serialBase + cmsdkClear).Set(3) }

func uartReady() bool { return reg(serialBase+cmsdkState).Get()&cmsdkData != 0 }

func uartGet() byte { return byte(reg(serialBase).Get()) }

func uartPut(c byte) bool {
	if reg(serialBase+cmsdkState).Get()&cmsdkNoRoom != 0 {
		return false
	}
	reg(serialBase).Set(uint32(c))
	return true
}

// uartListen switches the receive interrupt, uartAsk the one for room to send.
func uartListen(on bool) { uartCtrl(cmsdkRxInt, on) }
func uartAsk(on bool)    { uartCtrl(cmsdkTxInt, on) }

func uartCtrl(bits uint32, on bool) {
	m := reg(serialBase + cmsdkCtrl)
	if on {
		m.SetBits(bits)
	} else {
		m.ClearBits(bits)
	}
}
