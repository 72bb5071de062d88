package backendtest

import (
	"strconv"

	"github.com/tripoint-go/tripoint/backend"
)

// Results that cases compare with.
const (
	cancelled = -int32(backend.ECANCELED)
	interrupt = -int32(backend.EINTR)
	badFD     = -int32(backend.EBADF)
	invalid   = -int32(backend.EINVAL)
	noEntry   = -int32(backend.ENOENT)
	brokePipe = -int32(backend.EPIPE)
)

// code is a result as messages show it.
func code(res int32) string {
	if res >= 0 {
		return strconv.Itoa(int(res))
	}
	return strconv.Itoa(int(res)) + " (" + backend.Errno(-res).Error() + ")"
}

// endedEarly reports whether an op that was cancelled says so: by ECANCELED, or by EINTR if a thread was working on it.
func endedEarly(res int32) bool { return res == cancelled || res == interrupt }

// own remembers a descriptor that the case must close in the end.
func (r *rig) own(fd int32) int32 {
	r.fds[fd] = true
	return fd
}

// dispose closes a descriptor without an op.
func (r *rig) dispose(fd int32) {
	delete(r.fds, fd)
	r.b.Dispose(backend.OpOpen, fd)
}

// close closes a descriptor by an op, if the backend has that.
func (r *rig) close(fd int32) {
	r.Helper()
	if !r.b.Caps().Ops.Has(backend.OpClose) {
		r.dispose(fd)
		return
	}
	o := r.op(backend.OpClose, fd, nil)
	r.submit(o)
	r.want("close", r.result(o), 0)
	delete(r.fds, fd)
}

// pipe makes a pipe that the case owns.
func (r *rig) pipe() (rd, wr int32) {
	rd, wr = r.w.Pipe()
	return r.own(rd), r.own(wr)
}

// read and write are one transfer without offset.
func (r *rig) read(fd int32, buf []byte) int32 {
	r.Helper()
	return r.do(backend.Op{Kind: backend.OpRead, FD: fd, Buf: buf, Off: -1})
}

func (r *rig) write(fd int32, buf []byte) int32 {
	r.Helper()
	return r.do(backend.Op{Kind: backend.OpWrite, FD: fd, Buf: buf, Off: -1})
}

// fill writes all of data, drain reads n bytes.
func (r *rig) fill(fd int32, data string) {
	r.Helper()
	r.all(backend.OpWrite, fd, []byte(data))
}

func (r *rig) drain(fd int32, n int) string {
	r.Helper()
	buf := make([]byte, n)
	r.all(backend.OpRead, fd, buf)
	return string(buf)
}

// send and recv do the same on a socket.
func (r *rig) send(fd int32, data string) {
	r.Helper()
	r.all(backend.OpSend, fd, []byte(data))
}

func (r *rig) recv(fd int32, n int) string {
	r.Helper()
	buf := make([]byte, n)
	r.all(backend.OpRecv, fd, buf)
	return string(buf)
}

// all repeats a transfer until all of buf was moved.
func (r *rig) all(kind backend.OpKind, fd int32, buf []byte) {
	r.Helper()
	for len(buf) > 0 {
		n := r.do(backend.Op{Kind: kind, FD: fd, Buf: buf, Off: -1})
		if n < 1 || int(n) > len(buf) {
			r.Fatalf("a transfer (kind %d) of %d bytes gave %s", kind, len(buf), code(n))
		}
		buf = buf[n:]
	}
}

// holds checks that exactly the given bytes wait in a pipe, or none if the text is "". The pipe's write end is open. It
// looks by a read that is cancelled if it has to wait.
func (r *rig) holds(what string, rd int32, text string) {
	r.Helper()
	if text != "" {
		if got := r.drain(rd, len(text)); got != text {
			r.Errorf("%s: the pipe held %q, want %q", what, got, text)
		}
	}
	for range triesMax {
		buf := make([]byte, 8)
		o := r.op(backend.OpRead, rd, buf)
		r.submit(o)
		r.linger(brief)
		if !r.done(o) {
			r.b.Cancel(o.ID)
		}
		res := r.result(o)
		if res > 0 {
			r.Errorf("%s: the pipe held %q besides %q", what, buf[:res], text)
		}
		if res != interrupt && res != -int32(backend.EAGAIN) {
			return
		}
	}
}

// path joins the world's directory and a name.
func (r *rig) path(name string) []byte {
	if !r.hasDir {
		r.dir, r.hasDir = r.w.(Dirs).Dir(), true
	}
	if r.dir != "" {
		name = r.dir + "/" + name
	}
	return []byte(name)
}

