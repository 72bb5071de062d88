package main

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"

	"github.com/tripoint-go/tripoint/internal/explore"
	"github.com/tripoint-go/tripoint/internal/mutants"
)

// commandTwin tells a simrun how its user called it, if that is not its own name.
const commandTwin = "TRIPOINT_COMMAND"

// mutant builds simrun with a known bug in the code, and runs that with the other flags; without others, with the ones that
// find the bug.
func (t *tool) mutant() int {
	m, err := mutants.Find(t.f.mutant)
	if err != nil {
		return t.usage(err)
	}
	root, err := mutants.Root()
	if err != nil {
		return t.usage(err)
	}
	dir, err := os.MkdirTemp("", "simrun-mutant-")
	if err != nil {
		return t.internal(err)
	}
	defer os.RemoveAll(dir)
	in := t.watch()
	defer in.stop()
	bin := filepath.Join(dir, "simrun.exe") // the ending matters on one system and harms on none
	if err := m.Build(root, dir, "./cmd/simrun", bin); in.came() {
		return t.interrupted(in)
	} else if err != nil {
		return t.internal(err)
	}
	args := t.f.others()
	if len(args) == 0 {
		args = m.Args
	}
	fmt.Fprintf(t.stderr, "simrun: mutant %s in %s: %s; it breaks %s\n", m.Name, m.File, m.What, m.Invariant)
	cmd := exec.CommandContext(in.ctx, bin, args...)
	cmd.Cancel = func() error {
		if in.code.Load() == exitTerminate {
			return cmd.Process.Signal(syscall.SIGTERM)
		}
		return nil // a terminal sends SIGINT to both
	}
	cmd.Stdout, cmd.Stderr = t.stdout.file, t.stderr
	cmd.Env = append(os.Environ(), commandTwin+"="+t.command()+" -mutant "+quote(m.Name))
	err = cmd.Run()
	var exit *exec.ExitError
	switch {
	case errors.As(err, &exit) && exit.ExitCode() >= 0:
		return exit.ExitCode()
	case in.came():
		return int(in.code.Load())
	case err != nil:
		return t.internal(err)
	}
	return explore.ExitPass
}
