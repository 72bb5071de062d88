//go:build unix

package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"io"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
)

// call is a simrun that was started.
type call struct {
	*exec.Cmd
	out, info *bufio.Reader
	outFile   io.Closer
}

func start(t *testing.T, name string, args ...string) *call {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	c := &call{Cmd: exec.Command(self)}
	c.Args = append([]string{name}, args...)
	c.Dir = t.TempDir()
	c.Env = append(os.Environ(), "GORACE=atexit_sleep_ms=0")
	for _, name := range twins() {
		c.Env = append(c.Env, twin(name)+"=")
	}
	out, errOut := c.StdoutPipe()
	info, errInfo := c.StderrPipe()
	if err := errors.Join(errOut, errInfo, c.Start()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Process.Kill() }) // it has ended, unless the test has failed
	c.out, c.info, c.outFile = bufio.NewReader(out), bufio.NewReader(info), out
	return c
}

func (c *call) line(t *testing.T, r *bufio.Reader) string {
	t.Helper()
	text, err := r.ReadString('\n')
	if err != nil {
		t.Fatalf("%q, %v", text, err)
	}
	return text
}

func (c *call) signal(t *testing.T, s os.Signal) {
	t.Helper()
	if err := c.Process.Signal(s); err != nil {
		t.Fatal(err)
	}
}

// end waits, and returns the rest of both outputs.
func (c *call) end(t *testing.T) (out, info string) {
	t.Helper()
	a, errOut := io.ReadAll(c.out)
	b, errInfo := io.ReadAll(c.info)
	if err := errors.Join(errOut, errInfo); err != nil {
		t.Fatal(err)
	}
	_ = c.Wait() // ProcessState says how it ended
	return string(a), string(b)
}

// The first signal ends a sweep early: its table is printed, and the exit code names the signal.
func TestInterruptedSweepReports(t *testing.T) {
	for s, code := range map[os.Signal]int{syscall.SIGINT: exitInterrupt, syscall.SIGTERM: exitTerminate} {
		c := start(t, "simrun", "-seeds", "1-10000000")
		c.line(t, c.info)
		c.signal(t, s)
		out, info := c.end(t)
		if c.ProcessState.ExitCode() != code {
			t.Errorf("%v: %v, want exit code %d\n%s", s, c.ProcessState, code, info)
		}
		for _, want := range []string{"scenario ", "\nhello ", " interrupted before it began\n", "\nINTERRUPTED: simrun -seeds 1-10000000\n"} {
			if !strings.Contains(out, want) {
				t.Errorf("%v: no %q in:\n%s", s, want, out)
			}
		}
		if strings.Contains(out, "PASS") || strings.Contains(out, "guard") {
			t.Errorf("%v: a verdict on a sweep that has not ended:\n%s", s, out)
		}
	}
}

// Lines of JSON stay whole, and are in the order of the seeds.
func TestInterruptedJSONIsWhole(t *testing.T) {
	c := start(t, "simrun", "-scenario", "hello", "-seeds", "1-10000000", "-json", "-jobs", "1")
	first := c.line(t, c.out)
	c.signal(t, syscall.SIGTERM)
	out, info := c.end(t)
	if c.ProcessState.ExitCode() != exitTerminate || !strings.HasSuffix(out, "\n") || !strings.Contains(info, "INTERRUPTED: ") {
		t.Fatalf("%v, %s", c.ProcessState, info)
	}
	seed := uint64(0)
	for line := range strings.Lines(first + out) {
		var run jsonRun
		if err := json.Unmarshal([]byte(line), &run); err != nil || run.Seed != seed+1 {
			t.Fatalf("after seed %d: %q, %v", seed, line, err)
		}
		seed = run.Seed
	}
}

// A check of determinism that is interrupted says nothing about determinism.
func TestInterruptedCheck(t *testing.T) {
	c := start(t, "simrun", "-check-determinism", "-scenario", "hello", "-seeds", "1-10000000")
	c.line(t, c.info)
	c.signal(t, syscall.SIGTERM)
	if out, info := c.end(t); c.ProcessState.ExitCode() != exitTerminate || !strings.HasPrefix(out, "INTERRUPTED: ") {
		t.Errorf("%v\n%s\n%s", c.ProcessState, out, info)
	}
}

// The second signal ends even what does not end by itself.
func TestSecondSignalEnds(t *testing.T) {
	c := start(t, "simrun-stuck", "-scenario", "stuck", "-jobs", "1")
	for c.line(t, c.info) != "stuck\n" {
	}
	c.signal(t, syscall.SIGTERM)
	if text := c.line(t, c.info); !strings.HasPrefix(text, "simrun: SIGTERM: ") {
		t.Errorf("got %q", text)
	}
	c.signal(t, syscall.SIGTERM)
	c.end(t)
	if status := c.ProcessState.Sys().(syscall.WaitStatus); !status.Signaled() || status.Signal() != syscall.SIGTERM {
		t.Errorf("got %v", c.ProcessState)
	}
}

// A reader that has seen enough ends the tool, quietly.
func TestBrokenPipeIsQuiet(t *testing.T) {
	c := start(t, "simrun", "-scenario", "hello", "-seeds", "1-10000000", "-json")
	c.line(t, c.out)
	if err := c.outFile.Close(); err != nil {
		t.Fatal(err)
	}
	info, err := io.ReadAll(c.info)
	_ = c.Wait()
	if status := c.ProcessState.Sys().(syscall.WaitStatus); err != nil || status.Signal() != syscall.SIGPIPE || strings.Count(string(info), "\n") != 1 {
		t.Errorf("%v, %v\n%s", c.ProcessState, err, info)
	}
}
