//go:build tinygo && cortexm && netduino

package cortexm

// The USART of the STM32F4 (RM0090, chapter 30): one byte each way, and one interrupt for both.
const (
	stmStatus = 0x0 // bit 5: a byte was received; bit 7: room to send
	stmData   = 0x4 // reading it acknowledges
	stmCtrl   = 0xc // bit 2 receive, bit 3 transmit, bit 5 receive interrupt, bit 7 transmit interrupt, bit 13 enable
	stmRxInt  = 1 << 5
	stmTxInt  = 1 << 7

	stmOverrun = 1 << 3 // of status
)

func uartStart() { reg(serialBase + stmCtrl).Set(1<<13 | 1<<3 | 1<<2 | stmRxInt) }

// uartAck takes an overrun back that has left no byte behind: reading the data does that. The rest of the state goes away with its cause.
func uartAck() {
	if reg(serialBase+stmStatus).Get()&(stmOverrun|1<<5) == stmOverrun {
		reg(serialBase + stmData).Get()
	}
}

func uartReady() bool { return reg(serialBase+stmStatus).Get()&(1<<5) != 0 }

func uartGet() byte { return byte(reg(serialBase + stmData).Get()) }

func uartPut(c byte) bool {
	if reg(serialBase+stmStatus).Get()&(1<<7) == 0 {
		return false
	}
	reg(serialBase + stmData).Set(uint32(c))
	return true
}

// uartListen switches the receive interrupt, uartAsk the one for room to send.
func uartListen(on bool) { stmInt(stmRxInt, on) }
func uartAsk(on bool)    { stmInt(stmTxInt, on) }

func stmInt(bits uint32, on bool) {
	m := reg(serialBase + stmCtrl)
	if on {
		m.SetBits(bits)
	} else {
		m.ClearBits(bits)
	}
}
