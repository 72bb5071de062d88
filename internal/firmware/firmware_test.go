package firmware

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/tripoint-go/tripoint/internal/require"
)

const (
	smoke     = "./internal/firmware/fw/smoke"
	smokeMain = "internal/firmware/fw/smoke/main.go"
)

func toolchain(t *testing.T) *Toolchain {
	t.Helper()
	tc, err := Find()
	if err != nil {
		require.Lacking(t, require.Cortexm, err)
	}
	return tc
}

// program is a main.go for smoke with other statements and declarations.
func program(statements, declarations string) map[string]string {
	return map[string]string{smokeMain: fmt.Sprintf(`//go:build tinygo && cortexm

package main

// void smoke_exit(unsigned status);
import "C"

func main() {
	%s
}

%s
`, statements, declarations)}
}

func (tc *Toolchain) mustBuild(t *testing.T, fw Firmware) string {
	t.Helper()
	elf, err := tc.Build(t.Context(), fw)
	if err != nil {
		t.Fatal(err)
	}
	return elf
}

func (tc *Toolchain) wantStatus(t *testing.T, b Board, elf string, o Options, want int) Result {
	t.Helper()
	r, err := tc.Run(t.Context(), b, elf, o)
	if err != nil || r.Status != want {
		t.Fatalf("%s: got status %d, error %v, want status %d; it wrote %q %q", b.Name, r.Status, err, want, r.Stdout, r.Stderr)
	}
	return r
}

func TestEveryBoard(t *testing.T) {
	tc := toolchain(t)
	for _, b := range Boards() {
		t.Run(b.Name, func(t *testing.T) {
			elf := tc.mustBuild(t, Firmware{Package: smoke, Board: b})
			tc.wantStatus(t, b, elf, Options{}, 42)
			s, err := Size(elf)
			if err != nil || s.Text == 0 || s.Stack != 2048 {
				t.Errorf("got the sizes %+v, error %v, want code and a stack of 2048 bytes", s, err)
			}
		})
	}
}

func TestBoardByName(t *testing.T) {
	for _, want := range Boards() {
		if got, err := BoardByName(want.Name); got != want || err != nil {
			t.Errorf("%s: got %+v, %v", want.Name, got, err)
		}
	}
	_, err := BoardByName("abacus")
	const want = `firmware: no board "abacus", there are lm3s6965evb, mps2-an385, microbit, netduinoplus2, mps2-an505`
	if err == nil || err.Error() != want {
		t.Errorf("got the error %v, want %s", err, want)
	}
}

func TestOutsideOfTheModule(t *testing.T) {
	t.Chdir(t.TempDir())
	if tc, err := Find(); err == nil {
		t.Errorf("got a toolchain for %s", tc.root)
	}
}

func TestMissingToolchain(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "go.mod"), []byte("module "+module+"\n"), 0o666); err != nil {
		t.Fatal(err)
	}
	t.Chdir(dir)
	if _, err := Find(); err == nil || !strings.Contains(err.Error(), "run make toolchain") {
		t.Errorf("got the error %v, want one that says how to get a toolchain", err)
	}
}

// What was built is built once, by whoever comes first; and the environment has no say in it.
func TestCache(t *testing.T) {
	tc := toolchain(t)
	t.Setenv("GOFLAGS", "-tags=nonsense -mod=vendor")
	t.Setenv("GOWORK", filepath.Join(t.TempDir(), "go.work"))
	t.Setenv("TINYGOROOT", t.TempDir())
	fresh := *tc
	fresh.scratch = t.TempDir()
	fw := Firmware{Package: smoke, Board: Boards()[0]}

	var elfs [3]string
	var errs [3]error
	var wg sync.WaitGroup
	for i := range elfs {
		wg.Go(func() { elfs[i], errs[i] = fresh.Build(t.Context(), fw) })
	}
	wg.Wait()
	for i := range elfs {
		if errs[i] != nil || elfs[i] != elfs[0] {
			t.Fatalf("several at once got %q, %v", elfs, errs)
		}
	}

	fresh.tinygo = filepath.Join(t.TempDir(), "no-compiler")
	if elf, err := fresh.Build(t.Context(), fw); elf != elfs[0] || err != nil {
		t.Errorf("again: got %q, %v, want %q without a compiler", elf, err, elfs[0])
	}
	fw.Overlay = program("C.smoke_exit(43)", "")
	if elf, err := fresh.Build(t.Context(), fw); err == nil {
		t.Errorf("something else: got %q, want an error, as there is no compiler", elf)
	}
	for dir, want := range map[string]int{"cache": 1, "trees": 0} {
		if left, err := os.ReadDir(filepath.Join(fresh.scratch, dir)); err != nil || len(left) != want {
			t.Errorf("%s: got %v, %v, want %d files", dir, left, err, want)
		}
	}
}

