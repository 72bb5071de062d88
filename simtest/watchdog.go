package simtest

import (
	"fmt"
	"io"
	"runtime"
	"strings"
	"time"

	"github.com/tripoint-go/tripoint/internal/explore"
)

// patience is how long a runner may stand still before it is named.
const patience = 10 * time.Second

// looks is how often a watchdog looks before it loses patience. It counts looks and not time, so a computer that slept does
// not make a run look hung.
const looks = 10

// still counts how often in a row a runner was found where it was before.
type still struct {
	last explore.Position
	n    int
}

// look reports whether this look at the runner is the one at which patience ends; it does so once for each place.
func (s *still) look(at explore.Position) bool {
	if at != s.last || at.Stage == explore.Idle {
		*s = still{last: at}
		return false
	}
	s.n++
	return s.n == looks
}

// guard starts to watch a runner and returns what ends that. It can do no more than tell: a body that spins cannot be
// stopped from outside. It writes at once and not to the log of the test, which a test that hangs never shows.
func guard(w *explore.Watch, after time.Duration, out io.Writer, say func(explore.Position) string) (end func()) {
	stop, ended := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(ended)
		tick := time.NewTicker(after / looks)
		defer tick.Stop()
		var s still
		for {
			select {
			case <-stop:
				return
			case <-tick.C:
				if at := w.Now(); s.look(at) {
					fmt.Fprint(out, say(at))
				}
			}
		}
	}()
	return func() {
		close(stop)
		<-ended
	}
}

// hung is what a watchdog says.
func hung(test, run string, after time.Duration, replay []string, stacks string) string {
	text := fmt.Sprintf("simtest: %s: %s: nothing has happened for %s: a body spins without an await, or waits for something "+
		"outside of the simulator; only -timeout of go test ends it\n", test, run, after)
	if stacks != "" {
		text += "in a run right now:\n" + stacks
	}
	for i, line := range replay {
		label := "replay:"
		if i > 0 {
			label = "or:    "
		}
		text += label + " " + line + "\n"
	}
	return text
}

// How much a watchdog shows of the goroutines.
const (
	stackBytes  = 1 << 20
	stackLines  = 16
	stacksShown = 4
)

// stacks returns where the goroutines are that are inside a run, and not parked there by a switch to another coroutine. In
// tests that run in parallel these can be several.
func stacks() string {
	buf := make([]byte, stackBytes)
	var b strings.Builder
	shown := 0
	for g := range strings.SplitSeq(string(buf[:runtime.Stack(buf, true)]), "\n\n") {
		head, frames, _ := strings.Cut(g, "\n")
		inside := strings.Contains(g, "/sched.(*hostCoroutine).runBody(") || strings.Contains(g, "/explore.(*Runner).execute(")
		if !inside || strings.Contains(head, "[coroutine") || shown == stacksShown {
			continue
		}
		shown++
		b.WriteString("  " + head + "\n")
		n := 0
		for line := range strings.Lines(frames) {
			if n++; n > stackLines || strings.Contains(line, "/sched.(*host") || strings.Contains(line, "/explore.(*Runner)") {
				break
			}
			line = strings.TrimRight(line, "\n")
			if i := strings.LastIndex(line, " +0x"); i >= 0 {
				line = line[:i]
			}
			b.WriteString("  " + line + "\n")
		}
	}
	return b.String()
}
