//go:build linux

package guides

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/tripoint-go/tripoint/backend/uring"
	"github.com/tripoint-go/tripoint/internal/firmware"
	"github.com/tripoint-go/tripoint/internal/require"

	// What the documents use, so that a change of it is one of this test for the go command, which caches results.
	_ "github.com/tripoint-go/tripoint"
	_ "github.com/tripoint-go/tripoint/aio"
	_ "github.com/tripoint-go/tripoint/scenarios"
	_ "github.com/tripoint-go/tripoint/sched/flow"
	_ "github.com/tripoint-go/tripoint/sched/tsync"
	_ "github.com/tripoint-go/tripoint/simtest"
)

// hangs is when what a block runs is taken for hung. Building firmware for all boards takes a while on a busy machine.
const hangs = 8 * time.Minute

// rig has what the blocks are run with.
type rig struct {
	w        *workshop
	programs string            // the file with all programs
	names    map[*block]string // of the programs in it
	tests    map[string]string // by document: the file with its tests
	dirs     map[string]string // by document: the folder with its tests
}

// TestBlocks runs every block of every document, in the order of the document, and compares what it prints.
func TestBlocks(t *testing.T) {
	all := documents(t)
	docs := slices.Sorted(maps.Keys(all))
	r := build(t, docs, all)
	for _, doc := range docs {
		t.Run(strings.TrimSuffix(filepath.Base(doc), ".md"), func(t *testing.T) {
			for _, b := range all[doc] {
				t.Run(b.name(), func(t *testing.T) { r.judge(t, b) })
			}
		})
	}
}

// build compiles everything that needs Go alone, and vets it.
func build(t *testing.T, docs []string, all map[string][]*block) *rig {
	t.Helper()
	r := &rig{w: newWorkshop(t), tests: map[string]string{}, dirs: map[string]string{}}
	var programs []*block
	for _, doc := range docs {
		var tests []*block
		for _, b := range all[doc] {
			switch {
			case b.lang != "go" || isFirmware(b.text()):
			case isTest(b.text()):
				tests = append(tests, b)
			default:
				programs = append(programs, b)
			}
		}
		if len(tests) > 0 {
			r.tests[doc], r.dirs[doc] = r.w.tests(t, doc, tests)
		}
	}
	r.programs, r.names = r.w.programs(t, programs)
	r.w.run(t, "go", "vet", "./...")
	return r
}

// judge runs a block, and compares what it prints with what the document shows.
func (r *rig) judge(t *testing.T, b *block) {
	ctx, cancel := context.WithTimeout(t.Context(), hangs)
	defer cancel()
	if err := r.lacks(b); err != nil {
		require.Lacking(t, b.needs(), err)
	}
	var got string
	text := b.text()
	switch {
	case b.lang == "sh":
		got = r.shell(t, ctx, b)
	case isFirmware(text):
		got = flash(t, ctx, b)
	case isTest(text):
		got = r.test(t, ctx, b)
	default:
		cmd := exec.CommandContext(ctx, r.programs, r.names[b])
		cmd.Env = append(environment(), "GOMAXPROCS=1")
		got = output(t, cmd)
	}
	if b.lang == "sh" && !b.shown {
		if strings.Contains(got, "exit status") {
			t.Errorf("%s:%d: the commands fail:\n%s", b.doc, b.line, got)
		}
		return
	}
	if err := match(got, b.want, b.lang == "sh" || isTest(text)); err != nil {
		t.Errorf("%s:%d: %v", b.doc, b.line, err)
	}
}

var production = regexp.MustCompile(`\btripoint\.(Main|Run)\b`)

// needs returns what the machine must have for a block, by the names of package require, or "".
func (b *block) needs() string {
	switch {
	case isFirmware(b.text()):
		return require.Cortexm
	case b.lang == "go" && production.MatchString(b.text()):
		return require.Uring
	}
	return b.value("needs")
}

