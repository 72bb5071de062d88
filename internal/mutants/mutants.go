// Package mutants holds one-line changes of the project's own code, each of which breaks one invariant, and the means to
// build a simrun that carries one. A monitor that has never been seen to fail proves nothing: for every invariant there is
// at least one mutant here that its monitor names within the stated seeds.
//
// The mutants are data, in mutants.txt. They are applied to a copy of one file and built with the go command's -overlay, so
// the code itself carries no test hooks.
package mutants

import (
	_ "embed"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

//go:embed mutants.txt
var text string

// Mutant is one change and the run that shows it.
type Mutant struct {
	Invariant string   // that it breaks, such as "S3"
	Name      string   // unique
	What      string   // the defect in one sentence
	Args      []string // of simrun, for the runs that must find it
	File      string   // slash-separated, relative to the module's root
	In        string   // text after which the line is looked for; empty: from the start of the file
	Old       string   // the line, without indentation
	New       string   // what replaces it
}

// All returns the mutants in the order of the file. An error means that mutants.txt itself is wrong, and names the line.
func All() ([]Mutant, error) { return parse(text) }

// Find returns the mutant of that name.
func Find(name string) (Mutant, error) {
	all, err := All()
	if err != nil {
		return Mutant{}, err
	}
	for _, m := range all {
		if m.Name == name {
			return m, nil
		}
	}
	return Mutant{}, fmt.Errorf("mutants: no mutant %q; make mutants lists them", name)
}

// parse reads blocks of the form
//
//	S3 noted-wake-lost
//	what a wake during a poll is not remembered
//	run  -scenario pipeline -seeds 1-50
//	file sched/executor.go
//	in   func (ex *Executor) wake(
//	-    t.flags |= flagNoted
//	+
//
// separated by blank lines; lines that start with # are comments.
func parse(text string) ([]Mutant, error) {
	var all []Mutant
	var m *Mutant
	seen := map[string]bool{}
	for i, line := range strings.Split(text, "\n") {
		line = strings.TrimRight(line, " \t")
		key, value, _ := strings.Cut(line, " ")
		value = strings.TrimSpace(value)
		switch {
		case strings.HasPrefix(line, "#"):
		case line == "":
			m = nil
		case m == nil:
			if value == "" || seen[value] {
				return nil, fmt.Errorf("mutants: line %d: a mutant begins with its invariant and a name of its own, not %q", i+1, line)
			}
			seen[value] = true
			all = append(all, Mutant{Invariant: key, Name: value})
			m = &all[len(all)-1]
		case key == "what":
			m.What = value
		case key == "run":
			m.Args = strings.Fields(value)
		case key == "file":
			m.File = value
		case key == "in":
			m.In = value
		case key == "-":
			m.Old = value
		case key == "+":
			m.New = value
		default:
			return nil, fmt.Errorf("mutants: line %d: unknown key %q", i+1, key)
		}
	}
	for _, m := range all {
		if m.What == "" || len(m.Args) == 0 || m.File == "" || m.Old == "" {
			return nil, fmt.Errorf("mutants: %s %s needs what, run, file and the old line", m.Invariant, m.Name)
		}
	}
	return all, nil
}

// Apply returns the file's text with the mutant's line replaced. It fails if the line is not there, so that a mutant cannot
// silently rot.
func (m Mutant) Apply(source string) (string, error) {
	at := strings.Index(source, m.In)
	if at < 0 {
		return "", fmt.Errorf("mutants: %s: %s has no %q", m.Name, m.File, m.In)
	}
	start := strings.LastIndexByte(source[:at], '\n') + 1
	lines := strings.SplitAfter(source[start:], "\n")
	for i, line := range lines {
		trimmed := strings.TrimSpace(line)
		if trimmed == m.Old {
			indent := line[:strings.Index(line, trimmed)]
			lines[i] = indent + m.New + "\n"
			return source[:start] + strings.Join(lines, ""), nil
		}
	}
	return "", fmt.Errorf("mutants: %s: %s has no line %q after %q", m.Name, m.File, m.Old, m.In)
}

// Root returns the root of the module's source tree, which mutants need: the folder of go.mod above the working directory.
func Root() (string, error) {
	out, err := exec.Command("go", "list", "-m", "-f", "{{.Dir}}", "github.com/tripoint-go/tripoint").Output()
	if err != nil {
		return "", fmt.Errorf("mutants: run this inside the source tree, with the go command at hand: %w", err)
	}
	return strings.TrimSpace(string(out)), nil
}

// Build builds pkg (such as "./cmd/simrun") with the mutant into the file out. dir is for scratch files.
func (m Mutant) Build(root, dir, pkg, out string) error {
	path := filepath.Join(root, filepath.FromSlash(m.File))
	source, err := os.ReadFile(path)
	if err != nil {
		return fmt.Errorf("mutants: %s: %w", m.Name, err)
	}
	mutated, err := m.Apply(string(source))
	if err != nil {
		return err
	}
	replacement := filepath.Join(dir, m.Name+".go")
	if err := os.WriteFile(replacement, []byte(mutated), 0o666); err != nil {
		return fmt.Errorf("mutants: %s: %w", m.Name, err)
	}
	overlay, err := json.Marshal(map[string]any{"Replace": map[string]string{path: replacement}})
	if err != nil {
		return fmt.Errorf("mutants: %s: %w", m.Name, err)
	}
	overlayFile := filepath.Join(dir, m.Name+".json")
	if err := os.WriteFile(overlayFile, overlay, 0o666); err != nil {
		return fmt.Errorf("mutants: %s: %w", m.Name, err)
	}
	cmd := exec.Command("go", "build", "-ldflags=-s -w", "-overlay", overlayFile, "-o", out, pkg)
	cmd.Dir = root
	if msg, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("mutants: %s does not build: %v\n%s", m.Name, err, msg)
	}
	return nil
}