func TestRemoveOld(t *testing.T) {
	dir := t.TempDir()
	now := time.Now()
	for name, age := range map[string]time.Duration{"old": cacheFor + time.Hour, "new": cacheFor - time.Hour} {
		file := filepath.Join(dir, name, "file")
		if err := os.MkdirAll(filepath.Dir(file), 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, nil, 0o666); err != nil {
			t.Fatal(err)
		}
		if err := os.Chtimes(filepath.Dir(file), now.Add(-age), now.Add(-age)); err != nil {
			t.Fatal(err)
		}
	}
	removeOld(dir, now.Add(-cacheFor))
	left, err := os.ReadDir(dir)
	if err != nil || len(left) != 1 || left[0].Name() != "new" {
		t.Errorf("got %v, %v, want new alone", left, err)
	}
}

func TestOverlay(t *testing.T) {
	tc := toolchain(t)
	b := Boards()[0]
	fw := Firmware{Package: smoke, Board: b, Overlay: program("C.smoke_exit(C.uint(more))", "")}
	fw.Overlay["internal/firmware/fw/smoke/more.go"] = "//go:build tinygo && more\n\npackage main\n\nconst more = 44\n"
	fw.Tags = []string{"more"}
	tc.wantStatus(t, b, tc.mustBuild(t, fw), Options{}, 44)
	tc.wantStatus(t, b, tc.mustBuild(t, Firmware{Package: smoke, Board: b}), Options{}, 42)
}

// A heap allocation is an error that says where it is.
func TestHeap(t *testing.T) {
	tc := toolchain(t)
	_, err := tc.Build(t.Context(), Firmware{
		Package: smoke, Board: Boards()[0],
		Overlay: program("for { kept = &node{kept} }", "type node struct { next *node }\n\nvar kept *node"),
	})
	for _, want := range []string{"smoke/main.go:9", "runtime.alloc", smoke, Boards()[0].Name} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got the error %v, want one with %s", err, want)
		}
	}
}

// What has an address and no memory has no size.
func TestSize(t *testing.T) {
	tc := toolchain(t)
	b := Boards()[0]
	overlay := program("C.smoke_touch()\n\tC.smoke_exit(42)", "")
	overlay[smokeMain] = strings.Replace(overlay[smokeMain], "import", "// void smoke_touch(void);\nimport", 1)
	overlay["internal/firmware/fw/smoke/touch.c"] = `
static volatile unsigned zero[100], one[10] = {1};
__attribute__((section(".rodata.reflect/types.x"))) static const unsigned type[1000] = {1};
void smoke_touch(void) { zero[one[0]] = (unsigned)type; }
`
	plain, err1 := Size(tc.mustBuild(t, Firmware{Package: smoke, Board: b}))
	more, err2 := Size(tc.mustBuild(t, Firmware{Package: smoke, Board: b, Overlay: overlay}))
	if errors.Join(err1, err2) != nil {
		t.Fatal(err1, err2)
	}
	text := more.Text - plain.Text
	if want := (Sizes{more.Text, plain.Data + 40, plain.BSS + 400, plain.Stack}); more != want || text <= 0 || text > 100 {
		t.Errorf("got %+v, want %+v and a little more text than %d", more, want, plain.Text)
	}
}

func TestMainStack(t *testing.T) {
	tc := toolchain(t)
	elf := tc.mustBuild(t, Firmware{Package: smoke, Board: Boards()[0], MainStack: 4096})
	if s, err := Size(elf); err != nil || s.Stack != 4096 {
		t.Errorf("got the sizes %+v, error %v, want a stack of 4096 bytes", s, err)
	}
	bottom, err1 := Symbol(elf, "_stack_bottom")
	top, err2 := Symbol(elf, "_stack_top")
	if errors.Join(err1, err2) != nil || bottom != 0x20000000 || top != bottom+4096 {
		t.Errorf("got the stack from %#x to %#x, errors %v, %v", bottom, top, err1, err2)
	}
	if _, err := Symbol(elf, "main.nowhere"); err == nil {
		t.Error("got a symbol that does not exist")
	}
}

