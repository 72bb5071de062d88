package backendtest

import (
	"runtime"
	"testing"

	"github.com/tripoint-go/tripoint/backend"
)

// World is a backend together with the outside that the cases need. A backend that injects faults may do so here: short
// counts, EINTR and EAGAIN (as long as 8 transfers in a row go well now and then), partial submissions, any order of
// completions, late and lost cancels, early ends of multishot ops. It keeps disk errors, exhausted tables and memory, and
// connections that break by themselves for other tests. What else a world may offer are the interfaces [Dirs],
// [Ports], [Counts] and [Whole]; a world that lacks one of the first two gets no cases that need it.
type World interface {
	// Backend returns the backend under test, with nothing in flight and all lines disabled. It has room for 32 ops in
	// flight, with ids whose slots are 0 to 31, and for 40 descriptors.
	Backend() backend.Backend
	// Pipe returns the descriptors of a new pipe that holds at least 16 bytes and at most 1 MiB. It is called only if Caps
	// has OpRead and OpWrite.
	Pipe() (r, w int32)
	// Raise lets a device request line n, now or very soon, by an edge. It is called only if Caps has lines.
	Raise(n int)
	// Noisy reports whether lines may report interrupts that nobody requested. The cases then accept more reports than
	// requests, never fewer.
	Noisy() bool
}

// Dirs is a world with a file system.
type Dirs interface {
	// Dir is called at most once per case. It returns an empty directory that exists, without a final slash and relative to
	// AtCWD or absolute. The cases join it and a name by a slash; if it is "", they use the name alone. It is shorter than 80
	// bytes, so that the names in it fit the address of a Unix socket.
	Dir() string
}

// Ports is a world with sockets: no op tells which port a socket got.
type Ports interface {
	// Port returns the port that the IPv4 socket fd is bound to.
	Port(fd int32) uint16
}

// Counts is a world that can see leaks.
type Counts interface {
	// OpenFDs returns the number of descriptors that are open. At the end of a case it must return to what it was at the
	// start.
	OpenFDs() int
}

// Whole is a world that claims to have everything.
type Whole interface {
	// Complete reports whether a case that had to be left out is a failure.
	Complete() bool
}

// T is what a case needs of a test. A [testing.T] has it; the suite's own tests run cases with one that takes notes, to see
// that a broken backend is noticed.
type T interface {
	Helper()
	Logf(format string, args ...any)
	Errorf(format string, args ...any)
	Fatalf(format string, args ...any) // ends the goroutine
}

// Case is one rule, which the comment of its function explains.
type Case struct {
	Name  string
	needs needs
	run   func(r *rig)
}

// needs is what a backend and its world must have for a case.
type needs struct {
	ops   backend.OpSet
	multi backend.OpSet // with FlagMultishot
	flags backend.OpFlags
	lines int
	pools bool
	dir   bool
	port  bool
	lanes bool
}

func set(kinds ...backend.OpKind) backend.OpSet {
	var s backend.OpSet
	for _, k := range kinds {
		s |= 1 << k
	}
	return s
}

// Cases returns all cases, in the order in which [Run] runs them.
func Cases() []Case {
	var all []Case
	for _, list := range [][]Case{
		opCases(), waitCases(), lineCases(), laneCases(), pipeCases(), cancelCases(), refuseCases(),
		fileCases(), nameCases(), vectorCases(), fixedCases(), spliceCases(),
		listenCases(), streamCases(), datagramCases(), zeroCopyCases(),
		pollCases(), multishotCases(), pickCases(),
		linkCases(), linkTimeoutCases(), drainCases(), cancelOpCases(), cancelManyCases(),
	} {
		all = append(all, list...)
	}
	return all
}

// Fits reports whether the backend and the world have what the case needs.
func (c Case) Fits(w World) bool {
	b := w.Backend()
	caps := b.Caps()
	has := needs{ops: caps.Ops, multi: caps.Multishot, flags: caps.Flags, lines: caps.Lines}
	_, has.pools = b.(backend.Pools)
	_, has.dir = w.(Dirs)
	_, has.port = w.(Ports)
	if p, ok := b.(backend.Parallel); ok {
		has.lanes = p.Lanes() > 1
	}
	n := c.needs
	return has.ops&n.ops == n.ops && has.multi&n.multi == n.multi && has.flags&n.flags == n.flags && has.lines >= n.lines &&
		(has.pools || !n.pools) && (has.dir || !n.dir) && (has.port || !n.port) && (has.lanes || !n.lanes)
}

// Run runs one case in a world that nothing else uses, and then checks that nothing is left of it: no op in flight, no
// report still to come, no descriptor open.
func (c Case) Run(t T, w World) {
	t.Helper()
	r := newRig(t, w)
	c.run(r)
	r.finish()
}

// Run runs every case that fits, each as a subtest in a world of its own, which the given function makes and whose end it
// registers with t.Cleanup. It logs how many cases were left out; for a world that is [Whole] each of them is an error.
func Run(t *testing.T, world func(t *testing.T) World) {
	t.Helper()
	probe := world(t)
	whole, _ := probe.(Whole)
	ran, out := 0, 0
	for _, c := range Cases() {
		if !c.Fits(probe) {
			out++
			if whole != nil && whole.Complete() && !c.needs.lanes { // one worker is a complete world too
				t.Errorf("%s is left out, but the world says that it is complete", c.Name)
			}
			continue
		}
		ran++
		t.Run(c.Name, func(t *testing.T) {
			runtime.LockOSThread() // a backend may belong to the thread that made it; the thread ends with the subtest
			c.Run(t, world(t))
		})
	}
	t.Logf("%s: %d cases, and %d left out for what the backend or the world lacks", probe.Backend().Caps().Name, ran, out)
	if ran == 0 {
		t.Errorf("no case fits what the backend can do")
	}
}
