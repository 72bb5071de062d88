//go:build tinygo && cortexm && lm3s

package cortexm

// The PL011 (ARM DDI 0183): a FIFO of 16 bytes each way. QEMU's needs neither pins nor clocks nor a baud rate.
const (
	pl011Flags  = 0x18 // bit 4: nothing received; bit 5: no room to send
	pl011Mask   = 0x38 // interrupts: bit 4 receive, bit 5 transmit, bit 6 receive timeout
	pl011Clear  = 0x44
	pl011Rx     = 1<<4 | 1<<6
	pl011Tx     = 1 << 5
	pl011NoData = 1 << 4
	pl011NoRoom = 1 << 5
)

func uartStart() {
	uartAsk(false) // another run may have left it on
	uartListen(true)
}

func uartAck() { reg(serialBase + pl011Clear).Set(pl011Rx | pl011Tx) }

func uartReady() bool { return reg(serialBase+pl011Flags).Get()&pl011NoData == 0 }

func uartGet() byte { return byte(reg(serialBase).Get()) }

func uartPut(c byte) bool {
	if reg(serialBase+pl011Flags).Get()&pl011NoRoom != 0 {
		return false
	}
	reg(serialBase).Set(uint32(c))
	return true
}

// uartListen switches the receive interrupt, uartAsk the one for room to send.
func uartListen(on bool) { uartMask(pl011Rx, on) }
func uartAsk(on bool)    { uartMask(pl011Tx, on) }

func uartMask(bits uint32, on bool) {
	m := reg(serialBase + pl011Mask)
	if on {
		m.SetBits(bits)
	} else {
		m.ClearBits(bits)
	}
}