func TestLine(t *testing.T) {
	tc := toolchain(t)
	const file = "internal/firmware/fw/smoke/start.c"
	source, err := os.ReadFile(filepath.Join(tc.root, file))
	if err != nil {
		t.Fatal(err)
	}
	before, _, _ := strings.Cut(string(source), "void smoke_exit(")
	want := fmt.Sprintf("%s:%d", file, 1+strings.Count(before, "\n"))
	for _, b := range Boards() {
		elf := tc.mustBuild(t, Firmware{Package: smoke, Board: b})
		pc, err := Symbol(elf, "smoke_exit")
		if err != nil {
			t.Fatal(err)
		}
		if got, err := Line(elf, pc|1); got != want || err != nil {
			t.Errorf("%s: got the line %q of %#x, error %v, want %s", b.Name, got, pc, err, want)
		}
		if got, err := Line(elf, 0xfffffff0); err == nil {
			t.Errorf("%s: got the line %q for an address without code", b.Name, got)
		}
	}
}

// A firmware that never ends is killed, and so is one that never stops writing.
func TestLimits(t *testing.T) {
	tc := toolchain(t)
	b := Boards()[0]
	endless := tc.mustBuild(t, Firmware{Package: smoke, Board: b, Overlay: program("for {}", "")})
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	if r, err := tc.Run(ctx, b, endless, Options{}); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("endless: got %+v, error %v, want %v", r, err, context.DeadlineExceeded)
	}
	verbose := tc.mustBuild(t, Firmware{Package: smoke, Board: b, Overlay: program(`for { println("again") }`, "")})
	if r, err := tc.Run(t.Context(), b, verbose, Options{Serial: true}); !errors.Is(err, errOutput) || len(r.Stdout) > outputMax {
		t.Errorf("verbose: got %d bytes, error %v, want %v", len(r.Stdout), err, errOutput)
	}
}

// The UART is standard input and output; a reader that never ends does not hold up the end of the run.
func TestSerial(t *testing.T) {
	tc := toolchain(t)
	b := Boards()[0]
	elf := tc.mustBuild(t, Firmware{Package: smoke, Board: b, Overlay: map[string]string{smokeMain: `//go:build tinygo && lm3s

package main

import (
	"runtime/volatile"
	"unsafe"
)

// void smoke_exit(unsigned status);
import "C"

func register(offset uintptr) *volatile.Register32 {
	return (*volatile.Register32)(unsafe.Pointer(uintptr(0x4000c000) + offset)) // PL011
}

func main() {
	for register(0x18).Get()&0x10 != 0 { // FR: nothing received
	}
	register(0).Set(register(0).Get() + 1)
	C.smoke_exit(42)
}
`}})
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	defer w.Close()
	if _, err := w.WriteString("a"); err != nil {
		t.Fatal(err)
	}
	if got := tc.wantStatus(t, b, elf, Options{Serial: true, Stdin: r}, 42); string(got.Stdout) != "b" {
		t.Errorf("got %q, want %q", got.Stdout, "b")
	}
	got := tc.wantStatus(t, b, elf, Options{Serial: true, Stdin: &endless{next: "x"}}, 42)
	if string(got.Stdout) != "y" {
		t.Errorf("got %q, want %q", got.Stdout, "y")
	}
}

// endless is a reader that blocks for ever after its first byte.
type endless struct{ next string }

func (e *endless) Read(p []byte) (int, error) {
	if e.next == "" {
		select {}
	}
	n := copy(p, e.next)
	e.next = e.next[n:]
	return n, nil
}

func TestCommand(t *testing.T) {
	tc := &Toolchain{qemu: "qemu-system-arm"}
	cmd := tc.Command(t.Context(), Boards()[2], "fw.elf", Options{Args: []string{"seed=7", "a,b"}, Plugin: "count.so,mark=1", QEMU: []string{"-S"}})
	want := strings.Fields("-machine microbit -display none -monitor none -serial null -icount shift=5,sleep=off " +
		"-semihosting-config enable=on,target=native,arg=fw,arg=seed=7,arg=a,,b -plugin count.so,mark=1 -S -kernel fw.elf")
	if got := cmd.Args[1:]; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}
