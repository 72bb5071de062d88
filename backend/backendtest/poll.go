package backendtest

import "github.com/tripoint-go/tripoint/backend"

func pollCases() []Case {
	multi := withFlags(pipes(backend.OpPoll, backend.OpClose), backend.FlagMultishot)
	multi.multi = set(backend.OpPoll)
	onFiles := files(backend.OpPoll)
	return []Case{
		{"PollWaits", pipes(backend.OpPoll), pollWaits},
		{"PollIsReadyAtOnce", onFiles, pollIsReadyAtOnce},
		{"PollTellsHangUp", pipes(backend.OpPoll, backend.OpClose), pollTellsHangUp},
		{"PollsDoNotCompete", pipes(backend.OpPoll), pollsDoNotCompete},
		{"PollCancelled", pipes(backend.OpPoll), pollCancelled},
		{"PollOfAListener", streams(backend.OpPoll), pollOfAListener},
		{"PollMultishot", multi, pollMultishot},
		{"PollMultishotCancelled", multi, pollMultishotCancelled},
	}
}

func pollOp(fd int32, mask uint32) backend.Op {
	return backend.Op{Kind: backend.OpPoll, FD: fd, Arg: mask}
}

// has checks that a poll reports the events of want and none of not.
func (r *rig) has(what string, res int32, want, not uint32) {
	r.Helper()
	if res < 0 || uint32(res)&want != want || uint32(res)&not != 0 {
		r.Errorf("%s reports %s = %#x, want %#x and not %#x", what, code(res), res, want, not)
	}
}

// A poll waits until the event is there. It takes nothing.
func pollWaits(r *rig) {
	r.attempt(func() bool {
		rd, wr := r.pipe()
		o := r.make(pollOp(rd, backend.PollIn))
		if !r.arm(o) {
			return false
		}
		if r.done(o) {
			r.Fatalf("a poll of an empty pipe ended with %s", code(r.result(o)))
		}
		r.fill(wr, "p")
		if transient(r.result(o)) {
			return false
		}
		r.has("a poll", r.result(o), backend.PollIn, backend.PollHup|backend.PollErr)
		r.has("a second poll", r.do(pollOp(rd, backend.PollIn)), backend.PollIn, 0)
		r.holds("after polls", rd, "p")
		return true
	})
}

// What is ready is reported at once: room in a pipe, and a regular file always. Of the events, only those asked for.
func pollIsReadyAtOnce(r *rig) {
	_, wr := r.pipe()
	r.has("a poll of a pipe with room", r.do(pollOp(wr, backend.PollOut)), backend.PollOut, backend.PollIn)
	fd := r.file("f", "")
	r.has("a poll of a file", r.do(pollOp(fd, backend.PollIn|backend.PollOut)), backend.PollIn|backend.PollOut, backend.PollErr)
	r.has("a poll of a file for one event", r.do(pollOp(fd, backend.PollOut)), backend.PollOut, backend.PollIn)
	r.want("a poll of no descriptor", r.do(pollOp(-1, backend.PollIn)), badFD)
}

// The end of the other side is reported although nobody asked: PollHup when the last writer closed, PollErr when the last
// reader did.
func pollTellsHangUp(r *rig) {
	r.attempt(func() bool {
		rd, wr := r.pipe()
		o := r.make(pollOp(rd, backend.PollIn))
		if !r.arm(o) {
			return false
		}
		r.close(wr)
		if transient(r.result(o)) {
			return false
		}
		r.has("a poll whose writer closed", r.result(o), backend.PollHup, backend.PollErr)
		rd, wr = r.pipe()
		r.close(rd)
		r.has("a poll whose reader closed", r.do(pollOp(wr, backend.PollOut)), backend.PollErr, 0)
		return true
	})
}

// An event ends every poll that waits for it, and no other.
func pollsDoNotCompete(r *rig) {
	r.attempt(func() bool {
		rd, wr := r.pipe()
		other, _ := r.pipe()
		a, b, c := r.make(pollOp(rd, backend.PollIn)), r.make(pollOp(rd, backend.PollIn)), r.make(pollOp(other, backend.PollIn))
		if !r.arm(a, b, c) {
			return false
		}
		r.fill(wr, "p")
		if _, calm := r.results(a, b); !calm {
			return false
		}
		r.has("the first poll", r.result(a), backend.PollIn, 0)
		r.has("the second poll", r.result(b), backend.PollIn, 0)
		if r.done(c) {
			return false
		}
		r.want("a poll of another pipe", r.cancel(c), cancelled, interrupt)
		return true
	})
}

// Duty 4: a poll that waits can be cancelled.
func pollCancelled(r *rig) {
	rd, wr := r.pipe()
	for range 5 {
		o := r.make(pollOp(rd, backend.PollIn))
		r.arm(o)
		r.want("a cancelled poll", r.cancel(o), cancelled, interrupt, again)
	}
	r.fill(wr, "p")
	r.has("a poll after cancelled ones", r.do(pollOp(rd, backend.PollIn)), backend.PollIn, 0)
}

// A listener is readable when a connection waits, a stream when bytes wait or it has ended: then PollRdHup as well.
func pollOfAListener(r *rig) {
	l, addr := r.listen()
	c := r.dial(addr)
	r.has("a poll of a listener", r.do(pollOp(l, backend.PollIn)), backend.PollIn, backend.PollErr)
	s := r.accept(l)
	r.send(c, "b")
	r.has("a poll of a stream", r.do(pollOp(s, backend.PollIn)), backend.PollIn, backend.PollHup)
	r.recv(s, 1)
	r.shutdown(c, backend.ShutWrite)
	r.has("a poll of a stream that ended", r.do(pollOp(s, backend.PollIn|backend.PollRdHup)), backend.PollIn|backend.PollRdHup, 0)
}

// A multishot poll reports once per arrival or more often, each time with More, and takes nothing. It may end early with a
// success; whoever wants more submits it again.
func pollMultishot(r *rig) {
	rd, wr := r.pipe()
	m := r.multishot(pollOp(rd, backend.PollIn))
	for range 4 {
		r.fill(wr, "a")
		r.has("a multishot poll", m.next().Res, backend.PollIn, 0)
		if got := r.drain(rd, 1); got != "a" {
			r.Errorf("the poll left %q, want \"a\"", got)
		}
		m.settle()
	}
	r.close(wr)
	for range triesMax {
		if c := m.next(); c.Res < 0 || uint32(c.Res)&backend.PollHup != 0 {
			r.has("a multishot poll whose writer closed", c.Res, backend.PollHup, 0)
			break
		}
	}
	m.stop()
}

// Duty 1: the terminal report of a multishot op that is cancelled comes without More, says ECANCELED, and is the last one.
func pollMultishotCancelled(r *rig) {
	rd, wr := r.pipe()
	for range 5 {
		m := r.multishot(pollOp(rd, backend.PollIn))
		m.settle()
		r.want("a cancelled multishot poll", m.stop(), cancelled, interrupt)
		r.fill(wr, "x")
		r.drain(rd, 1)
	}
}
