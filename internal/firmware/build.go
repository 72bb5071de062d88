package firmware

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"hash"
	"maps"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// Firmware says what to build.
type Firmware struct {
	Package string   // folder of the main package from the module's root, such as "./internal/firmware/fw/smoke"
	Board   Board    // what it is for
	Tags    []string // build tags besides those of the target
	// Overlay is what files contain instead of what is on disk, by path from the module's root with slashes. The files need not exist.
	Overlay map[string]string
	// MainStack is the size in bytes of the stack that main and handlers run on. 0 means the 2 KiB of the linker script.
	MainStack int
}

// cacheFor is how long a firmware that nobody asks for is kept, and what a killed process has left behind.
const cacheFor = 7 * 24 * time.Hour

// Build returns the path of the firmware's ELF file, which is not the caller's to change. It compiles only what it has not compiled
// before from the same files, options and toolchain.
//
// The error holds all that the compiler and the linker said, such as "linker could not find symbol runtime.alloc" with the place of
// an allocation. The end of ctx kills the compiler.
func (tc *Toolchain) Build(ctx context.Context, fw Firmware) (string, error) {
	files, err := tc.inputs(fw)
	if err != nil {
		return "", err
	}
	cache := filepath.Join(tc.scratch, "cache")
	elf := filepath.Join(cache, fmt.Sprintf("%s-%s-%s.elf", fw.Board.Name, path.Base(path.Clean(fw.Package)), tc.key(fw, files)))
	now := time.Now()
	if os.Chtimes(elf, now, now) == nil {
		return elf, nil
	}
	trees := filepath.Join(tc.scratch, "trees")
	for _, dir := range []string{cache, trees} {
		if err := os.MkdirAll(dir, 0o777); err != nil {
			return "", fmt.Errorf("firmware: %w", err)
		}
		removeOld(dir, now.Add(-cacheFor))
	}
	tree, err := os.MkdirTemp(trees, "")
	if err != nil {
		return "", fmt.Errorf("firmware: %w", err)
	}
	defer os.RemoveAll(tree)
	if err := writeTree(tree, files); err != nil {
		return "", fmt.Errorf("firmware: %w", err)
	}
	built := filepath.Join(tree, ".elf")
	if err := tc.compile(ctx, fw, tree, built); err != nil {
		return "", err
	}
	// Both are below scratch, so nobody ever sees half a file; who comes second replaces it by the same.
	if err := os.Rename(built, elf); err != nil {
		return "", fmt.Errorf("firmware: %w", err)
	}
	return elf, nil
}

// compile runs TinyGo in the root of a copy of the module. The optimisation level is fixed: which allocations remain depends on it.
// A panic is a trap, which ends in the fault handler: that knows the task, and the line of the panic says the rest.
func (tc *Toolchain) compile(ctx context.Context, fw Firmware, root, elf string) error {
	args := []string{"build", "-target", fw.Board.Target(), "-opt=z", "-panic=trap", "-o", elf}
	if len(fw.Tags) > 0 {
		args = append(args, "-tags", strings.Join(fw.Tags, " "))
	}
	if fw.MainStack != 0 {
		args = append(args, fmt.Sprintf("-ldflags=-extldflags=--defsym=_main_stack=%d", fw.MainStack))
	}
	cmd := exec.CommandContext(ctx, tc.tinygo, append(args, "./"+path.Clean(fw.Package))...)
	cmd.Dir = root
	cmd.Env = tc.environ()
	cmd.WaitDelay = killedFor // the compilers that TinyGo has started hold the pipe
	out, err := cmd.CombinedOutput()
	if ctx.Err() != nil {
		err = context.Cause(ctx)
	}
	if err != nil {
		return fmt.Errorf("firmware: build %s for %s: %w\n%s", fw.Package, fw.Board.Name, err, out)
	}
	return nil
}

// key is a hash of everything that decides what the firmware is.
func (tc *Toolchain) key(fw Firmware, files map[string][]byte) string {
	h := sha256.New()
	options := fmt.Sprintf("%s\n%s\n%q\n%d\n", path.Clean(fw.Package), fw.Board.Name, fw.Tags, fw.MainStack)
	for _, part := range []string{tc.stamp, options} {
		hashPart(h, []byte(part))
	}
	for _, name := range slices.Sorted(maps.Keys(files)) {
		hashPart(h, []byte(name))
		hashPart(h, files[name])
	}
	return hex.EncodeToString(h.Sum(nil)[:12])
}

// hashPart adds a part with its length, so that no two lists of parts have the same bytes.
func hashPart(h hash.Hash, part []byte) {
	h.Write(binary.LittleEndian.AppendUint64(nil, uint64(len(part))))
	h.Write(part)
}

func writeTree(root string, files map[string][]byte) error {
	for name, content := range files {
		file := filepath.Join(root, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(file), 0o777); err != nil {
			return err
		}
		if err := os.WriteFile(file, content, 0o666); err != nil {
			return err
		}
	}
	return nil
}

// removeOld removes what has not been used since then, as far as it can: the next build tries again.
func removeOld(dir string, then time.Time) {
	entries, _ := os.ReadDir(dir)
	for _, e := range entries {
		if info, err := e.Info(); err == nil && info.ModTime().Before(then) {
			os.RemoveAll(filepath.Join(dir, e.Name()))
		}
	}
}
