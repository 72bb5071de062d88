package inject

import (
	"bufio"
	"bytes"
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

// guest is one emulator. It serves many runs, each after a reset. Between requests the firmware stands still.
type guest struct {
	plan   *plan
	cmd    *exec.Cmd
	dir    string        // holds the sockets
	gone   chan struct{} // closed when the process has ended
	said   bytes.Buffer  // its standard error; to be read when it is gone
	gdb    debugger
	qtest  net.Conn
	acks   *bufio.Reader
	used   bool // it has to be reset before the next run
	judged bool // from here on, a run that does not end is the firmware's fault
}

// boot starts an emulator whose firmware stands at reset. The emulator connects to us, not we to it, so there is nothing to
// poll for. It ends with the context at the latest; close must be called all the same.
func boot(ctx context.Context, p *plan) (*guest, error) {
	dir, err := os.MkdirTemp("", "inject")
	if err != nil {
		return nil, err
	}
	g := &guest{plan: p, dir: dir, gone: make(chan struct{})}
	if err := g.start(ctx); err != nil {
		g.close()
		if text := strings.TrimSpace(g.said.String()); text != "" {
			err = fmt.Errorf("%w: %s", err, text)
		}
		return nil, err
	}
	return g, nil
}

func (g *guest) start(ctx context.Context) error {
	sockets := []string{filepath.Join(g.dir, "gdb"), filepath.Join(g.dir, "qtest")}
	var listeners []*net.UnixListener
	deadline := time.Now().Add(g.plan.Limit)
	for _, path := range sockets {
		l, err := net.ListenUnix("unix", &net.UnixAddr{Name: path, Net: "unix"})
		if err != nil {
			close(g.gone)
			return err
		}
		defer l.Close()
		if err := l.SetDeadline(deadline); err != nil {
			close(g.gone)
			return err
		}
		listeners = append(listeners, l)
	}
	// icount makes time a matter of instructions, sleep=off jumps over the time in which there are none.
	g.cmd = exec.CommandContext(ctx, g.plan.Machine.QEMU, "-S", "-machine", g.plan.Machine.Name,
		"-accel", "tcg", "-icount", "shift=5,sleep=off", "-display", "none", "-monitor", "none", "-serial", "null",
		"-semihosting-config", "enable=on,target=native",
		"-gdb", "unix:"+sockets[0], "-qtest", "unix:"+sockets[1], "-qtest-log", os.DevNull, "-kernel", g.plan.ELF)
	g.cmd.Stderr = &g.said
	if err := g.cmd.Start(); err != nil {
		g.cmd = nil
		close(g.gone)
		return err
	}
	go func() {
		g.cmd.Wait() // how it ended does not matter: its sockets tell what does
		for _, l := range listeners {
			l.Close()
		}
		close(g.gone)
	}()
	conns := make([]net.Conn, len(listeners))
	for i, l := range listeners {
		c, err := l.Accept()
		if err != nil {
			return fmt.Errorf("%s does not start", g.plan.Machine.QEMU)
		}
		conns[i] = c
		if i == 0 {
			g.gdb = debugger{c, bufio.NewReader(c)}
		} else {
			g.qtest, g.acks = c, bufio.NewReader(c)
		}
		if err := c.SetDeadline(deadline); err != nil {
			return err
		}
	}
	// Reading the description turns the p packet on. 1 is SSTEP_ENABLE: by default a step holds back interrupts and timers.
	for _, packet := range []string{"qSupported", "qXfer:features:read:target.xml:0,ff", "?", "Qqemu.sstep=1",
		fmt.Sprintf("Z1,%x,2", g.plan.image.verdict)} {
		if _, err := g.gdb.ask(packet); err != nil {
			return err
		}
	}
	return nil
}

// close ends the emulator, waits until it is gone, and removes its files. A nil guest is closed already.
func (g *guest) close() {
	if g == nil {
		return
	}
	if g.cmd != nil {
		g.cmd.Process.Kill() // it may have ended
	}
	<-g.gone
	for _, c := range []net.Conn{g.gdb.Conn, g.qtest} {
		if c != nil {
			c.Close()
		}
	}
	os.RemoveAll(g.dir)
}

// begin brings the firmware from reset to position 0. It begins a run, and with it the time limit.
func (g *guest) begin() error {
	deadline := time.Now().Add(g.plan.Limit)
	if err := errors.Join(g.gdb.SetDeadline(deadline), g.qtest.SetDeadline(deadline)); err != nil {
		return err
	}
	g.judged = false
	if g.used {
		if err := g.reset(); err != nil {
			return err
		}
	}
	g.used = true
	for i := 0; i <= g.plan.Skip; i++ {
		if i > 0 { // off the function's first instruction
			if err := g.gdb.step(); err != nil {
				return err
			}
		}
		if err := g.gdb.runTo(g.plan.image.from); err != nil {
			return fmt.Errorf("on the way to entry %d of %s: %w", i, g.plan.From, err)
		}
	}
	return nil
}

// reset resets the machine. That happens some time after the request, but the emulator answers before: it is done when the
// program counter is that of the reset vector again. The deadline of the run ends the loop.
func (g *guest) reset() error {
	if _, err := g.gdb.ask("qRcmd," + hex.EncodeToString([]byte("system_reset"))); err != nil {
		return err
	}
	for {
		pc, err := g.gdb.register(regPC)
		if err != nil || pc == g.plan.image.entry {
			return err
		}
	}
}

// follow goes from the first address of a path to a position of it, and checks that it got there.
func (g *guest) follow(path []uint32, way []route, at int) error {
	r := way[at]
	for i := 0; r.stop != 0 && i <= r.pass; i++ {
		if i > 0 {
			if err := g.gdb.step(); err != nil {
				return err
			}
		}
		if pc, err := g.gdb.register(regPC); err != nil {
			return err
		} else if pc == r.stop {
			continue
		}
		if err := g.gdb.runTo(r.stop); err != nil {
			return err
		}
	}
	for range r.steps {
		if err := g.gdb.step(); err != nil {
			return err
		}
	}
	return g.gdb.at(path[at])
}

// record steps to the end of the window and returns the address at each position on the way, the current one first.
func (g *guest) record(end uint32) ([]uint32, error) {
	var path []uint32
	for {
		pc, err := g.gdb.register(regPC)
		if err != nil || pc == end || pc == g.plan.image.verdict {
			return path, err
		}
		if len(path) == g.plan.Max {
			return nil, fmt.Errorf("the window is longer than %d steps: does it sleep, or does a timer run in it?", g.plan.Max)
		}
		path = append(path, pc)
		if g.plan.Asleep && g.plan.image.sleeps(pc) {
			return path, nil
		}
		if err := g.gdb.step(); err != nil {
			return nil, err
		}
	}
}

// pend makes a source pending, and begins the part of the run that is judged. A line gets a pulse on its wire: writing the
// NVIC's ISPR would do the same, but not on a core with TrustZone, where the writes of qtest count as not secure.
func (g *guest) pend(s Source) error {
	g.judged = true
	var commands []string
	switch s {
	case PendSV:
		commands = []string{"writel 0xe000ed04 0x10000000\n"}
	case SysTick:
		commands = []string{"writel 0xe000ed04 0x04000000\n"}
	default:
		for level := 1; level >= 0; level-- {
			commands = append(commands, fmt.Sprintf("set_irq_in %s unnamed-gpio-in %d %d\n", g.plan.Machine.NVIC, int(s), level))
		}
	}
	if _, err := io.WriteString(g.qtest, strings.Join(commands, "")); err != nil {
		return err
	}
	for range commands {
		if answer, err := g.acks.ReadString('\n'); err != nil {
			return err
		} else if !strings.HasPrefix(answer, "OK") {
			return fmt.Errorf("%v cannot be made pending: %s", s, strings.TrimSpace(answer))
		}
	}
	return nil
}

// taken steps until a source's handler is active, and reports whether that comes before the verdict.
func (g *guest) taken(s Source) (bool, error) {
	for range g.plan.Max {
		if psr, err := g.gdb.register(regXPSR); err != nil {
			return false, err
		} else if psr&0x1ff == s.exception() {
			return true, nil
		}
		if pc, err := g.gdb.register(regPC); err != nil || pc == g.plan.image.verdict {
			return false, err
		}
		if err := g.gdb.step(); err != nil {
			return false, err
		}
	}
	return false, nil
}

// finish runs to the verdict and reads it.
func (g *guest) finish() (ending, error) {
	g.judged = true
	verdict := g.plan.image.verdict
	if pc, err := g.gdb.register(regPC); err != nil {
		return ending{}, err
	} else if pc != verdict {
		if err := g.gdb.resume(); err != nil {
			return ending{}, err
		}
		if err := g.gdb.at(verdict); err != nil {
			return ending{}, err
		}
	}
	e, err := g.verdict()
	if err == nil && g.plan.Judge != nil {
		e.code, e.why, err = g.plan.Judge(e.code, e.why, g.gdb.read)
	}
	return e, err
}

// verdict reads what the firmware says.
func (g *guest) verdict() (ending, error) {
	code, err := g.gdb.register(regR0)
	if err != nil || code == 0 {
		return ending{end: Judged}, err
	}
	word, err := g.gdb.register(regR1)
	if err != nil {
		return ending{}, err
	}
	why, err := g.gdb.reason(word)
	return ending{Judged, int(int32(code)), why}, err
}
