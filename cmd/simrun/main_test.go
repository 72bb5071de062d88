package main

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/tripoint-go/tripoint/internal/mutants"
)

// TestMain makes the test binary a simrun when a script calls it so; simrun-drift is one whose scenarios are not
// deterministic, simrun-stuck one whose only scenario never ends, simrun-wrong one whose scenarios fail on a real kernel.
func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){
		"simrun":       main,
		"simrun-drift": func() { os.Exit(newTool(drifting()).run()) },
		"simrun-stuck": func() { os.Exit(newTool(stuck()).run()) },
		"simrun-wrong": func() { os.Exit(newTool(wrong()).run()) },
	})
}

// The scripts are in testdata/script; each begins with what it shows. Besides the commands of testscript they have:
//
//	exitcode N command...   run a command that must end with exit code N
//	pick VAR FILE REGEXP    set a variable to the only group of the first match in a file
//	lines FILE N            a file has N lines
//	readme TEXT FILE        the first block of README.md that contains TEXT is an excerpt of a file
func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata/script",
		RequireExplicitExec: true,
		Setup: func(env *testscript.Env) error {
			for _, name := range twins() {
				env.Setenv(twin(name), "")
			}
			env.Setenv("GORACE", "atexit_sleep_ms=0") // else every call takes a second under the race detector
			root, err := mutants.Root()
			env.Setenv("ROOT", root)
			env.Setenv("USERHOME", os.Getenv("HOME")) // where the go command finds its caches
			return err
		},
		Condition: func(name string) (bool, error) {
			switch name {
			case "uring":
				return hasUring()
			case "cortexm":
				return hasCortexm()
			}
			return false, fmt.Errorf("unknown condition %q", name)
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"exitcode": exitCode,
			"pick":     pick,
			"lines":    lines,
			"readme":   readme(t),
		},
	})
}

func exitCode(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: exitcode N command...")
	}
	err := ts.Exec(args[1], args[2:]...)
	code := "0"
	if err != nil {
		m := regexp.MustCompile(`^exit status (\d+)$`).FindStringSubmatch(err.Error())
		if m == nil {
			ts.Fatalf("%s: %v", args[1], err)
		}
		code = m[1]
	}
	if code != args[0] {
		ts.Fatalf("%v: exit code %s, want %s\n%s", args[1:], code, args[0], ts.ReadFile("stderr"))
	}
}

func pick(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 3 {
		ts.Fatalf("usage: pick VAR FILE REGEXP")
	}
	m := regexp.MustCompile(args[2]).FindStringSubmatch(ts.ReadFile(args[1]))
	if len(m) != 2 {
		ts.Fatalf("%s: no match with one group for %s in:\n%s", args[1], args[2], ts.ReadFile(args[1]))
	}
	ts.Setenv(args[0], m[1])
}

func lines(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: lines FILE N")
	}
	n := 0
	for _, c := range ts.ReadFile(args[0]) {
		if c == '\n' {
			n++
		}
	}
	if want := args[1]; want != strconv.Itoa(n) {
		ts.Fatalf("%s has %d lines, want %s", args[0], n, want)
	}
}

// Every script says in its first line what it shows.
func TestScriptsSayWhatTheyShow(t *testing.T) {
	files, err := filepath.Glob("testdata/script/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatal("no scripts", err)
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil || len(text) < 3 || string(text[:2]) != "# " {
			t.Errorf("%s does not begin with a comment: %v", file, err)
		}
	}
}

// readme demands that what the README shows is what the tool prints: every line of the block is in the file, in this order,
// except for commands and for lines that stand for what was left out.
func readme(t *testing.T) func(*testscript.TestScript, bool, []string) {
	text, err := os.ReadFile(filepath.Join("..", "..", "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	blocks := strings.Split(string(text), "```")
	return func(ts *testscript.TestScript, neg bool, args []string) {
		if neg || len(args) != 2 {
			ts.Fatalf("usage: readme TEXT FILE")
		}
		for i := 1; i < len(blocks); i += 2 {
			_, block, _ := strings.Cut(blocks[i], "\n") // without the language
			if !strings.Contains(block, args[0]) {
				continue
			}
			rest := "\n" + ts.ReadFile(args[1])
			for line := range strings.Lines(block) {
				shown := strings.TrimRight(line, "\n")
				if trimmed := strings.TrimSpace(shown); trimmed == "" || trimmed == "..." || strings.HasPrefix(trimmed, "$ ") {
					continue
				}
				_, after, ok := strings.Cut(rest, "\n"+shown+"\n")
				if !ok {
					ts.Fatalf("README.md shows a line that the tool does not print, or not in this order:\n%s", shown)
				}
				rest = "\n" + after
			}
			return
		}
		ts.Fatalf("README.md has no block with %q", args[0])
	}
}
