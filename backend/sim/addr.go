package sim

import "github.com/tripoint-go/tripoint/backend"

// Ephemeral ports, given out in turn.
const (
	portFirst = 32768
	portLast  = 60999
)

// isAny reports whether an address is IPv4 or IPv6 and leaves the host open.
func isAny(a *backend.Addr) bool {
	ip := a.IP()
	for _, b := range ip {
		if b != 0 {
			return false
		}
	}
	return ip != nil
}

// isLoopback reports whether an IPv4 or IPv6 address is one of this host, which has no others.
func isLoopback(a *backend.Addr) bool {
	ip := a.IP()
	if len(ip) == 4 {
		return ip[0] == 127
	}
	return string(ip) == "\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x01"
}

// setIP gives a the host of b, which becomes this host if b leaves it open.
func setIP(a, b *backend.Addr) {
	ip := a.IP()
	copy(ip, b.IP())
	if !isAny(a) {
		return
	}
	if len(ip) == 4 {
		ip[0] = 127
	}
	ip[len(ip)-1] = 1
}

// sameHost reports whether two addresses of one family can mean the same host.
func sameHost(a, b *backend.Addr) bool {
	return isAny(a) || isAny(b) || string(a.IP()) == string(b.IP())
}

// sameAddr reports whether two addresses are the same.
func sameAddr(a, b *backend.Addr) bool {
	if a.Family() != b.Family() || a.Len == 0 {
		return a.Len == b.Len
	}
	if ip := a.IP(); ip != nil {
		return a.Port() == b.Port() && string(ip) == string(b.IP())
	}
	return string(a.Raw[:a.Len]) == string(b.Raw[:b.Len])
}

// checkAddr returns what is wrong with an address for a socket of this family.
func checkAddr(family uint32, a *backend.Addr) backend.Errno {
	switch {
	case family == backend.AFUnix && (a.Len <= 2 || a.Family() != family):
		return backend.EINVAL
	case family == backend.AFInet && a.Len < 16, family == backend.AFInet6 && a.Len < 24:
		return backend.EINVAL
	case a.Family() != family:
		return backend.EAFNOSUPPORT
	}
	return backend.OK
}

// unixName returns what names a unix address: a path without its NUL, or the bytes of an abstract name.
func unixName(a *backend.Addr) (name []byte, abstract bool) {
	name = a.Raw[2:a.Len]
	if name[0] == 0 {
		return name, true
	}
	for i, c := range name {
		if c == 0 {
			return name[:i], false
		}
	}
	return name, false
}

// holder returns the socket that holds an address, or nil: for connects the listener, else whoever is bound to it.
func (k *Kernel) holder(family uint32, stream bool, a *backend.Addr, listening bool) *sock {
	for i := range k.socks {
		c := &k.socks[i]
		if !c.used || c.family != family || c.stream != stream || listening && !c.listening || !listening && !c.bound {
			continue
		}
		if c.local.Port() == a.Port() && c.local.Len != 0 && sameHost(&c.local, a) {
			return c
		}
	}
	return nil
}

// bind performs OpBind.
func (k *Kernel) bind(c *sock, a *backend.Addr) backend.Errno {
	if err := checkAddr(c.family, a); err != backend.OK {
		return err
	}
	if c.family == backend.AFUnix {
		return k.bindUnix(c, a)
	}
	switch {
	case !isAny(a) && !isLoopback(a):
		return backend.EADDRNOTAVAIL
	case c.bound || c.local.Len != 0:
		return backend.EINVAL
	case a.Port() == 0:
		c.local = *a
		return k.choosePort(c)
	case k.holder(c.family, c.stream, a, false) != nil:
		return backend.EADDRINUSE
	}
	c.local, c.bound = *a, true
	return backend.OK
}

// choosePort gives a socket with a host the next free port.
func (k *Kernel) choosePort(c *sock) backend.Errno {
	for range portLast - portFirst + 1 {
		if k.port++; k.port > portLast {
			k.port = portFirst
		}
		c.local.Raw[2], c.local.Raw[3] = byte(k.port>>8), byte(k.port)
		if k.holder(c.family, c.stream, &c.local, false) == nil {
			c.bound = true
			return backend.OK
		}
	}
	c.local = backend.Addr{}
	return backend.EADDRINUSE
}

// autobind gives a socket that was not bound the open host and a free port.
func (k *Kernel) autobind(c *sock) {
	if c.local.Len != 0 {
		return
	}
	if c.family == backend.AFInet {
		c.local = backend.AddrInet4([4]byte{}, 0)
	} else {
		c.local = backend.AddrInet6([16]byte{}, 0, 0)
	}
	k.choosePort(c)
}

func (k *Kernel) bindUnix(c *sock, a *backend.Addr) backend.Errno {
	name, abstract := unixName(a)
	named := c.local.Len != 0 // what was accepted has the name of its listener
	if abstract {
		if named {
			return backend.EINVAL
		}
		if k.holderUnix(c.stream, none, name) != nil {
			return backend.EADDRINUSE
		}
		c.local, c.bound = *a, true
		return backend.OK
	}
	p, err := k.walk(backend.AtCWD, name)
	switch {
	case err != backend.OK:
		return err
	case p.node != none:
		return backend.EADDRINUSE
	case p.slash:
		return backend.ENOENT
	case named:
		return backend.EINVAL
	}
	if err := k.create(&p, backend.ModeSocket|0o755); err != backend.OK {
		return err
	}
	k.files[p.node].refs++
	c.node, c.local, c.bound = p.node, *a, true
	return backend.OK
}

// holderUnix returns the socket that is bound to a file, or to an abstract name if the file is none; or nil.
func (k *Kernel) holderUnix(stream bool, node int32, name []byte) *sock {
	for i := range k.socks {
		c := &k.socks[i]
		if !c.used || c.family != backend.AFUnix || !c.bound || c.node != node {
			continue
		}
		if own, _ := unixName(&c.local); node != none || c.stream == stream && string(own) == string(name) {
			return c
		}
	}
	return nil
}

// reach returns the open file of the socket at an address that a socket connects or sends to: of a listener if it is a
// stream. ECONNREFUSED if there is none.
func (k *Kernel) reach(c *sock, to *backend.Addr) (int32, backend.Errno) {
	if err := checkAddr(c.family, to); err != backend.OK {
		return none, err
	}
	var h *sock
	if c.family == backend.AFUnix {
		name, abstract := unixName(to)
		node := none
		if !abstract {
			var err backend.Errno
			if node, err = k.find(backend.AtCWD, name); err != backend.OK {
				return none, err
			}
		}
		h = k.holderUnix(c.stream, node, name)
		if h != nil && h.stream != c.stream {
			return none, backend.EPROTOTYPE
		}
	} else {
		if !isAny(to) && !isLoopback(to) {
			return none, backend.ENETUNREACH
		}
		h = k.holder(c.family, c.stream, to, c.stream)
	}
	if h == nil || c.stream && !h.listening {
		return none, backend.ECONNREFUSED
	}
	return h.open, backend.OK
}

// LocalAddr returns the address of a socket, as getsockname does: how a program of the world learns a port that the kernel
// has chosen. Its Len is 0 for a socket without an address.
func (k *Kernel) LocalAddr(fd int32) backend.Addr {
	o := k.mustLookup(fd)
	if k.opens[o].kind != openSocket {
		panic("sim: LocalAddr needs a socket")
	}
	return k.sockOf(o).local
}
