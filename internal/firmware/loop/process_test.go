//go:build unix

package loop

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/tripoint-go/tripoint/internal/explore"
	"github.com/tripoint-go/tripoint/sched"
)

const behaviourVariable = "TRIPOINT_LOOP_TEST"

// TestMain makes the test binary an emulator, with descriptors 3 and 4, where a test starts it as one.
func TestMain(m *testing.M) {
	if behaviour := os.Getenv(behaviourVariable); behaviour != "" {
		os.Exit(emulate(behaviour, os.NewFile(3, "requests"), os.NewFile(4, "replies")))
	}
	os.Exit(m.Run())
}

// emulate answers as many requests as the behaviour has words, the last word for ever.
func emulate(behaviour string, in io.Reader, out io.Writer) int {
	words := strings.Fields(behaviour)
	for {
		if _, err := io.ReadFull(in, make([]byte, requestBytes)); err != nil {
			return 0
		}
		switch words[0] {
		case "good":
			io.WriteString(out, frame('s', byte(1), "often")+last())
		case "cut":
			io.WriteString(out, frame('s', byte(1), "often")+last()[:9])
			fmt.Fprint(os.Stderr, "the board is on fire")
			return 3
		case "dead":
			io.WriteString(out, frame('d', uint32(3), uint32(0), uint32(0), "root"))
			return 103
		case "hang":
			io.Copy(io.Discard, in) // until it is killed, or nobody wants an answer
		case "wrong":
			io.WriteString(out, frame('?'))
		}
		if len(words) > 1 {
			words = words[1:]
		}
	}
}

// fake returns a board whose emulators behave like this, one after the other, the last one for ever. started counts them.
func fake(t *testing.T, started *int, behaviours ...string) *Board {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	return &Board{patience: time.Minute, command: func(ctx context.Context, files []*os.File) *exec.Cmd {
		cmd := exec.CommandContext(ctx, self)
		cmd.Env = append(os.Environ(), behaviourVariable+"="+behaviours[min(*started, len(behaviours)-1)])
		cmd.ExtraFiles = files
		*started++
		return cmd
	}}
}

func (b *Board) mustRun(t *testing.T, want explore.End) {
	t.Helper()
	if got, err := b.Run(0, 1, 0, newNotes()); got != want || err != nil {
		t.Errorf("got %+v, error %v, want %+v", got, err, want)
	}
}

func (b *Board) mustClose(t *testing.T) {
	t.Helper()
	if err := b.Close(); err != nil {
		t.Error(err)
	}
}

var well = explore.End{Exit: -7, Err: sched.ErrStalled, Stack: 68, Steps: 12, Now: 99}

// One emulator makes many runs, and ends when it is closed.
func TestOneEmulatorForManyRuns(t *testing.T) {
	started := 0
	b := fake(t, &started, "good")
	b.mustClose(t)
	for range 3 {
		b.mustRun(t, well)
	}
	b.mustClose(t)
	b.mustClose(t)
	if started != 1 {
		t.Errorf("%d emulators were started, want 1", started)
	}
	b.mustRun(t, well)
	b.mustClose(t)
	if started != 2 {
		t.Errorf("%d emulators were started, want another after the first was closed", started)
	}
}

// Whatever becomes of an emulator, the run says so, and the next one is made by another.
func TestAnotherEmulator(t *testing.T) {
	for _, c := range []struct {
		name  string
		first string
		want  explore.End
		err   string
	}{
		{"ends in the middle", "good cut", explore.End{Died: "the emulator has ended in the middle of a run; it said: the board is on fire"}, ""},
		{"tells a death", "good dead", explore.End{Died: `task "root": exception 3`}, ""},
		{"other language", "good wrong", explore.End{}, "do not speak the same language"},
	} {
		t.Run(c.name, func(t *testing.T) {
			started := 0
			b := fake(t, &started, c.first, "good")
			b.mustRun(t, well)
			got, err := b.Run(0, 1, 0, newNotes())
			if got != c.want || c.err == "" && err != nil || c.err != "" && (err == nil || !strings.Contains(err.Error(), c.err)) {
				t.Errorf("got %+v, error %v, want %+v, error %q", got, err, c.want, c.err)
			}
			b.mustRun(t, well)
			b.mustClose(t)
			if started != 2 {
				t.Errorf("%d emulators were started, want 2", started)
			}
		})
	}
}

// Patience ends, and with it the emulator.
func TestHang(t *testing.T) {
	started := 0
	b := fake(t, &started, "hang", "good")
	b.patience = 50 * time.Millisecond
	b.mustRun(t, explore.End{Died: "the emulator has not answered after 50ms", Hung: true})
	b.patience = time.Minute
	b.mustRun(t, well)
	b.mustClose(t)
}

// An emulator that cannot be started is an error, and leaves nothing open.
func TestNoEmulator(t *testing.T) {
	started := 0
	b := fake(t, &started, "good")
	command := b.command
	b.command = func(ctx context.Context, files []*os.File) *exec.Cmd {
		cmd := command(ctx, files)
		cmd.Path = "/nowhere"
		return cmd
	}
	if end, err := b.Run(0, 1, 0, newNotes()); err == nil || end != (explore.End{}) {
		t.Errorf("got %+v, error %v, want an error", end, err)
	}
	b.mustClose(t)
}

// An emulator that ends otherwise than it was asked to is told when it is closed.
func TestCloseTellsHowItEnded(t *testing.T) {
	started := 0
	b := fake(t, &started, "good")
	b.mustRun(t, well)
	if err := b.cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	if err := b.Close(); err == nil || !strings.Contains(err.Error(), "signal: killed") {
		t.Errorf("got the error %v, want one that says how it ended", err)
	}
}
