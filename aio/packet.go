package aio

import (
	"github.com/tripoint-go/tripoint/backend"
	"github.com/tripoint-go/tripoint/sched"
)

// PacketConn is a socket for datagrams.
type PacketConn struct{ h handle }

// ListenPacket makes a socket for datagrams at an address, owned by t. Errors as Listen. It allocates.
func ListenPacket(t *sched.Task, at backend.Addr) (*PacketConn, error) {
	fd, err := socket(t, at.Family(), backend.SockDgram)
	if err != nil {
		return nil, err
	}
	c := &PacketConn{}
	c.h.init(t, fd, backend.HandleStream)
	if err := c.h.bind(t, at); err != nil {
		c.Close(t)
		return nil, err
	}
	return c, nil
}

// ListenUDP is ListenPacket at an address in numbers, such as "127.0.0.1:0".
func ListenUDP(t *sched.Task, addr string) (*PacketConn, error) {
	at, err := ParseAddr(addr)
	if err != nil {
		return nil, err
	}
	return ListenPacket(t, at)
}

// ReadFrom waits for a datagram, puts it into p and says where it came from. What does not fit is lost: then the error is
// backend.EMSGSIZE, with the bytes that did. A datagram may be empty: there is no end. Other errors as Stream.Read. It
// allocates.
func (c *PacketConn) ReadFrom(t *sched.Task, p []byte) (int, backend.Addr, error) {
	ext := &backend.OpExt{Vec: [][]byte{p}}
	n, err := c.h.do(t, &c.h.in, backend.Op{Kind: backend.OpRecvMsg, Ext: ext}, nil)
	if err != nil {
		return 0, backend.Addr{}, err
	}
	if ext.MsgFlags&backend.MsgTrunc != 0 {
		return n, ext.Addr, backend.EMSGSIZE
	}
	return n, ext.Addr, nil
}

// WriteTo sends p as one datagram. It allocates.
func (c *PacketConn) WriteTo(t *sched.Task, p []byte, to backend.Addr) (int, error) {
	ext := &backend.OpExt{Vec: [][]byte{p}, Addr: to}
	return c.h.do(t, &c.h.out, backend.Op{Kind: backend.OpSendMsg, Ext: ext}, nil)
}

// Addr returns the address of the socket; errors as Listener.Addr.
func (c *PacketConn) Addr() (backend.Addr, error) { return c.h.sockName() }

// FD returns the descriptor.
func (c *PacketConn) FD() int32 { return c.h.fd }

// Close ends the socket; see Stream.Close.
func (c *PacketConn) Close(t *sched.Task) error { return c.h.close(t) }
