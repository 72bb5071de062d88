// Package backendtest is the conformance suite of package backend: what every backend has to do, as tests that any backend
// can run against itself. A backend's own test calls [Run] with a function that makes its [World]:
//
//	type world struct {
//		*mine.Ring // a backend.Backend that also has Pipe
//	}
//
//	func (w world) Backend() backend.Backend { return w.Ring }
//	func (w world) Raise(n int)              { w.LinePend(n) }
//	func (w world) Noisy() bool              { return false }
//
//	func TestConformance(t *testing.T) {
//		backendtest.Run(t, func(t *testing.T) backendtest.World {
//			b := mine.New()
//			t.Cleanup(b.Close)
//			return world{b}
//		})
//	}
//
// Cases for files need a world with [Dirs], cases for sockets one with [Ports]. All other files, sockets and connections the
// cases make by ops. A world with [Counts] is checked for leaked descriptors after each case. A case that needs an op, a flag,
// a line or a lane that the backend lacks is no subtest; how many those were is logged, and is an error for a world that is
// [Whole].
//
// # The cases
//
// Every case states its rule in its comment, and the number of the duty where it is one (their list is in the comment of
// package backend). The groups, by file:
//
//	ops.go                once each, prefixes, ids, the clock, timers, Caps         duties 1, 3, 6, 10
//	wait.go line.go       Wait, Reap, Unpark; lines                                 duty 7
//	lane.go               a backend for several workers                             duty 7
//	pipe.go cancel.go     byte streams, ends, who owns a buffer; Cancel             duties 2, 4, 5, 9
//	refuse.go             what Caps lacks                                           duty 10
//	file.go name.go       files; directories, rename, unlink
//	vector.go             vectors, fixed buffers, splice
//	listen.go stream.go   accept, connect, Unix sockets; send, receive, shutdown    duties 4, 5
//	datagram.go           datagrams, messages, zero-copy sends                      duties 1, 2
//	poll.go multishot.go  poll; multishot accept, receive, poll                     duty 1
//	pick.go               buffer groups                                             duty 5
//	link.go drain.go      chains, timeouts, drains                                  duty 4
//	cancelop.go           OpCancel by id, by descriptor, of everything              duty 4
//
// Duty 8, that a backend never polls a task, has no case: a backend does not know tasks, which its imports show.
//
// # What the cases do not assume
//
// The cases hold for worlds with faults: transfers may be short, interrupted or refused for the moment, submissions may be
// partial, completions may come in any order, multishot ops may end early. A case that meets such a thing where it matters
// begins anew. Where the kernel leaves the result open, the case lists what is allowed. The numbers of descriptors, timing and
// the order of reports are nowhere assumed; a case waits for what must come, and only a failing one waits until patience ends.
// Only what must not come needs a while of looking, 20 ms at most, which costs nothing where time is virtual.
package backendtest
