package backend

// AddrMax is the longest socket address: that of a Unix socket.
const AddrMax = 110

// Addr is the address of a socket, as the kernel lays it out in struct sockaddr: family in the first two bytes in the order
// of the machine (all of ours are little-endian), then the port in network order. The zero value is no address. For an op
// that returns an address, Len is what came out.
type Addr struct {
	Len uint32 // bytes of Raw that count; 0: none
	Raw [AddrMax]byte
}

// AddrInet4 returns the IPv4 address ip with a port; port 0 lets the kernel choose one.
func AddrInet4(ip [4]byte, port uint16) Addr {
	a := Addr{Len: 16}
	a.Raw[0] = byte(AFInet)
	a.Raw[2], a.Raw[3] = byte(port>>8), byte(port)
	copy(a.Raw[4:], ip[:])
	return a
}

// AddrInet6 returns the IPv6 address ip with a port and the number of its zone, 0 for none.
func AddrInet6(ip [16]byte, port uint16, zone uint32) Addr {
	a := Addr{Len: 28}
	a.Raw[0] = byte(AFInet6)
	a.Raw[2], a.Raw[3] = byte(port>>8), byte(port)
	copy(a.Raw[8:], ip[:])
	for i := range 4 {
		a.Raw[24+i] = byte(zone >> (8 * i))
	}
	return a
}

// AddrUnix returns the address of a Unix socket. A path of more than 107 bytes gives the zero value.
func AddrUnix(path string) Addr {
	if len(path) > AddrMax-3 {
		return Addr{}
	}
	a := Addr{Len: uint32(3 + len(path))}
	a.Raw[0] = byte(AFUnix)
	copy(a.Raw[2:], path)
	return a
}

// Family returns the AF constant of the address, 0 if there is none.
func (a *Addr) Family() uint32 {
	if a.Len < 2 {
		return 0
	}
	return uint32(a.Raw[0]) | uint32(a.Raw[1])<<8
}

// Port returns the port of an IPv4 or IPv6 address, 0 for others.
func (a *Addr) Port() uint16 {
	if f := a.Family(); f != AFInet && f != AFInet6 || a.Len < 4 {
		return 0
	}
	return uint16(a.Raw[2])<<8 | uint16(a.Raw[3])
}

// IP returns the address without the port: 4 or 16 bytes of Raw, nil for a Unix socket. It does not allocate.
func (a *Addr) IP() []byte {
	switch f := a.Family(); {
	case f == AFInet && a.Len >= 8:
		return a.Raw[4:8]
	case f == AFInet6 && a.Len >= 24:
		return a.Raw[8:24]
	}
	return nil
}
