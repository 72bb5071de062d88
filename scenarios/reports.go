package scenarios

import (
	"sync/atomic"

	"github.com/tripoint-go/tripoint/aio"
	"github.com/tripoint-go/tripoint/backend"
	"github.com/tripoint-go/tripoint/internal/explore"
	"github.com/tripoint-go/tripoint/sched"
)

// reports uses the operations that report more than once. One accept takes connection after connection, and is cancelled in the
// end; what it took by then is ours, what it takes after that is closed. A send without copies has its buffer back only with its
// second report. One receive takes piece after piece, each in a buffer of a pool, which is given back at once.
//
//	client: dial ──▶ send without copies ──▶ shut the sending half, close
//	server: one accept for all ──▶ cancelled ──▶ one receive a connection, until its end
func reports(w *explore.World) {
	const clients, group, size, buffers = 3, 1, 16, 512 // at least one a worker
	var sent, wrong, broken atomic.Int64
	served := 0
	clientBody := func(to backend.Addr, data []byte) func(*sched.Task) error {
		return func(t *sched.Task) error {
			s, err := aio.Dial(t, to)
			if err != nil {
				return err
			}
			if err := sendZC(t, s.FD(), data); err != nil {
				return err
			}
			sent.Add(1)
			if err := s.Shutdown(t, backend.ShutWrite); err != nil {
				return err
			}
			return s.Close(t)
		}
	}
	w.Run(sched.WaitForAllTasks, func(t *sched.Task) int {
		l, to, err := listenEcho(t, w)
		if err != nil {
			return -1
		}
		taken := &accepted{}
		server := sched.Spawn(t, "server", func(t *sched.Task) int { return taken.serve(t, l.FD()) })
		handles := make([]*sched.Handle[error], clients)
		for i := range handles {
			data := make([]byte, 1+20*w.Work(6))
			for j := range data {
				data[j] = byte(i + j)
			}
			handles[i] = sched.Spawn(t, "client", clientBody(to, data))
		}
		for i := range handles {
			if failure, err := handles[i].Join(t); failure != nil || err != nil {
				broken.Add(1)
			}
		}
		if w.Work(2) == 1 {
			t.Yield()
		}
		server.Cancel(t)
		p := &pool{mem: make([]byte, size*buffers), size: size, group: group}
		if !p.provide(t, buffers) {
			return -1
		}
		for _, fd := range taken.fds {
			switch data, err := p.receive(t, fd); {
			case err != nil:
				broken.Add(1)
			case !rising(data):
				wrong.Add(1)
			default:
				served++
			}
			t.Do(backend.OpClose, fd, nil, -1)
		}
		p.end(t)
		l.Close(t)
		return served
	})
	w.AtEnd("every report is taken once, and nothing is lost", func() error {
		w.Sometimes("all connections were served", served == clients)
		ok := wrong.Load() == 0 && w.Host.InFlight() == 0 && (w.Virtual() || broken.Load() == 0)
		return want(ok, "%d sent, %d served, %d of them wrong, %d broken, %d operations in flight", sent.Load(), served, wrong.Load(),
			broken.Load(), w.Host.InFlight())
	})
}

// rising reports whether every byte is the successor of the one before.
func rising(data []byte) bool {
	for i := 1; i < len(data); i++ {
		if data[i] != data[i-1]+1 {
			return false
		}
	}
	return true
}

// sendZC sends everything without copies. Until the operation is over, which is its second report, the kernel reads the data.
func sendZC(t *sched.Task, fd int32, data []byte) error {
	for len(data) > 0 {
		n, err := t.DoOp(&backend.Op{Kind: backend.OpSendZC, FD: fd, Buf: data, Off: -1})
		if err != nil && err != backend.EINTR && err != backend.EAGAIN {
			return err
		}
		data = data[n:]
	}
	return nil
}

// accepted is what one accept after the other has taken.
type accepted struct{ fds []int32 }

// OpMore implements sched.OpMore: it takes a connection.
func (a *accepted) OpMore(c *backend.Completion) bool {
	if c.Res >= 0 {
		a.fds = append(a.fds, c.Res)
	}
	return true
}

// OpDone implements sched.OpHook.
func (a *accepted) OpDone(backend.OpKind, int32, bool) {}

// serve accepts until it is cancelled, again and again because the kernel may end one for reasons of its own.
func (a *accepted) serve(t *sched.Task, fd int32) int {
	var op sched.OpWait
	for n := 0; ; n++ {
		op.StartOp(&backend.Op{Kind: backend.OpAccept, FD: fd, Off: -1, Flags: backend.FlagMultishot})
		op.Hook(a)
		if sched.Await(t, &op) != nil {
			return n
		}
		res, err := op.Result()
		switch err {
		case nil: // the last report of an accept may be a connection, too
			a.fds = append(a.fds, int32(res))
		case sched.ErrCancelled:
			return n
		}
	}
}

// pool is a group of buffers that receives pick from, and what the receive under way has brought.
type pool struct {
	mem   []byte
	size  int
	group uint16
	to    backend.Pools
	data  []byte
}

// provide lends the buffers to the backend.
func (p *pool) provide(t *sched.Task, buffers int) bool {
	to, ok := t.Executor().Backend().(backend.Pools)
	if !ok {
		return false
	}
	p.to = to
	in := t.Enter()
	defer t.Leave(in)
	return to.Provide(p.group, p.mem, p.size, buffers) == backend.OK
}

// end takes them back.
func (p *pool) end(t *sched.Task) {
	in := t.Enter()
	defer t.Leave(in)
	p.to.Unprovide(p.group)
}

// take copies what came in a buffer, and gives the buffer back.
func (p *pool) take(buffer uint16, n int) {
	p.data = append(p.data, p.mem[int(buffer)*p.size:][:n]...)
	p.to.GiveBack(p.group, buffer)
}

// OpMore implements sched.OpMore: it takes a piece.
func (p *pool) OpMore(c *backend.Completion) bool {
	if c.Picked {
		p.take(c.Pick, max(0, int(c.Res)))
	}
	return true
}

// OpDone implements sched.OpHook.
func (p *pool) OpDone(backend.OpKind, int32, bool) {}

// receive takes all that comes until the end of the stream.
func (p *pool) receive(t *sched.Task, fd int32) ([]byte, error) {
	p.data = nil
	var op sched.OpWait
	for {
		op.StartOp(&backend.Op{
			Kind: backend.OpRecv, FD: fd, Off: -1, Flags: backend.FlagMultishot | backend.FlagPick, Ext: &backend.OpExt{Index: p.group},
		})
		op.Hook(p)
		if err := sched.Await(t, &op); err != nil {
			return nil, err
		}
		n, err := op.Result()
		if buffer, ok := op.Picked(); ok {
			in := t.Enter()
			p.take(buffer, n)
			t.Leave(in)
		}
		switch {
		case err == backend.EINTR, err == backend.EAGAIN, err == backend.ENOBUFS:
		case err != nil:
			return nil, err
		case n == 0:
			return p.data, nil
		}
	}
}
