package mutants

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"strings"
	"sync/atomic"
)

const module = "github.com/tripoint-go/tripoint"

// relinker builds a command with a mutant in a fifth of the time that the go command needs: it compiles the package that the mutant
// is in, and links it with everybody else's archives of a build without mutants. Those are compiled without inlining, so that no code
// of the package is in any other. Where some is, because it is generic, or the change can be seen from outside, the linker says so:
// each archive carries the fingerprint of what it imports. Then the go command has to build all of it again.
type relinker struct {
	root     string
	command  string
	packages map[string]archive
	relinked atomic.Int32
}

// archive is what go list knows of a package.
type archive struct {
	ImportPath, Dir, Export string
	GoFiles, SFiles         []string
	Module                  *struct{ GoVersion string }
}

// newRelinker builds the command, a package such as "cmd/simrun", without a mutant.
func newRelinker(root, command string) (*relinker, error) {
	list := exec.Command("go", "list", "-export", "-deps", "-gcflags="+module+"/...=-l",
		"-json=ImportPath,Dir,Export,GoFiles,SFiles,Module", "./"+command)
	list.Dir = root
	out, err := list.Output()
	if err != nil {
		return nil, fmt.Errorf("mutants: the command does not build: %w", err)
	}
	r := &relinker{root: root, command: command, packages: map[string]archive{}}
	for d := json.NewDecoder(strings.NewReader(string(out))); ; {
		var a archive
		if err := d.Decode(&a); errors.Is(err, io.EOF) {
			return r, nil
		} else if err != nil {
			return nil, err
		}
		if a.Export != "" {
			r.packages[a.ImportPath] = a
		}
	}
}

// build builds the command with m into the file out; dir is for scratch files.
func (r *relinker) build(m Mutant, dir, out string) error {
	if err := r.relink(m, dir, out); err == nil {
		r.relinked.Add(1)
		return nil
	}
	return m.Build(r.root, dir, "./"+r.command, out)
}

func (r *relinker) relink(m Mutant, dir, out string) error {
	a, ok := r.packages[module+"/"+path.Dir(m.File)]
	if !ok || len(a.SFiles) > 0 {
		return errors.New("mutants: the package has more than Go, or the command does without it")
	}
	original := filepath.Join(r.root, filepath.FromSlash(m.File))
	source, err := os.ReadFile(original)
	if err != nil {
		return err
	}
	mutated, err := m.Apply(string(source))
	if err != nil {
		return err
	}
	replacement, object, config := filepath.Join(dir, m.Name+".go"), filepath.Join(dir, m.Name+".a"), filepath.Join(dir, m.Name+".cfg")
	if err := os.WriteFile(replacement, []byte(mutated), 0o666); err != nil {
		return err
	}
	var imports strings.Builder
	for p, b := range r.packages {
		file := b.Export
		if p == a.ImportPath {
			file = object
		}
		fmt.Fprintf(&imports, "packagefile %s=%s\n", p, file)
	}
	if err := os.WriteFile(config, []byte(imports.String()), 0o666); err != nil {
		return err
	}
	// The names of files are part of what is compared, so the copy goes by the name of the original.
	compile := []string{
		"tool", "compile", "-p", a.ImportPath, "-l", "-complete", "-lang", "go" + language(a.Module.GoVersion), "-importcfg", config, "-pack",
		"-trimpath", replacement + "=>" + original, "-o", object,
	}
	for _, f := range a.GoFiles {
		if f = filepath.Join(a.Dir, f); f == original {
			f = replacement
		}
		compile = append(compile, f)
	}
	if err := exec.Command("go", compile...).Run(); err != nil {
		return err
	}
	defer os.Remove(object)
	main := r.packages[module+"/"+r.command].Export
	return exec.Command("go", "tool", "link", "-s", "-w", "-importcfg", config, "-buildmode=exe", "-o", out, main).Run()
}

// language returns the major and minor number of a version of Go.
func language(version string) string {
	parts := strings.SplitN(version, ".", 3)
	return strings.Join(parts[:min(2, len(parts))], ".")
}
