package aio

import (
	"errors"
	"net"
	"net/netip"
	"strconv"
	"strings"

	"github.com/tripoint-go/tripoint/backend"
	"github.com/tripoint-go/tripoint/sched"
)

// SockNamer is what a backend offers besides if it knows the addresses of its sockets. The executor serialises its calls
// with those of the other methods of a backend.
type SockNamer interface {
	// SockName returns the address that the socket fd is bound to, or why there is none.
	SockName(fd int32) (backend.Addr, backend.Errno)
}

// SockOptioner is what a backend offers besides if its sockets have options. Then listeners may bind an address that
// connections of an earlier process still linger on, and streams send at once what is written, as those of package net do.
// The executor serialises its calls with those of the other methods of a backend.
type SockOptioner interface {
	// SetSockOpt sets an option, by its numbers on Linux, to an integer.
	SetSockOpt(fd int32, level, name, value int) backend.Errno
}

// Options of sockets, by level and name.
const (
	solSocket    = 1
	soReuseAddr  = 2
	ipProtoTCP   = 6
	tcpNoDelay   = 1
	optionSwitch = 1
)

// option switches an option on, if the backend has options. What it says does not matter: without the option, all works.
func (h *handle) option(t *sched.Task, level, name int) {
	if options, ok := h.ex.Backend().(SockOptioner); ok {
		in := t.Enter()
		options.SetSockOpt(h.fd, level, name, optionSwitch)
		t.Leave(in)
	}
}

// noDelay has a connection over TCP send at once. A connection has it from its listener.
func (h *handle) noDelay(t *sched.Task, a *backend.Addr) {
	if a.Family() != backend.AFUnix {
		h.option(t, ipProtoTCP, tcpNoDelay)
	}
}

// ParseAddr reads an address in numbers, "192.0.2.1:80" or "[2001:db8::1%2]:80", the zone being a number too. Without a
// host, ":80", it is every IPv4 address of the machine. Names are not looked up.
func ParseAddr(text string) (backend.Addr, error) {
	if strings.HasPrefix(text, ":") {
		text = "0.0.0.0" + text
	}
	ap, err := netip.ParseAddrPort(text)
	if err != nil {
		return backend.Addr{}, err
	}
	return AddrOf(ap)
}

// AddrOf returns ap as an address of the backend. It fails if the zone is not a number.
func AddrOf(ap netip.AddrPort) (backend.Addr, error) {
	ip := ap.Addr()
	switch {
	case !ip.IsValid():
		return backend.Addr{}, errors.New("aio: no address")
	case ip.Is4():
		return backend.AddrInet4(ip.As4(), ap.Port()), nil
	}
	var zone uint64
	if z := ip.Zone(); z != "" {
		var err error
		if zone, err = strconv.ParseUint(z, 10, 32); err != nil {
			return backend.Addr{}, errors.New("aio: the zone of an IPv6 address is the number of an interface")
		}
	}
	return backend.AddrInet6(ip.As16(), ap.Port(), uint32(zone)), nil
}

// AddrPortOf returns an IPv4 or IPv6 address; ok is false for any other.
func AddrPortOf(a backend.Addr) (ap netip.AddrPort, ok bool) {
	ip, ok := netip.AddrFromSlice(a.IP())
	if !ok {
		return ap, false
	}
	if a.Family() == backend.AFInet6 && a.Len >= 28 {
		zone := uint64(a.Raw[24]) | uint64(a.Raw[25])<<8 | uint64(a.Raw[26])<<16 | uint64(a.Raw[27])<<24
		if zone != 0 {
			ip = ip.WithZone(strconv.FormatUint(zone, 10))
		}
	}
	return netip.AddrPortFrom(ip, a.Port()), true
}

// netAddr returns an address in the form that package net has for it. The zero value is nil.
func netAddr(a backend.Addr, datagram bool) net.Addr {
	if ap, ok := AddrPortOf(a); ok {
		if datagram {
			return net.UDPAddrFromAddrPort(ap)
		}
		return net.TCPAddrFromAddrPort(ap)
	}
	if a.Family() != backend.AFUnix {
		return nil
	}
	name := string(a.Raw[2:min(a.Len, backend.AddrMax)])
	network := "unix"
	if datagram {
		network = "unixgram"
	}
	return &net.UnixAddr{Name: strings.TrimRight(name, "\x00"), Net: network}
}

// sockName asks the backend for the address of the handle's socket.
func (h *handle) sockName() (backend.Addr, error) {
	names, ok := h.ex.Backend().(SockNamer)
	if !ok {
		return backend.Addr{}, backend.EOPNOTSUPP
	}
	h.ex.Lock()
	var a backend.Addr
	var err error = sched.ErrClosed
	if h.state == handleOpen {
		var e backend.Errno
		if a, e = names.SockName(h.fd); e == backend.OK {
			err = nil
		} else {
			err = e
		}
	}
	h.ex.Unlock()
	return a, err
}
