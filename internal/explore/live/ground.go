//go:build linux

package live

import (
	"encoding/binary"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"time"

	"golang.org/x/sys/unix"

	"github.com/tripoint-go/tripoint/backend"
	"github.com/tripoint-go/tripoint/backend/uring"
	"github.com/tripoint-go/tripoint/internal/explore"
	"github.com/tripoint-go/tripoint/sched"
	"github.com/tripoint-go/tripoint/vclock"
)

// ground is one world. Its set-up methods may be called by several bodies at once.
type ground struct {
	be     *uring.Backend
	before descriptors // that were open when it was made

	ex       *sched.Executor
	external func(n int32)
	fired    sync.WaitGroup // events of the outside under way

	mu      sync.Mutex // protects what is below
	made    []descriptor
	names   map[int32]unix.Sockaddr // of listeners
	dir     string                  // empty until somebody asks for a file
	timers  map[*time.Timer]func()  // of the outside, and what is due when one is stopped in time
	pending int                     // events of External that have not come
	source  *sched.Injector         // open while pending is not 0: a run waits for them
	waiting []func()                // what the set-up asked for: it begins with the run
	started bool
	quiet   bool
}

// Available returns nil if this machine has io_uring for us, or why it has not. Unlike [Open] it may be called at any time.
func Available() error {
	be, err := uring.New(uring.Options{})
	if err != nil {
		return err
	}
	return be.Close()
}

// Open makes a world for one run on a backend with so many workers. The error says why this machine cannot have one.
//
// Until the world is closed nobody else in the process may open descriptors: what is open then, and was not before, is taken for
// a leak, and closed.
func Open(config explore.Config, workers int) (explore.Ground, error) {
	g := &ground{names: map[int32]unix.Sockaddr{}, timers: map[*time.Timer]func(){}}
	var err error
	if g.before, err = openDescriptors(); err != nil {
		return nil, err
	}
	g.be, err = uring.New(uring.Options{Lanes: workers, Owned: workers == 1, Ops: config.Limits.Ops, Lines: config.Lines})
	if err != nil {
		return nil, err
	}
	return g, nil
}

// must is for set-up calls of the kernel that fail only if the machine is out of something.
func must(what string, err error) {
	if err != nil {
		panic(fmt.Sprintf("live: %s: %v", what, err))
	}
}

func (g *ground) Backend() backend.Backend { return g.be }
func (g *ground) Now() vclock.Instant      { return g.be.Now() }
func (g *ground) InFlight() int            { return g.be.InFlight() }

func (g *ground) Begin(ex *sched.Executor, external func(n int32)) { g.ex, g.external = ex, external }

func (g *ground) Pipe() (r, w int32) {
	var fds [2]int
	must("pipe", unix.Pipe2(fds[:], unix.O_CLOEXEC))
	g.own(fds[0])
	g.own(fds[1])
	return int32(fds[0]), int32(fds[1])
}

