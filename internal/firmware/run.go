package firmware

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

// Limits of one run.
const (
	runFor    = time.Minute // where ctx has no deadline
	outputMax = 1 << 20     // bytes on each of standard output and standard error
	killedFor = time.Second // for what a killed process has left in its pipes
)

// Options of a run. The zero value runs a firmware without arguments and without a UART.
type Options struct {
	Args   []string  // the firmware's command line, after its name, which is fw
	Serial bool      // its UART is the standard input and output of QEMU
	Stdin  io.Reader // what its UART receives; nil: nothing
	// Plugin is a TCG plugin and its arguments, as QEMU takes them: "count.so,mark=0x100".
	Plugin string
	// ExtraFiles are open in QEMU as descriptors 3, 4, ...; the firmware opens them as /dev/fd/3 by semihosting.
	ExtraFiles []*os.File
	// QEMU is what QEMU is told besides.
	QEMU []string
}

// Result is how a run ended.
type Result struct {
	// Status is QEMU's exit status, which is the firmware's: 100 and the exception's number after a fault or a panic.
	Status int
	Stdout []byte // UART, and what the firmware writes to ":tt"
	Stderr []byte // what the firmware writes to the debugger, and messages of QEMU
}

// Command returns QEMU, ready to start with a firmware: for callers that talk to it while it runs. The end of ctx kills it, and so
// does the end of this process where the system can do that. Killing is the only way that always works: a firmware that waits
// for its host stops all of QEMU.
func (tc *Toolchain) Command(ctx context.Context, b Board, elf string, o Options) *exec.Cmd {
	serial := "null"
	if o.Serial {
		serial = "stdio"
	}
	config := "enable=on,target=native,arg=fw"
	for _, arg := range o.Args {
		config += ",arg=" + strings.ReplaceAll(arg, ",", ",,")
	}
	args := []string{
		"-machine", b.Name, "-display", "none", "-monitor", "none", "-serial", serial,
		"-icount", "shift=5,sleep=off", "-semihosting-config", config,
	}
	if o.Plugin != "" {
		args = append(args, "-plugin", o.Plugin)
	}
	cmd := exec.CommandContext(ctx, tc.qemu, append(append(args, o.QEMU...), "-kernel", elf)...)
	cmd.Stdin, cmd.ExtraFiles = o.Stdin, o.ExtraFiles
	cmd.WaitDelay = killedFor
	dieWithParent(cmd)
	return cmd
}

// Run runs a firmware to its end. A firmware that ends with a status other than 0 is a result; errors are that QEMU did not start,
// was killed, or was stopped by a limit: the deadline of ctx, a minute if it has none, or a megabyte of output. The result then
// holds what it wrote until then.
func (tc *Toolchain) Run(ctx context.Context, b Board, elf string, o Options) (Result, error) {
	if _, limited := ctx.Deadline(); !limited {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, runFor)
		defer cancel()
	}
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	cmd := tc.Command(ctx, b, elf, o)
	stdout, stderr := output{full: stop}, output{full: stop}
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	err := runWith(cmd, o.Stdin)
	result := Result{Stdout: stdout.bytes, Stderr: stderr.bytes}
	switch cause := context.Cause(ctx); {
	case cause == errOutput:
		err = cause // even if it has ended by itself: something is missing
	case cmd.ProcessState != nil && cmd.ProcessState.Exited():
		result.Status, err = cmd.ProcessState.ExitCode(), nil
	case cause != nil:
		err = cause
	}
	if err != nil {
		err = fmt.Errorf("firmware: run %s on %s: %w", filepath.Base(elf), b.Name, err)
	}
	return result, err
}

// runWith runs a command to its end without waiting for its standard input, as [exec.Cmd.Run] does: QEMU takes what it wants. What
// reads from a reader that blocks stays until the reader returns.
func runWith(cmd *exec.Cmd, stdin io.Reader) error {
	if _, file := stdin.(*os.File); stdin == nil || file {
		return cmd.Run()
	}
	cmd.Stdin = nil
	pipe, err := cmd.StdinPipe()
	if err != nil {
		return err
	}
	if err := cmd.Start(); err != nil {
		return err
	}
	go func() {
		io.Copy(pipe, stdin)
		pipe.Close()
	}()
	return cmd.Wait()
}

// output keeps what a run writes, and ends the run when it is too much.
type output struct {
	bytes []byte
	full  context.CancelCauseFunc
}

var errOutput = errors.New("too much output")

func (o *output) Write(p []byte) (int, error) {
	if len(o.bytes)+len(p) > outputMax {
		o.full(errOutput)
		return 0, errOutput
	}
	o.bytes = append(o.bytes, p...)
	return len(p), nil
}
