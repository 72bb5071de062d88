//go:build linux

package examples

import (
	"bytes"
	"context"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/tripoint-go/tripoint/internal/firmware"
	"github.com/tripoint-go/tripoint/internal/require"
)

// commands returns the README's lines that begin with a word.
func commands(t *testing.T, word string) []string {
	t.Helper()
	readme, err := os.ReadFile(filepath.Join("..", "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for line := range strings.Lines(string(readme)) {
		if strings.HasPrefix(line, word+" ") {
			out = append(out, strings.TrimSpace(line))
		}
	}
	return out
}

// The README's two commands build blinky and run it; here the compiler's cache takes part.
func TestBlinky(t *testing.T) {
	tc, err := firmware.Find()
	if err != nil {
		require.Lacking(t, require.Cortexm, err)
	}
	board, err := firmware.BoardByName("microbit")
	if err != nil {
		t.Fatal(err)
	}
	const built = ".toolchain/blinky.elf"
	want := ".toolchain/bin/tinygo build -target " + board.Target() + " -opt=z -panic=trap -o " + built + " ./examples/blinky"
	if got := commands(t, ".toolchain/bin/tinygo"); !slices.Equal(got, []string{want}) {
		t.Errorf("got the README's commands %q, want %q", got, want)
	}
	runs := commands(t, "qemu-system-arm")
	if len(runs) != 1 {
		t.Fatalf("got the README's commands %q, want one", runs)
	}
	elf, err := tc.Build(t.Context(), firmware.Firmware{Package: "./examples/blinky", Board: board})
	if err != nil {
		t.Fatal(err)
	}
	t.Run("README", func(t *testing.T) {
		args := strings.Fields(strings.ReplaceAll(runs[0], built, elf))
		ctx, cancel := context.WithTimeout(t.Context(), hangs)
		defer cancel()
		talk(t, exec.CommandContext(ctx, args[0], args[1:]...))
	})
	for _, b := range firmware.Boards() {
		t.Run(b.Name, func(t *testing.T) {
			elf, err := tc.Build(t.Context(), firmware.Firmware{Package: "./examples/blinky", Board: b})
			if err != nil {
				t.Fatal(err)
			}
			ctx, cancel := context.WithTimeout(t.Context(), hangs)
			defer cancel()
			talk(t, tc.Command(ctx, b, elf, firmware.Options{Serial: true}))
		})
	}
}

// talk types what the README says, each piece when the one before has had its effect.
func talk(t *testing.T, cmd *exec.Cmd) {
	t.Helper()
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	cmd.WaitDelay = time.Second
	p := startCmd(t, cmd)
	var h heard
	for _, step := range []struct {
		done  func() bool
		typed string
	}{
		{func() bool { return h.beats > 0 }, "hello\r"},
		{func() bool { return string(h.rest) == "hello\n" }, "bb"},
		{func() bool { return h.presses > 0 }, "q"},
		{func() bool { return string(h.rest) == "hello\nbye\n" }, ""},
	} {
		for !step.done() {
			c, err := p.out.ReadByte()
			if err != nil {
				t.Fatalf("got %d beats, %d presses, %q and %v; log:\n%s", h.beats, h.presses, h.rest, err, p.log.String())
			}
			h.add(c)
		}
		if _, err := io.WriteString(p.in, step.typed); err != nil {
			t.Fatal(err)
		}
	}
	if rest, _ := io.ReadAll(p.out); !strings.HasPrefix("beat\nbeat\n", string(rest)) { // one may have begun
		t.Errorf("got %q after the end", rest)
	}
	if err := cmd.Wait(); err != nil {
		t.Errorf("got %v, want status 0; log:\n%s", err, p.log.String())
	}
	p.watch.Stop()
}

// heard is what a board has written. The clock of an emulator that skips idle time runs while the host types, so the heart beats any
// number of times, also within an echo, and two b may be two presses: those lines are counted and taken out, one byte at a time,
// because there may be thousands.
type heard struct {
	rest           []byte
	beats, presses int
}

func (h *heard) add(c byte) {
	h.rest = append(h.rest, c)
	if rest, ok := bytes.CutSuffix(h.rest, []byte("beat\n")); ok {
		h.rest = rest
		h.beats++
	} else if rest, ok := bytes.CutSuffix(h.rest, []byte("button\n")); ok {
		h.rest = rest
		h.presses++
	}
}
