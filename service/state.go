package service

import "github.com/tripoint-go/tripoint/backend"

// State is where a resource is in its life, or how bad a tree of them is: the higher, the worse. The zero value is Done, the state
// of nothing at all.
//
//	Loading ──▶ Ready ──▶ Stopping ──▶ Done
//	     ▲ │      ▲ │         │
//	     │ ▼      │ ▼         └──────▶ PermanentFailure
//	   TemporaryFailure
//
// Done and PermanentFailure are terminal, and come from every other state. Stopping ends in one of the two.
type State uint8

// The states, in the order of [Merge]. Their numbers are those of the trace.
const (
	Done             = State(backend.ServiceDone)             // it has ended well; terminal
	Ready            = State(backend.ServiceReady)            // it serves
	Loading          = State(backend.ServiceLoading)          // it does not serve yet
	Stopping         = State(backend.ServiceStopping)         // it is about to end
	TemporaryFailure = State(backend.ServiceTemporaryFailure) // it does not serve, and tries to
	PermanentFailure = State(backend.ServicePermanentFailure) // it has ended badly; terminal
)

// Merge returns the worse of two states. It is commutative, associative and idempotent, and Done is its identity (MT1), so that the
// state of a tree does not depend on the order in which it is looked at. It may be called from anywhere and does not allocate.
func Merge(a, b State) State { return max(a, b) }

// Terminal reports whether a resource in this state has ended. It may be called from anywhere and does not allocate.
func (s State) Terminal() bool { return s == Done || s == PermanentFailure }

// String returns the state in words. It may be called from anywhere and does not allocate.
func (s State) String() string {
	switch s {
	case Done:
		return "done"
	case Ready:
		return "ready"
	case Loading:
		return "loading"
	case Stopping:
		return "stopping"
	case TemporaryFailure:
		return "temporary failure"
	case PermanentFailure:
		return "permanent failure"
	}
	return "no state"
}
