//go:build linux

package examples

import (
	"bytes"
	"context"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
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
	var all []byte
	for _, step := range []struct{ want, typed string }{
		{"beat\n", "hello\r"}, {"hello\n", "bb"}, {"button\n", "q"}, {"bye\n", ""},
	} {
		for !bytes.Contains(all, []byte(step.want)) && !strings.Contains(quiet(all), step.want) {
			c, err := p.out.ReadByte()
			if err != nil {
				t.Fatalf("got output %q and %v, want %q; log:\n%s", all, err, step.want, p.log.String())
			}
			all = append(all, c)
		}
		if _, err := io.WriteString(p.in, step.typed); err != nil {
			t.Fatal(err)
		}
	}
	rest, _ := io.ReadAll(p.out)
	if got := quiet(append(all, rest...)); got != "hello\nbye\n" {
		t.Errorf("got output %q besides beats and presses, want hello and bye", got)
	}
	if err := cmd.Wait(); err != nil {
		t.Errorf("got %v, want status 0; log:\n%s", err, p.log.String())
	}
	p.watch.Stop()
}

var events = regexp.MustCompile(`(beat|button)\n`)

// quiet leaves out the lines whose number depends on the host: the clock of an emulator that skips idle time runs while the host
// types, so the heart beats any number of times, also within an echo, and two b may be two presses.
func quiet(output []byte) string { return string(events.ReplaceAll(output, nil)) }
