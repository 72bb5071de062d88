package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"sync/atomic"
	"syscall"
)

// Exit codes of a call that a signal interrupted, as shells have them.
const (
	exitInterrupt = 130
	exitTerminate = 143
)

// interrupt notes the first SIGINT or SIGTERM. The second has its usual effect: it ends the process.
type interrupt struct {
	code atomic.Int32       // exit code of the call; 0: nothing has come
	ctx  context.Context    // done once something has come
	stop context.CancelFunc // back to the usual effect
}

// watch begins to watch for signals, except for those that the caller has this process ignore.
func (t *tool) watch() *interrupt {
	in := &interrupt{}
	var cancel context.CancelFunc
	in.ctx, cancel = context.WithCancel(context.Background())
	signals := make(chan os.Signal, 1)
	for _, s := range []os.Signal{syscall.SIGINT, syscall.SIGTERM} {
		if !signal.Ignored(s) {
			signal.Notify(signals, s)
		}
	}
	in.stop = func() {
		signal.Stop(signals)
		cancel()
	}
	go func() {
		select {
		case s := <-signals:
			code, name := int32(exitInterrupt), "SIGINT"
			if s == syscall.SIGTERM {
				code, name = exitTerminate, "SIGTERM"
			}
			in.code.Store(code)
			in.stop()
			fmt.Fprintf(t.stderr, "simrun: %s: the runs that have begun are finished; a second signal ends at once\n", name)
		case <-in.ctx.Done():
		}
	}()
	return in
}

// came reports whether a signal has come.
func (in *interrupt) came() bool { return in.code.Load() != 0 }

// interrupted ends a call that a signal interrupted.
func (t *tool) interrupted(in *interrupt) int {
	fmt.Fprintf(t.result(), "INTERRUPTED: %s\n", t.commandAgain())
	return int(in.code.Load())
}