// open opens a file; it may fail.
func (r *rig) open(name string, flags uint32) int32 {
	r.Helper()
	return r.do(backend.Op{Kind: backend.OpOpen, FD: backend.AtCWD, Buf: r.path(name), Arg: flags, Off: 0o600})
}

// file makes a new file that holds the text, open for reading and writing, its position at 0.
func (r *rig) file(name, text string) int32 {
	r.Helper()
	fd := r.open(name, backend.OpenReadWrite|backend.OpenCreate|backend.OpenExclusive)
	if fd < 0 {
		r.Fatalf("making a new file gave %s", code(fd))
	}
	r.writeAt(fd, 0, text)
	return fd
}

// writeAt writes all of the text at an offset.
func (r *rig) writeAt(fd int32, off int64, text string) {
	r.Helper()
	for len(text) > 0 {
		n := r.must("write", backend.Op{Kind: backend.OpWrite, FD: fd, Buf: []byte(text), Off: off})
		if n < 1 || int(n) > len(text) {
			r.Fatalf("a write of %d bytes gave %d", len(text), n)
		}
		text, off = text[n:], off+int64(n)
	}
}

// readAt reads up to n bytes at an offset, fewer only at the end of the file.
func (r *rig) readAt(fd int32, off int64, n int) string {
	r.Helper()
	buf := make([]byte, n)
	for at := 0; at < n; {
		res := r.must("read", backend.Op{Kind: backend.OpRead, FD: fd, Buf: buf[at:], Off: off + int64(at)})
		if res == 0 || int(res) > n-at {
			return string(buf[:at])
		}
		at += int(res)
	}
	return string(buf)
}

// stat tells about an open file (name "") or a name in the world's directory.
func (r *rig) stat(fd int32, name string) (backend.Stat, int32) {
	r.Helper()
	buf := make([]byte, backend.StatBytes)
	o := backend.Op{Kind: backend.OpStat, FD: fd, Buf: buf, Ext: &backend.OpExt{}}
	if name != "" {
		o.FD, o.Ext.Path = backend.AtCWD, r.path(name)
	}
	res := r.do(o)
	return backend.ParseStat(buf), res
}

// socket makes a socket.
func (r *rig) socket(family uint32, typ int64) int32 {
	r.Helper()
	return r.must("socket", backend.Op{Kind: backend.OpSocket, Arg: family, Off: typ})
}

// bound makes an IPv4 socket that is bound to a free port of the loopback, and returns its address.
func (r *rig) bound(typ int64) (int32, backend.Addr) {
	r.Helper()
	fd := r.socket(backend.AFInet, typ)
	any := backend.AddrInet4([4]byte{127, 0, 0, 1}, 0)
	r.must("bind", backend.Op{Kind: backend.OpBind, FD: fd, Ext: &backend.OpExt{Addr: any}})
	port := r.w.(Ports).Port(fd)
	if port == 0 {
		r.Fatalf("a bound socket has port 0")
	}
	return fd, backend.AddrInet4([4]byte{127, 0, 0, 1}, port)
}

// listen makes a listener and returns its address.
func (r *rig) listen() (int32, backend.Addr) {
	r.Helper()
	fd, addr := r.bound(backend.SockStream)
	r.must("listen", backend.Op{Kind: backend.OpListen, FD: fd, Arg: 16})
	return fd, addr
}

// dial returns a socket that is connected to the address.
func (r *rig) dial(addr backend.Addr) int32 {
	r.Helper()
	fd := r.socket(addr.Family(), backend.SockStream)
	r.must("connect", backend.Op{Kind: backend.OpConnect, FD: fd, Ext: &backend.OpExt{Addr: addr}})
	return fd
}

// accept takes one connection.
func (r *rig) accept(fd int32) int32 {
	r.Helper()
	return r.must("accept", backend.Op{Kind: backend.OpAccept, FD: fd})
}

// pair returns the two ends of a new connection.
func (r *rig) pair() (client, server int32) {
	r.Helper()
	l, addr := r.listen()
	client = r.dial(addr)
	server = r.accept(l)
	r.close(l)
	return client, server
}

// shutdown ends one direction of a connection, or both.
func (r *rig) shutdown(fd int32, how uint32) {
	r.Helper()
	r.must("shutdown", backend.Op{Kind: backend.OpShutdown, FD: fd, Arg: how})
}
