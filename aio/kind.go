package aio

import (
	"errors"
	"io"
	"net"
	"os"

	"github.com/tripoint-go/tripoint/backend"
	"github.com/tripoint-go/tripoint/sched"
)

// Kind is what went wrong in a word, for programs that treat failures alike. The error itself stays what the backend said: a
// backend.Errno, comparable with ==.
type Kind uint8

// The kinds of failure.
const (
	KindNone       Kind = iota // no error
	KindOther                  // none of those below: a bad name, a full disk, a wrong argument
	KindCancelled              // sched.ErrCancelled: the task is cancelled or the gate is closed
	KindTimeout                // a deadline has passed
	KindClosed                 // sched.ErrClosed: the handle was closed here
	KindPeerClosed             // the other side has ended in good order, or reads no more: io.EOF, backend.EPIPE
	KindAborted                // it was cut off: reset, refused, unreachable, an I/O error, or cancelled from elsewhere
)

// KindOf returns the kind of an error that this package has returned, also of one that wraps it.
func KindOf(err error) Kind {
	switch err {
	case nil:
		return KindNone
	case sched.ErrCancelled:
		return KindCancelled
	case sched.ErrTimeout, os.ErrDeadlineExceeded, backend.ETIMEDOUT, backend.ETIME:
		return KindTimeout
	case sched.ErrClosed, net.ErrClosed:
		return KindClosed
	case io.EOF, io.ErrUnexpectedEOF, backend.EPIPE:
		return KindPeerClosed
	case backend.ECONNRESET, backend.ECONNREFUSED, backend.ECONNABORTED, backend.ENETUNREACH, backend.EHOSTUNREACH, backend.EIO,
		backend.ECANCELED:
		return KindAborted
	}
	if inner := errors.Unwrap(err); inner != nil {
		return KindOf(inner)
	}
	return KindOther
}
