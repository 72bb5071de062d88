package backend

// Stack is memory for the straight-line task of a program without goroutines, and where its code stands while it waits. It
// belongs to the backend's [Stacks] from Prepare on. It must not move.
type Stack struct {
	Mem   []uint32     // the memory, which the program owns: nothing else may touch it
	Run   func(of any) // what runs on it, with Of; it does not return before the last Suspend
	Of    any          // a pointer
	SP    uintptr      // of the side that is suspended: the stack's while it waits
	Outer uintptr      // the stack pointer of whoever resumed it
}

// Stacks is what a backend offers besides where the world has no goroutines: running code on a stack of its own. A switch is an
// ordinary call for both sides, so it may happen wherever a poll does. Its methods are for the executor, and allocate nothing.
type Stacks interface {
	// Prepare makes the first Resume call s.Run(s.Of) on s.Mem. It paints the memory, so that Used can tell how much of it was
	// ever used. It returns false, and does nothing, if Mem is too small to hold even the first frame.
	Prepare(s *Stack) bool

	// Resume runs what is on the stack up to its next Suspend. It returns false if the stack has overflowed by then: its memory
	// and what lies below are not to be trusted any more.
	Resume(s *Stack) bool

	// Suspend gives way to whoever resumed s. It is called on s.
	Suspend(s *Stack)

	// Used returns how many words of the memory were ever used since Prepare, at most len(Mem).
	Used(s *Stack) int
}

// Handlers is what a backend offers besides if its interrupts interrupt: a handler runs at once, in the middle of whatever the
// processor does, and not at the next Reap. Such a backend keeps all interrupts masked while the executor runs, except where the
// executor lets them in, and never lets one handler interrupt another.
type Handlers interface {
	// Attach names whom the handlers tell. It is called once per run, before the first line is enabled.
	Attach(h Handler)

	// Open lets in what is pending: when it returns, the handlers have run. The executor calls it between any two polls.
	Open()

	// Close ends the run: every line is disabled, and no handler runs any more.
	Close()
}

// Handler is the executor as the handlers of a backend with [Handlers] see it. Its methods are for a handler only.
type Handler interface {
	// Interrupt is the handler of line n. If it has changed anything, it calls Unpark.
	Interrupt(n int)

	// Running names the task whose poll is under way, for the report of a fault; ok is false if there is none.
	Running() (name string, ok bool)
}
