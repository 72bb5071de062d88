//go:build tinygo && cortexm && microbit

package cortexm

// The UART of the nRF51 (reference manual, chapter 29): events instead of states. TXDRDY says that the byte before has gone.
const (
	nrfStartRx = 0x000
	nrfStartTx = 0x008
	nrfRxReady = 0x108
	nrfTxReady = 0x11c
	nrfIntSet  = 0x304 // bit 2 RXDRDY, bit 7 TXDRDY
	nrfIntClr  = 0x308
	nrfEnable  = 0x500
	nrfRx      = 0x518
	nrfTx      = 0x51c
	nrfRxInt   = 1 << 2
	nrfTxInt   = 1 << 7
)

func uartStart() {
	reg(serialBase + nrfEnable).Set(4)
	reg(serialBase + nrfStartRx).Set(1)
	reg(serialBase + nrfStartTx).Set(1)
	reg(serialBase + nrfTxReady).Set(1) // the first byte may go
	uartAsk(false)                      // another run may have left it on
	uartListen(true)
}

// uartAck does nothing: the events are cleared by whoever uses them.
func uartAck() {}

func uartReady() bool { return reg(serialBase+nrfRxReady).Get() != 0 }

// uartGet clears the event before it reads, so that the next byte sets it again.
func uartGet() byte {
	reg(serialBase + nrfRxReady).Set(0)
	return byte(reg(serialBase + nrfRx).Get())
}

func uartPut(c byte) bool {
	if reg(serialBase+nrfTxReady).Get() == 0 {
		return false
	}
	reg(serialBase + nrfTxReady).Set(0)
	reg(serialBase + nrfTx).Set(uint32(c))
	return true
}

// uartListen switches the receive interrupt, uartAsk the one for room to send.
func uartListen(on bool) { nrfInt(nrfRxInt, on) }
func uartAsk(on bool)    { nrfInt(nrfTxInt, on) }

func nrfInt(bits uint32, on bool) {
	if on {
		reg(serialBase + nrfIntSet).Set(bits)
	} else {
		reg(serialBase + nrfIntClr).Set(bits)
	}
}
