package sim_test

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/tripoint-go/tripoint/backend"
	"github.com/tripoint-go/tripoint/backend/sim"
	"github.com/tripoint-go/tripoint/vclock"
)

// Some 700 ops on names, files, sockets, pipes and chains, with the results that Linux 6.18.44 gave on io_uring, as root. A
// line of testdata/observed.txt is a program, an op, and its result: a count, an errno below 0, or "pending".
func TestObserved(t *testing.T) {
	text, err := os.ReadFile("testdata/observed.txt")
	if err != nil {
		t.Fatal(err)
	}
	want := strings.Split(strings.TrimSpace(string(text)), "\n")
	k := sim.New(sim.Options{FDMax: 256, OpsMax: observerSlots, FilesMax: 100, PipeBytes: 8192})
	k.Dir("w")
	got := &observer{b: k, dir: "w/", pipe: k.Pipe, local: k.LocalAddr}
	got.programs()
	if len(got.lines) != len(want) {
		t.Errorf("%d results, want %d", len(got.lines), len(want))
	}
	for i := range min(len(got.lines), len(want)) {
		if got.lines[i] != want[i] {
			t.Errorf("got %q; Linux gave %q", got.lines[i], want[i])
		}
	}
}

// observer runs programs whose results were observed on a kernel, and notes what it sees: a line for each op.
type observer struct {
	b     backend.Backend
	pipe  func() (r, w int32)
	local func(fd int32) backend.Addr
	dir   string // path before every name
	name  string // of the program
	gen   uint64
	lines []string
}

const (
	observerSlots = 2048
	chainSlots    = 8
	pending       = 1 << 20 // result of an op that had to be cancelled
)

func (k *observer) path(name string) string { return k.dir + name }

func (k *observer) note(what, text string) {
	k.lines = append(k.lines, fmt.Sprintf("%s: %s: %s", k.name, what, text))
}

// submit submits ops in fresh slots.
func (k *observer) submit(ops []backend.Op) {
	k.gen++
	ptrs := make([]*backend.Op, len(ops))
	for i := range ops {
		ops[i].ID = backend.MakeOpID(int(k.gen)%(observerSlots/chainSlots)*chainSlots+i, k.gen)
		ptrs[i] = &ops[i]
	}
	for len(ptrs) > 0 {
		ptrs = ptrs[k.b.Submit(ptrs):]
	}
}

// reap takes reports until the one that ends an op, or until the time is over.
func (k *observer) reap(last backend.OpID, d vclock.Duration) []backend.Completion {
	var all []backend.Completion
	var into [16]backend.Completion
	end := k.b.Now().Add(d)
	for k.b.Now() < end {
		n := k.b.Reap(into[:])
		all = append(all, into[:n]...)
		for _, c := range into[:n] {
			if c.ID == last && !c.More {
				return all
			}
		}
		if n == 0 {
			k.b.Wait(end)
		}
	}
	return all
}

// do runs one op and returns its result: that of its first report, or pending.
func (k *observer) do(o backend.Op) int32 {
	ops := []backend.Op{o}
	k.submit(ops)
	id := ops[0].ID
	got := k.reap(id, 30*vclock.Millisecond)
	waits := true
	for _, c := range got {
		waits = waits && (c.ID != id || c.More && !c.Notice)
	}
	if waits {
		k.b.Cancel(id)
		got = append(got, k.reap(id, vclock.Second)...)
	}
	for _, c := range got {
		if c.ID != id {
			continue
		}
		if waits && (c.Res == errno(backend.ECANCELED) || c.Res == errno(backend.EINTR)) {
			return pending
		}
		return c.Res
	}
	return pending
}

// show notes a result and returns it.
func (k *observer) show(what string, res int32, fd bool) int32 {
	text := fmt.Sprint(res)
	switch {
	case res == pending:
		text = "pending"
	case fd && res >= 0:
		text = "descriptor"
	}
	k.note(what, text)
	return res
}

func (k *observer) step(what string, o backend.Op) int32 {
	return k.show(what, k.do(o), o.Kind.ReturnsFD())
}

// chain runs ops that belong together, notes the results by member, and ends what is left.
func (k *observer) chain(what string, ops ...backend.Op) {
	k.submit(ops)
	text := ""
	got := k.reap(0, 25*vclock.Millisecond)
	for _, o := range ops {
		text += " ["
		for _, c := range got {
			if c.ID == o.ID {
				text += fmt.Sprint(" ", c.Res)
				if c.More {
					text += "+"
				}
			}
		}
		text += " ]"
	}
	k.note(what, text[1:])
	for range ops {
		for _, o := range ops {
			k.b.Cancel(o.ID)
		}
		k.reap(0, 5*vclock.Millisecond)
	}
}

func (k *observer) sock(family uint32, typ int64) int32 {
	return k.do(backend.Op{Kind: backend.OpSocket, Arg: family, Off: typ})
}

func (k *observer) idle() int32 {
	r, _ := k.pipe()
	return r
}

func (k *observer) listener(a backend.Addr, n uint32) (int32, backend.Addr) {
	fd := k.sock(a.Family(), backend.SockStream)
	k.step("bind", addrOp(backend.OpBind, fd, a))
	k.step("listen", listenOp(fd, n))
	if a.Family() == backend.AFUnix {
		return fd, a
	}
	return fd, k.local(fd)
}

func (k *observer) pair(a backend.Addr) (client, server int32) {
	l, at := k.listener(a, 4)
	client = k.sock(a.Family(), backend.SockStream)
	k.step("connect", addrOp(backend.OpConnect, client, at))
	server = k.step("accept", backend.Op{Kind: backend.OpAccept, FD: l})
	k.do(closeOp(l))
	if a.Family() == backend.AFUnix {
		k.do(unlinkOp(cwd, k.path("s"), 0))
	}
	return client, server
}

// programs runs everything.
func (k *observer) programs() {
	paths(k)
	removed(k)
	modes(k)
	addresses(k)
	unixAddresses(k)
	embryos(k)
	for _, a := range []backend.Addr{inet(0), backend.AddrInet6([16]byte{15: 1}, 0, 0), backend.AddrUnix(k.dir + "s")} {
		ends(k, a)
		flags(k, a)
	}
	dgrams(k)
	unixDatagrams(k)
	splices(k)
	links(k)
	linkTimeouts(k)
	cancels(k)
}

func recvN(fd int32, n int, flags uint32) backend.Op { return recvOp(fd, make([]byte, n), flags) }

func shutdownOp(fd int32, how uint32) backend.Op {
	return backend.Op{Kind: backend.OpShutdown, FD: fd, Arg: how}
}

func pollFor(fd int32, mask uint32) backend.Op {
	return backend.Op{Kind: backend.OpPoll, FD: fd, Arg: mask}
}

func closeOp(fd int32) backend.Op { return backend.Op{Kind: backend.OpClose, FD: fd} }

func listenOp(fd int32, n uint32) backend.Op {
	return backend.Op{Kind: backend.OpListen, FD: fd, Arg: n}
}
