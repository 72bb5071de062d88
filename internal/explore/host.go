package explore

import (
	"github.com/tripoint-go/tripoint/backend/sim"
	"github.com/tripoint-go/tripoint/vclock"
)

// Host is what a program may set up in every world, simulated or real: the part of the outside that both have. Its methods
// are for the set-up, for bodies and for checks at the end, on any goroutine. Where a method says panic, the program asks for
// something that its world has not.
type Host interface {
	// Now returns the instant of the executor's clock. It is 0 at the beginning of a simulated run, and anything in a real one.
	Now() vclock.Instant

	// Pipe makes a pipe and returns the descriptors of its read and write end. What the program does not close is closed
	// after the run.
	Pipe() (r, w int32)

	// Listener makes a listener for streams. Connect has the outside connect to it after the duration; a listener that is
	// closed by then refuses. Nobody writes to the connection, and its other end is closed after the run.
	Listener() int32
	Connect(listener int32, after vclock.Duration)

	// File makes the named file with the given content, or replaces what it had. Path is how an operation names it, and
	// any other file of the run. A name is one path element, or several with / in between.
	File(name string, data []byte)
	Path(name string) string

	// FileData returns the content of a file as reads see it, Durable what a crash would leave, nil if there is no such
	// file. A real kernel does not tell what is durable: there they are the same.
	FileData(name string) []byte
	Durable(name string) []byte

	// Raise has the outside request interrupt line n after the duration.
	Raise(n int, after vclock.Duration)

	// External has the outside event n come after the duration: the function given to World.External is called with it.
	External(n int32, after vclock.Duration)

	// InFlight returns the number of operations that were submitted and whose completion the backend has not reported.
	InFlight() int
}

// simHost is the simulated kernel as a host.
type simHost struct{ *sim.Kernel }

func (h simHost) Connect(listener int32, after vclock.Duration) { h.Kernel.Connect(listener, after) }
func (h simHost) Path(name string) string                       { return name }
func (h simHost) Raise(n int, after vclock.Duration)            { h.RaiseAt(n, h.Now().Add(after)) }
func (h simHost) External(n int32, after vclock.Duration)       { h.ExternalAt(n, h.Now().Add(after)) }
