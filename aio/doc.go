// Package aio gives tasks files, sockets and other byte streams over any backend that has the operations.
//
// A server that answers each connection in a task of its own:
//
//	l, err := aio.ListenTCP(t, "127.0.0.1:8080")
//	for err == nil {
//		var s *aio.Stream
//		if s, err = l.Accept(t); err == nil {
//			h := sched.Spawn(t, "connection", func(t *sched.Task) error {
//				_, err := io.Copy(s.Writer(t), s.Reader(t))
//				return err // its end closes the connection
//			})
//			s.GiveTo(t, &h.JoinHandle)
//		}
//	}
//
// A handle is owned by a task: when that task ends, the handle's operations are waited for and its descriptor is given back,
// so a cancelled task leaks nothing. Close does the same in good order: it cancels what is in flight on the handle, waits
// for it, and closes (IO13).
//
// On a stream at most one read and one write are in flight; further ones wait their turn, first in first out, so two readers
// cannot take each other's bytes (IO15). Interrupted calls (EINTR, EAGAIN) are repeated here, in the turn they had, and
// never seen by tasks. Short counts are legal results; ReadFull and WriteAll go on until they are done. Tasks that read one
// file together share its position: each takes up where the one before stopped. Calls that name their own offset, and those
// that move no bytes, wait for no turn.
//
// A buffer is lent to the backend from the call until the operation has completed. If a call returns sched.ErrCancelled, the
// operation may still be under way: the buffer may be touched again when the task has ended.
//
// Errors are those of the backend, values of type backend.Errno; [KindOf] sorts them.
//
// What a comment does not say otherwise: nothing allocates.
//
// All methods are for straight-line tasks of the executor that made the handle. [Conn], the Reader and the Writer of a
// handle are the interfaces of the standard library for code that runs in one task.
//
// Addresses are numbers; names are not looked up. What a backend offers besides the contract, it says by having the methods
// of [SockNamer] and [SockOptioner].
//
// Concurrency. Tasks of several workers may use a handle at the same time: every method enters the executor's core by
// itself, and nothing of a handle is touched outside of it. Those that take no task (File.Pos, File.SetPos, Addr and
// LocalAddr) take the lock of the core, which does not nest: they are for bodies, and not for release functions, hooks and
// other code that the core calls. A Conn is for one task.
package aio
