//go:build !tinygo

package backend

// Receivers is what a backend offers besides if tasks may receive signals of their choice. The executor serialises its methods with
// those of the backend.
type Receivers interface {
	// SignalOpen takes signal n over, so that Reap of lane 0 reports it, until SignalClose. Occurrences that nobody has reaped yet may
	// become one. EBUSY: it is open already; EINVAL: there is no such signal, or nobody can receive it.
	SignalOpen(n int32) Errno

	// SignalClose gives signal n back what it had before SignalOpen: its default action, or what SignalEnable says. Occurrences that
	// nobody has reaped are forgotten.
	SignalClose(n int32)
}
