package inject

import (
	"bufio"
	"encoding/hex"
	"fmt"
	"net"
	"strconv"
	"strings"
)

// Numbers of registers in QEMU's description of the M profile.
const (
	regR0   = 0
	regR1   = 1
	regLR   = 14
	regPC   = 15
	regXPSR = 25
)

// debugger speaks GDB's remote protocol with the emulator.
type debugger struct {
	net.Conn
	in *bufio.Reader
}

// exited is the error of a request during which the firmware left the emulator.
type exited struct{ status int }

func (e exited) Error() string { return fmt.Sprintf("the firmware exits with %d", e.status) }

// ask sends a packet and returns the reply. Replies are not acknowledged: to QEMU the next packet says as much, and it is
// one wake-up less.
func (d *debugger) ask(packet string) (string, error) {
	sum := byte(0)
	for i := range len(packet) {
		sum += packet[i]
	}
	if _, err := fmt.Fprintf(d, "$%s#%02x", packet, sum); err != nil {
		return "", err
	}
	for {
		reply, err := d.receive()
		switch {
		case err != nil:
			return "", err
		case reply == "" || reply[0] == 'E':
			return "", fmt.Errorf("the debugger's request %q is answered with %q", packet, reply)
		case reply[0] == 'W':
			status, err := strconv.ParseUint(strings.SplitN(reply[1:], ";", 2)[0], 16, 8)
			if err != nil {
				return "", fmt.Errorf("the debugger's request %q is answered with %q", packet, reply)
			}
			return "", exited{int(status)}
		case reply[0] == 'O' && reply != "OK": // output of the monitor
			continue
		}
		return reply, nil
	}
}

// receive returns the next packet, without acknowledgements.
func (d *debugger) receive() (string, error) {
	for {
		c, err := d.in.ReadByte()
		if err != nil {
			return "", err
		}
		if c == '$' {
			break
		}
	}
	packet, err := d.in.ReadString('#')
	if err != nil {
		return "", err
	}
	_, err = d.in.Discard(2) // the sum: the socket is reliable
	return packet[:len(packet)-1], err
}

func (d *debugger) step() error {
	_, err := d.ask("s")
	return err
}

func (d *debugger) resume() error {
	_, err := d.ask("c")
	return err
}

// runTo goes on to an address and leaves no breakpoint there, so that a step from it is a step.
func (d *debugger) runTo(address uint32) error {
	if _, err := d.ask(fmt.Sprintf("Z1,%x,2", address)); err != nil {
		return err
	}
	if err := d.resume(); err != nil {
		return err
	}
	if _, err := d.ask(fmt.Sprintf("z1,%x,2", address)); err != nil {
		return err
	}
	return d.at(address)
}

// at checks where the program stands.
func (d *debugger) at(address uint32) error {
	pc, err := d.register(regPC)
	if err == nil && pc != address {
		err = fmt.Errorf("the firmware is at %#x instead of %#x", pc, address)
	}
	return err
}

func (d *debugger) register(n int) (uint32, error) {
	reply, err := d.ask(fmt.Sprintf("p%x", n))
	if err != nil {
		return 0, err
	}
	b, err := hex.DecodeString(reply)
	if err != nil || len(b) != 4 {
		return 0, fmt.Errorf("register %d is %q", n, reply)
	}
	return uint32(b[0]) | uint32(b[1])<<8 | uint32(b[2])<<16 | uint32(b[3])<<24, nil
}

// readMax is how many bytes QEMU hands out at once: twice as many letters fit into one of its packets.
const readMax = 1024

// read returns n bytes of memory.
func (d *debugger) read(address uint32, n int) ([]byte, error) {
	out := make([]byte, 0, n)
	for len(out) < n {
		k := min(n-len(out), readMax)
		reply, err := d.ask(fmt.Sprintf("m%x,%x", address+uint32(len(out)), k))
		if err != nil {
			return nil, err
		}
		b, err := hex.DecodeString(reply)
		if err != nil || len(b) != k {
			return nil, fmt.Errorf("%d bytes of memory at %#x are %q", k, address, reply)
		}
		out = append(out, b...)
	}
	return out, nil
}

// reasonBytesMax is where a text that does not end is cut off.
const reasonBytesMax = 256

// reason turns the second argument of the verdict into text: four letters in the word itself, or the text it points to.
// No such word is the address of memory on a Cortex-M board we know. What cannot be read or printed is no reason.
func (d *debugger) reason(word uint32) (string, error) {
	if word == 0 {
		return "", nil
	}
	code := []byte{byte(word), byte(word >> 8), byte(word >> 16), byte(word >> 24)}
	if letters(code) {
		return string(code), nil
	}
	const chunk = 16 // aligned, so that no request crosses the end of a memory before the text does
	var text []byte
	for len(text) < reasonBytesMax {
		n := chunk - word%chunk
		reply, err := d.ask(fmt.Sprintf("m%x,%x", word, n))
		if err != nil {
			if strings.Contains(err.Error(), "answered") { // there is no memory
				return "", nil
			}
			return "", err
		}
		b, err := hex.DecodeString(reply)
		if err != nil {
			return "", nil
		}
		for _, c := range b {
			if c == 0 {
				return string(text), nil
			}
			if c < ' ' || c > '~' {
				return "", nil
			}
			text = append(text, c)
		}
		word += n
	}
	return string(text) + "...", nil
}

func letters(word []byte) bool {
	for _, c := range word {
		if lower := c | 0x20; lower < 'a' || lower > 'z' {
			return false
		}
	}
	return true
}
