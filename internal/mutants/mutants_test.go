package mutants

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/tripoint-go/tripoint/internal/spec"
)

var table = flag.Bool("mutants.table", false, "print a table of all mutants with the number of seeds it took to kill each")

var only = flag.String("mutants.only", "", "names of mutants, separated by commas: build and run only these")

// verdict is what became of one mutant.
type verdict struct {
	seeds  int // run until the invariant was named, 0: it survived
	others []string
	err    error
}

// TestMutants builds simrun with each mutant in turn and demands that the monitor of its invariant names it within the
// stated seeds.
func TestMutants(t *testing.T) {
	all, err := All()
	if err != nil {
		t.Fatal(err)
	}
	if *only != "" {
		all = slices.DeleteFunc(all, func(m Mutant) bool { return !slices.Contains(strings.Split(*only, ","), m.Name) })
	}
	root, err := Root()
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	builder, err := newRelinker(root, "cmd/simrun")
	if err != nil {
		t.Fatal(err)
	}
	verdicts := make([]verdict, len(all))
	work := make(chan int)
	var wg sync.WaitGroup
	for range 2 {
		wg.Go(func() {
			for i := range work {
				verdicts[i] = try(all[i], builder, dir)
			}
		})
	}
	for i := range all {
		work <- i
	}
	close(work)
	wg.Wait()

	if n := int(builder.relinked.Load()); len(all) > 20 && n < len(all)/3 {
		t.Errorf("%d of %d mutants were linked anew, the others were built from the ground up: that takes long", n, len(all))
	} else {
		t.Logf("%d of %d mutants were linked anew", n, len(all))
	}
	var text strings.Builder
	fmt.Fprintf(&text, "%-9s  %-28s  %5s  %s\n", "invariant", "mutant", "seeds", "the defect")
	killed := 0
	for i, m := range all {
		v := verdicts[i]
		seeds := "-"
		switch {
		case v.err != nil:
			t.Errorf("%s %s: %v", m.Invariant, m.Name, v.err)
		case v.seeds == 0:
			t.Errorf("%s %s survived simrun %s; what was named: %v\nto look at it: go run ./cmd/simrun -mutant %s",
				m.Invariant, m.Name, strings.Join(m.Args, " "), v.others, m.Name)
		default:
			killed++
			seeds = fmt.Sprint(v.seeds)
		}
		fmt.Fprintf(&text, "%-9s  %-28s  %5s  %s\n", m.Invariant, m.Name, seeds, m.What)
	}
	fmt.Fprintf(&text, "%d of %d mutants killed\n", killed, len(all))
	if *table {
		fmt.Print(text.String())
	}
}

// try builds and runs one mutant.
func try(m Mutant, builder *relinker, dir string) verdict {
	bin := filepath.Join(dir, m.Name+".exe")
	if err := builder.build(m, dir, bin); err != nil {
		return verdict{err: err}
	}
	// A mutant may hang the program it is in. The bound is far beyond what any of them needs.
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, bin, append(slices.Clone(m.Args), "-json", "-jobs", "1")...)
	cmd.Dir = dir
	var out, info bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &info
	err := cmd.Run()
	var exit *exec.ExitError
	if err != nil && (!asExit(err, &exit) || exit.ExitCode() < 0) {
		return verdict{err: fmt.Errorf("%w\n%s", err, info.Bytes())}
	}
	var v verdict
	runs := 0
	for lines := bufio.NewScanner(&out); lines.Scan(); {
		var line struct {
			Scenario   string
			Invariant  string
			Invariants []string
		}
		if json.Unmarshal(lines.Bytes(), &line) != nil || line.Scenario == "" {
			continue
		}
		runs++
		if v.seeds == 0 && (line.Invariant == m.Invariant || slices.Contains(line.Invariants, m.Invariant)) {
			v.seeds = runs
		}
		for _, id := range append(line.Invariants, line.Invariant) {
			if id != "" && !slices.Contains(v.others, id) {
				v.others = append(v.others, id)
			}
		}
	}
	if runs == 0 {
		v.err = fmt.Errorf("simrun printed no run; it said:\n%s", info.Bytes())
	}
	return v
}

func asExit(err error, exit **exec.ExitError) bool {
	e, ok := err.(*exec.ExitError)
	*exit = e
	return ok
}

// TestEveryInvariantHasAMutant compares the list with the rules that the monitors judge.
func TestEveryInvariantHasAMutant(t *testing.T) {
	all, err := All()
	if err != nil {
		t.Fatal(err)
	}
	have := map[string]bool{}
	for _, m := range all {
		have[m.Invariant] = true
	}
	for _, rule := range spec.Rules() {
		if !have[rule.ID] && !unshown[rule.ID] {
			t.Errorf("no mutant breaks %s: %s", rule.ID, rule.Statement)
		}
		if have[rule.ID] && unshown[rule.ID] {
			t.Errorf("%s has a mutant: take it off the list of those without", rule.ID)
		}
	}
}

// unshown lists the rules that no mutant breaks.
var unshown = map[string]bool{}

func TestParseErrors(t *testing.T) {
	for text, want := range map[string]string{
		"S1":                          "line 1",
		"S1 a\nbogus x":               "unknown key \"bogus\"",
		"S1 a\nwhat w\nrun r\nfile f": "needs what, run, file and the old line",
		"S1 a\nwhat w\nrun r\nfile f\n- x\n\nS2 a": "line 7",
	} {
		if _, err := parse(text); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("parse(%q) says %v, want %q in it", text, err, want)
		}
	}
}

func TestApplyNeedsTheLine(t *testing.T) {
	m := Mutant{Name: "m", File: "f.go", In: "func b(", Old: "x++", New: "x--"}
	got, err := m.Apply("func a() {\n\tx++\n}\nfunc b() {\n\tx++\n}\n")
	if want := "func a() {\n\tx++\n}\nfunc b() {\n\tx--\n}\n"; got != want || err != nil {
		t.Errorf("got %q, %v, want %q", got, err, want)
	}
	if _, err := m.Apply("func b() {\n\ty++\n}\n"); err == nil {
		t.Error("a line that is not there was replaced")
	}
}
