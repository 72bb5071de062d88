package firmware

import (
	"bytes"
	"fmt"
	"go/build"
	"go/parser"
	"go/token"
	"io"
	"io/fs"
	"maps"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// inputs reads all files of the module that a firmware is built from, by their paths from its root with slashes: of every package
// that the main package needs, the Go files that are compiled and all files that are not Go, then the targets and go.mod. Files of
// the overlay replace those on disk.
//
// The firmware is built from this alone, so a file that it misses is an error of the compiler, and no stale firmware.
func (tc *Toolchain) inputs(fw Firmware) (map[string][]byte, error) {
	files := map[string][]byte{}
	for name := range fw.Overlay {
		if path.Clean(name) != name || !filepath.IsLocal(filepath.FromSlash(name)) {
			return nil, fmt.Errorf("firmware: overlay of %q: not a path from the module's root", name)
		}
	}
	main := path.Clean(fw.Package)
	if !filepath.IsLocal(filepath.FromSlash(main)) {
		return nil, fmt.Errorf("firmware: package %q is not below the module's root", fw.Package)
	}
	match := build.Context{
		GOOS: "linux", GOARCH: "arm", Compiler: "gc", CgoEnabled: true, ReleaseTags: build.Default.ReleaseTags,
		BuildTags: append([]string{"tinygo", "cortexm", "baremetal", "qemu", fw.Board.Tag}, fw.Tags...),
	}
	queue, seen := []string{main}, map[string]bool{main: true}
	for len(queue) > 0 {
		dir := queue[0]
		queue = queue[1:]
		folder, err := tc.readDir(dir, fw.Overlay)
		if err != nil {
			return nil, err
		}
		for _, name := range slices.Sorted(maps.Keys(folder)) {
			content := folder[name]
			if strings.HasSuffix(name, ".go") {
				match.OpenFile = func(string) (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(content)), nil }
				if ok, err := match.MatchFile(dir, name); !ok || err != nil {
					continue
				}
				for _, imported := range ownImports(content) {
					if !seen[imported] {
						queue, seen[imported] = append(queue, imported), true
					}
				}
			}
			files[path.Join(dir, name)] = content
		}
	}
	return files, tc.addTargets(files, fw.Overlay)
}

// addTargets adds what is no package.
func (tc *Toolchain) addTargets(files map[string][]byte, overlay map[string]string) error {
	folder, err := tc.readDir(targets, overlay)
	if err != nil {
		return err
	}
	for name, content := range folder {
		files[targets+"/"+name] = content
	}
	for _, name := range []string{"go.mod", "go.sum"} {
		if files[name], err = os.ReadFile(filepath.Join(tc.root, name)); err != nil {
			return fmt.Errorf("firmware: %w", err)
		}
	}
	return nil
}

// readDir reads a folder of the module with the overlay laid over it, but for tests, hidden files and folders in it. The result
// is by file name, and empty if there is no such folder: it is the compiler that reports a package that is missing.
func (tc *Toolchain) readDir(dir string, overlay map[string]string) (map[string][]byte, error) {
	files := map[string][]byte{}
	entries, err := os.ReadDir(filepath.Join(tc.root, filepath.FromSlash(dir)))
	if err != nil && !os.IsNotExist(err) {
		return nil, fmt.Errorf("firmware: %w", err)
	}
	for _, e := range entries {
		if e.Type()&fs.ModeType != 0 || strings.HasSuffix(e.Name(), "_test.go") || strings.HasPrefix(e.Name(), ".") {
			continue
		}
		if files[e.Name()], err = os.ReadFile(filepath.Join(tc.root, filepath.FromSlash(dir), e.Name())); err != nil {
			return nil, fmt.Errorf("firmware: %w", err)
		}
	}
	for name, content := range overlay {
		if path.Dir(name) == dir {
			files[path.Base(name)] = []byte(content)
		}
	}
	return files, nil
}

// ownImports lists the packages of the module that a Go file imports, by folder. It is none for a file that does not parse, which the
// compiler will report.
func ownImports(content []byte) []string {
	parsed, err := parser.ParseFile(token.NewFileSet(), "", content, parser.ImportsOnly)
	if err != nil {
		return nil
	}
	var out []string
	for _, spec := range parsed.Imports {
		if p, err := strconv.Unquote(spec.Path.Value); err == nil {
			if dir, own := strings.CutPrefix(p, module+"/"); own {
				out = append(out, dir)
			} else if p == module {
				out = append(out, ".")
			}
		}
	}
	return out
}
