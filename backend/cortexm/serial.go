//go:build tinygo && cortexm

package cortexm

import (
	"runtime/volatile"
	"unsafe"

	"github.com/tripoint-go/tripoint/backend"
)

// serial is the serial port as a byte stream. Bytes come and go in the handler of the UART; operations wait in line, reads and
// writes each for themselves, first in, first out.
//
//	UART ═rx═▶ handler ─▶ ring ─▶ reads[0] ─▶ report
//	UART ◀tx═══ handler ◀───────── writes[0] ─▶ report, when its last byte has been handed over
//
// A read ends as soon as there is something. When the ring is full the receive interrupt is switched off until somebody reads: what
// the UART then cannot hold is lost, or held back by whoever sends, as the wire has it.
type serial struct {
	on            bool
	deaf          bool // the receive interrupt is off: the ring was full
	asking        bool // the interrupt for room to send is on
	ring          [ringSize]byte
	head, tail    uint32 // of the ring: written at head, read at tail; they only grow
	reads, writes opQueue
	sent          int // of writes' first
}

const (
	ringSize  = 64
	serialOps = backend.OpSet(1<<backend.OpRead | 1<<backend.OpWrite)
)

// opQueue is a queue of operations, at most as many as are in flight.
type opQueue struct {
	ops [opsMax]*backend.Op
	n   int
}

func (q *opQueue) push(op *backend.Op) {
	q.ops[q.n] = op
	q.n++
}

// remove takes entry i out and keeps the order of the others.
func (q *opQueue) remove(i int) {
	q.n--
	for ; i < q.n; i++ {
		q.ops[i] = q.ops[i+1]
	}
	q.ops[q.n] = nil
}

func (b *Backend) submitSerial(op *backend.Op) {
	s := &b.serial
	if op.Off != -1 {
		b.complete(op.ID, -int32(backend.ESPIPE))
		return
	}
	if !s.on {
		s.on = true
		uartStart()
		for n := serialFirst; n <= serialLast; n++ {
			enable(n)
		}
	}
	if op.Kind == backend.OpRead {
		s.reads.push(op)
	} else {
		s.writes.push(op)
	}
	b.pump()
}

// pump moves what can be moved. It is called with interrupts masked, or in the handler. The UART goes on meanwhile, and some remember
// only what happens while an interrupt is on: so each time one is switched on, it is followed by another look.
func (b *Backend) pump() {
	b.receive()
	b.send()
}

func (b *Backend) receive() {
	s := &b.serial
	for {
		for s.head-s.tail < ringSize && uartReady() {
			if s.head-s.tail == ringSize-1 {
				s.listen(false)
			}
			s.ring[s.head%ringSize] = uartGet()
			s.head++
		}
		switch {
		case s.head-s.tail < ringSize && s.listen(true):
		case s.reads.n > 0 && (s.head != s.tail || len(s.reads.ops[0].Buf) == 0):
			b.deliver()
		default:
			return
		}
	}
}

func (b *Backend) send() {
	s := &b.serial
	for s.writes.n > 0 {
		op := s.writes.ops[0]
		for s.sent < len(op.Buf) && uartPut(op.Buf[s.sent]) {
			s.sent++
		}
		switch {
		case s.sent == len(op.Buf):
			b.complete(op.ID, int32(s.sent))
			s.writes.remove(0)
			s.sent = 0
		case s.asking:
			return
		default:
			s.asking = true
			uartAsk(true)
		}
	}
	if s.asking {
		s.asking = false
		uartAsk(false)
	}
}

// listen switches the receive interrupt, and reports whether it was otherwise before. It goes off before the byte that fills the ring
// is taken out of the UART: that of the STM32 in QEMU 7.2 does not take back a request when its interrupt is switched off, so one for the
// byte after it would never end.
func (s *serial) listen(on bool) bool {
	if s.deaf != on {
		return false
	}
	s.deaf = !on
	uartListen(on)
	return true
}

// deliver gives what the ring has to the first read.
func (b *Backend) deliver() {
	s := &b.serial
	op := s.reads.ops[0]
	n := 0
	for n < len(op.Buf) && s.head != s.tail {
		op.Buf[n] = s.ring[s.tail%ringSize]
		s.tail++
		n++
	}
	s.reads.remove(0)
	b.complete(op.ID, int32(n))
}

// cancelSerial ends an operation that waits. A write that has begun ends with the number of bytes that are gone.
func (b *Backend) cancelSerial(id backend.OpID) {
	s := &b.serial
	for i := range s.reads.n {
		if s.reads.ops[i].ID == id {
			s.reads.remove(i)
			b.complete(id, -int32(backend.ECANCELED))
			return
		}
	}
	for i := range s.writes.n {
		if s.writes.ops[i].ID != id {
			continue
		}
		s.writes.remove(i)
		res := -int32(backend.ECANCELED)
		if i == 0 && s.sent > 0 {
			res = int32(s.sent)
		}
		if i == 0 {
			s.sent = 0
		}
		b.complete(id, res)
		return
	}
}

// serialHandler acknowledges first: a byte that arrives while it works raises the interrupt again. The other way round, a byte
// between the last look and the acknowledgement would be stuck for ever. Until the first operation on the serial port its interrupts
// are ordinary lines; whoever waits for one then is not woken any more.
//
//export Serial_Handler
func serialHandler() {
	if !cpu.serial.on {
		lineHandler()
		return
	}
	uartAck()
	cpu.pump()
}

// reg is the device register at an address.
func reg(a uintptr) *volatile.Register32 { return (*volatile.Register32)(unsafe.Pointer(a)) }
