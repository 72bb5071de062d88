// Simrun runs the scenarios in the simulator: without arguments all of them, for 200 seeds each; with -backend uring those that
// are fit for it on the real kernel, with -backend cortexm on emulated boards. See simrun -h.
//
// Standard output carries the result that was asked for, standard error everything else.
package main

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"path"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"strings"

	"github.com/tripoint-go/tripoint/internal/explore"
	"github.com/tripoint-go/tripoint/scenarios"
)

func main() { os.Exit(simrun()) }

// simrun is the whole tool; whatever it did not expect is its own failure.
func simrun() (code int) {
	defer func() {
		if v := recover(); v != nil {
			fmt.Fprintf(os.Stderr, "simrun: internal error: %v\n%s", v, debug.Stack())
			code = explore.ExitInternal
		}
	}()
	return newTool(scenarios.All()).run()
}

// tool is one call of simrun.
type tool struct {
	stdout *output
	stderr io.Writer
	args   []string
	f      flags
	lines  *bufio.Writer // where JSON goes during a sweep; nil: standard output
	trace  *os.File      // of -o; nil: standard output
}

// newTool returns the tool for the scenarios that there are.
func newTool(all []scenarios.Scenario) *tool {
	return &tool{stdout: &output{file: os.Stdout}, stderr: os.Stderr, args: os.Args, f: flags{all: all}}
}

// run does what the arguments say, and returns the exit code.
func (t *tool) run() int { return t.written(t.do()) }

func (t *tool) do() int {
	help, err := t.f.parse(t.args[1:], os.LookupEnv)
	switch {
	case help:
		fmt.Fprint(t.stdout, helpText())
		return explore.ExitPass
	case err != nil:
		return t.usage(err)
	}
	switch f := &t.f; {
	case f.list:
		t.list()
		return explore.ExitPass
	case f.backend == "cortexm":
		return t.silicon()
	case f.mutant != "":
		return t.mutant()
	case f.backend == "uring":
		return t.real()
	case f.replay != "":
		return t.replay()
	case f.check:
		return t.checkDeterminism()
	case f.single():
		return t.one()
	}
	return t.sweep()
}

// usage reports what the caller got wrong.
func (t *tool) usage(err error) int {
	fmt.Fprintf(t.stderr, "simrun: %v\n", err)
	return explore.ExitUsage
}

// internal reports what the tool got wrong.
func (t *tool) internal(err error) int {
	fmt.Fprintf(t.stderr, "simrun: %v\n", err)
	return explore.ExitInternal
}

// begin writes the first line: what runs, and which tool runs it.
func (t *tool) begin(what string) {
	fmt.Fprintf(t.stderr, "simrun: %s; %s\n", what, version())
}

// end writes the last line. With -json, standard output is for lines of JSON only.
func (t *tool) end(code int, text string) int {
	word := "PASS"
	if code != explore.ExitPass || t.stdout.err != nil {
		word = "FAIL"
	}
	if text != "" {
		text = ": " + text
	}
	fmt.Fprintf(t.result(), "%s%s\n", word, text)
	return code
}

// result is where reports for people go.
func (t *tool) result() io.Writer {
	if t.f.json || t.traceOnStdout() {
		return t.stderr
	}
	return t.stdout
}

// command returns how this tool was called, as the beginning of a line to paste.
func (t *tool) command() string {
	if command := os.Getenv(commandTwin); command != "" {
		return command
	}
	name := t.args[0]
	if byGoRun(name) {
		return "go run ./cmd/simrun"
	}
	return quote(name)
}

// byGoRun reports whether name is where go run puts what it builds: in a scratch folder go-build*, or, the second time, in its
// cache, which may be anywhere, in a folder of a checksum in hexadecimal digits and -d.
func byGoRun(name string) bool {
	name = filepath.ToSlash(name)
	sum, ok := strings.CutSuffix(path.Base(path.Dir(name)), "-d")
	return strings.Contains(name, "/go-build") || ok && len(sum) == 64 && strings.Trim(sum, "0123456789abcdef") == ""
}

// quote makes a word safe to paste into a shell.
func quote(word string) string {
	if word != "" && strings.Trim(word, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_./=:,@%+") == "" {
		return word
	}
	return "'" + strings.ReplaceAll(word, "'", `'\''`) + "'"
}

// version names the tool, its release or the commit that it was built from, and what it was built with.
func version() string {
	info, _ := debug.ReadBuildInfo()
	return "simrun " + release(info) + ", " + runtime.Version() + " " + runtime.GOOS + "/" + runtime.GOARCH
}

// commit returns the commit that the tool was built from, empty if it is not known.
func commit() string {
	info, _ := debug.ReadBuildInfo()
	return revision(info)
}

// release returns the version of the module, with its commit if that is known. The go command's word for a source tree,
// (devel), stays only if the commit is not known; a version that it made up from the commit gives way to the commit.
func release(info *debug.BuildInfo) string {
	version, commit := "(devel)", revision(info)
	if info != nil && info.Main.Version != "" {
		version = info.Main.Version
	}
	switch {
	case commit == "":
		return version
	case version == "(devel)" || strings.Contains(version, "-0.") || strings.HasPrefix(version, "v0.0.0-"):
		return "at " + commit
	}
	return version + " at " + commit
}

// revision returns the commit of a build, marked if files were changed after it; empty if it is not known.
func revision(info *debug.BuildInfo) string {
	if info == nil {
		return ""
	}
	text, changed := "", false
	for _, s := range info.Settings {
		switch s.Key {
		case "vcs.revision":
			text = s.Value
		case "vcs.modified":
			changed = s.Value == "true"
		}
	}
	if text != "" && changed {
		text += "+changes"
	}
	return text
}