func (g *ground) Listener() int32 {
	fd, err := unix.Socket(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	must("socket", err)
	must("bind", unix.Bind(fd, &unix.SockaddrUnix{})) // the kernel chooses a name
	must("listen", unix.Listen(fd, 128))
	name, err := unix.Getsockname(fd)
	must("getsockname", err)
	g.own(fd)
	g.mu.Lock()
	defer g.mu.Unlock()
	g.names[int32(fd)] = name
	return int32(fd)
}

func (g *ground) Connect(listener int32, after vclock.Duration) {
	g.mu.Lock()
	name := g.names[listener]
	g.mu.Unlock()
	if name == nil {
		panic("live: Connect takes a listener of the same world")
	}
	g.after(after, func() {
		fd, err := unix.Socket(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_CLOEXEC|unix.SOCK_NONBLOCK, 0)
		must("socket", err)
		if unix.Connect(fd, name) != nil { // the listener is closed, or its backlog is full
			_ = unix.Close(fd)
			return
		}
		g.own(fd)
	}, nil)
}

// own remembers a descriptor that the program may close and need not.
func (g *ground) own(fd int) {
	var st unix.Stat_t
	must("fstat", unix.Fstat(fd, &st))
	g.mu.Lock()
	defer g.mu.Unlock()
	g.made = append(g.made, descriptor{fd: fd, dev: uint64(st.Dev), inode: st.Ino})
}

func (g *ground) Path(name string) string {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.dir == "" {
		dir, err := os.MkdirTemp("", "tripoint-")
		must("a directory for files", err)
		g.dir = dir
	}
	return filepath.Join(g.dir, filepath.FromSlash(name))
}

func (g *ground) File(name string, data []byte) {
	path := g.Path(name)
	must("mkdir", os.MkdirAll(filepath.Dir(path), 0o700))
	must("write a file", os.WriteFile(path, data, 0o600))
}

func (g *ground) FileData(name string) []byte {
	data, err := os.ReadFile(g.Path(name))
	if err != nil {
		return nil
	}
	return data
}

func (g *ground) Durable(name string) []byte { return g.FileData(name) }

func (g *ground) Raise(n int, after vclock.Duration) {
	fd := g.be.LineFD(n)
	g.after(after, func() {
		var one [8]byte
		binary.NativeEndian.PutUint64(one[:], 1)
		_, _ = unix.Write(fd, one[:]) // EAGAIN: the line is pending already
	}, nil)
}

func (g *ground) External(n int32, after vclock.Duration) {
	g.mu.Lock()
	if g.pending++; g.source == nil {
		g.source = sched.NewInjector(g.ex)
	}
	g.mu.Unlock()
	g.after(after, func() {
		g.ex.Lock()
		g.external(n)
		g.ex.Unlock()
		g.came()
	}, g.came)
}

// came notes that an event of External has come, or never will. Behind the last one the run has nothing to wait for.
func (g *ground) came() {
	g.mu.Lock()
	var last *sched.Injector
	if g.pending--; g.pending == 0 {
		last, g.source = g.source, nil
	}
	g.mu.Unlock()
	if last != nil {
		last.Close()
	}
}

// after has the outside do something, unless Quiet comes first; then instead is called, which may be nil.
func (g *ground) after(d vclock.Duration, do, instead func()) {
	g.mu.Lock()
	defer g.mu.Unlock()
	switch {
	case g.quiet:
		return
	case !g.started:
		g.waiting = append(g.waiting, func() { g.after(d, do, instead) })
		return
	}
	g.fired.Add(1)
	var timer *time.Timer
	timer = time.AfterFunc(time.Duration(d), func() {
		defer g.fired.Done()
		g.mu.Lock() // the timer has been noted by then
		_, due := g.timers[timer]
		delete(g.timers, timer)
		g.mu.Unlock()
		if due {
			do()
		}
	})
	g.timers[timer] = instead
}

func (g *ground) Start() {
	g.mu.Lock()
	g.started = true
	waiting := g.waiting
	g.waiting = nil
	g.mu.Unlock()
	for _, begin := range waiting {
		begin()
	}
}

func (g *ground) Quiet() {
	g.mu.Lock()
	g.quiet = true
	var instead []func()
	for timer, f := range g.timers {
		delete(g.timers, timer)
		if timer.Stop() {
			g.fired.Done()
		}
		if f != nil {
			instead = append(instead, f)
		}
	}
	g.mu.Unlock()
	for _, f := range instead {
		f()
	}
	g.fired.Wait()
}

func (g *ground) Close(frozen bool) error {
	err := g.be.Close()
	for _, d := range g.made {
		d.close()
	}
	if g.dir != "" {
		if gone := os.RemoveAll(g.dir); err == nil {
			err = gone
		}
	}
	if leak := g.before.leaked(); len(leak) > 0 {
		names := closeAll(leak)
		if !frozen && err == nil {
			err = fmt.Errorf("%d descriptors are left open: %v", len(leak), names)
		}
	}
	return err
}