// lacks says why a block cannot be run here, or nil.
func (r *rig) lacks(b *block) error {
	switch b.needs() {
	case "":
		return nil
	case require.Uring:
		ring, err := uring.New(uring.Options{Ops: 1, Entries: 4})
		if err != nil {
			return err
		}
		return ring.Close()
	case require.Cortexm:
		_, err := firmware.Find()
		return err
	}
	return fmt.Errorf("nobody knows what it means to need %q", b.needs())
}

// output runs a command and returns what it prints, with a status other than 0 in the last line.
func output(t *testing.T, cmd *exec.Cmd) string {
	t.Helper()
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
	cmd.WaitDelay = time.Second
	out, err := cmd.CombinedOutput()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Fatalf("%v\n%s", err, out)
	}
	if err != nil {
		out = fmt.Appendf(out, "%s\n", strings.TrimSuffix(exit.String(), " (core dumped)"))
	}
	return string(out)
}

// shell runs the commands of a block.
func (r *rig) shell(t *testing.T, ctx context.Context, b *block) string {
	t.Helper()
	cmd := exec.CommandContext(ctx, "bash", "-e", "-o", "pipefail", "-c", b.text())
	cmd.Dir, cmd.Env = root, environment()
	if slices.Contains(b.words, "tests") {
		cmd.Env = r.w.command("").Env
		if cmd.Dir = r.dirs[b.doc]; cmd.Dir == "" {
			t.Fatalf("%s has no tests", b.doc)
		}
	}
	if made := b.value("makes"); made != "" {
		defer os.Remove(filepath.Join(cmd.Dir, made))
	}
	return output(t, cmd)
}

var (
	testFunc = regexp.MustCompile(`(?m)^func ((?:Test|Example)\w*)\(`)
	// chatter is what the test framework prints around what a test prints.
	chatter = regexp.MustCompile(`(?m)^(PASS|ok .*|=== RUN .*|--- PASS.*)\n`)
)

// test runs the tests of a block.
func (r *rig) test(t *testing.T, ctx context.Context, b *block) string {
	t.Helper()
	var names []string
	for _, m := range testFunc.FindAllStringSubmatch(b.text(), -1) {
		names = append(names, m[1])
	}
	cmd := exec.CommandContext(ctx, r.tests[b.doc], "-test.run", "^("+strings.Join(names, "|")+")$")
	cmd.Dir, cmd.Env = r.dirs[b.doc], environment()
	return chatter.ReplaceAllString(output(t, cmd), "")
}

// flash builds a firmware and runs it on an emulated board.
func flash(t *testing.T, ctx context.Context, b *block) string {
	t.Helper()
	tc, err := firmware.Find()
	if err != nil {
		require.Lacking(t, require.Cortexm, err)
	}
	name := b.value("board")
	if name == "" {
		name = "microbit"
	}
	board, err := firmware.BoardByName(name)
	if err != nil {
		t.Fatal(err)
	}
	src, err := b.source("main")
	if err != nil {
		t.Fatal(err)
	}
	dir := "internal/firmware/fw/guide" + strconv.Itoa(b.line)
	elf, err := tc.Build(ctx, firmware.Firmware{Package: "./" + dir, Board: board, Overlay: map[string]string{dir + "/main.go": src}})
	if err != nil {
		if b.value("builds") == "no" {
			return err.Error()
		}
		t.Fatalf("%s:%d: %v", b.doc, b.line, err)
	}
	options := firmware.Options{Serial: true}
	if in := b.value("stdin"); in != "" {
		text, err := strconv.Unquote(`"` + in + `"`)
		if err != nil {
			t.Fatalf("%s:%d: stdin=%s: %v", b.doc, b.line, in, err)
		}
		options.Stdin = strings.NewReader(text)
	}
	result, err := tc.Run(ctx, board, elf, options)
	if err != nil {
		t.Fatalf("%s:%d: %v", b.doc, b.line, err)
	}
	out := bytes.ReplaceAll(append(result.Stdout, result.Stderr...), []byte("\r"), nil)
	if result.Status != 0 {
		out = fmt.Appendf(out, "exit status %d\n", result.Status)
	}
	return string(out)
}
