//go:build linux

package main

import (
	"fmt"
	"os"
	"os/exec"
	"strings"
)

// build is one thing that opponents need.
type build struct {
	name    string
	probe   string // a command that fails where the thing is not installed
	install string // what to install then
	steps   []string
}

// builds are all of them. Commands run in the root of the module.
func builds() []build {
	return []build{
		{
			name: "go", probe: "go version", install: "Go",
			steps: []string{
				"go build -o bin/linuxbench ./bench/linux",
				"go test -c -o bin/linux.test ./bench/linux",
				"go -C internal/tools build -o ../../bin/ golang.org/x/perf/cmd/benchstat",
			},
		},
		{
			name: "uring", probe: "go version", install: "Go",
			steps: []string{"go test -c -o bin/uring.test ./backend/uring"},
		},
		{
			name: "cc", probe: "cc --version", install: "a C compiler, such as gcc",
			steps: []string{"cc -O2 -Wall -Wextra -o bin/peers/echoload bench/peers/c/echoload.c"},
		},
		{
			name: "liburing", probe: "cc -E -include liburing.h -x c /dev/null", install: "a C compiler and liburing-dev",
			steps: []string{"cc -O2 -Wall -Wextra -o bin/peers/nop bench/peers/c/nop.c -luring"},
		},
		{
			name: "cargo", probe: "cargo --version", install: "cargo 1.85 or newer",
			steps: []string{"cargo build --quiet --release --locked --manifest-path bench/peers/rust/Cargo.toml --target-dir bin/rust"},
		},
		{name: "fio", probe: "fio --version", install: "fio"},
		{name: "taskset", probe: "taskset --version", install: "util-linux"},
	}
}

// buildAll builds what the groups need and drops the opponents whose needs are not installed, with a line each. What is
// installed and does not build is an error.
func buildAll(groups []group) ([]group, error) {
	if err := os.MkdirAll("bin/peers", 0o755); err != nil {
		return nil, err
	}
	needed := map[string][]string{"go": nil}
	for _, g := range groups {
		for _, p := range g.peers {
			needed[p.needs] = append(needed[p.needs], g.name+"/"+p.impl)
		}
		if g.name == "echo" { // the client, and what holds both sides on their processors
			needed["cc"] = append(needed["cc"], "echo")
			needed["taskset"] = append(needed["taskset"], "echo")
		}
	}
	missing := map[string]bool{}
	for _, b := range builds() {
		who, ok := needed[b.name]
		if !ok {
			continue
		}
		if _, err := shell(b.probe); err != nil {
			fmt.Printf("skip %s: install %s\n", strings.Join(who, ", "), b.install)
			missing[b.name] = true
			continue
		}
		for _, step := range b.steps {
			if out, err := shell(step); err != nil {
				return nil, fmt.Errorf("%s: %w\n%s", step, err, out)
			}
		}
	}
	var out []group
	for _, g := range groups {
		var peers []peer
		for _, p := range g.peers {
			if !missing[p.needs] {
				peers = append(peers, p)
			}
		}
		g.peers = peers
		if len(peers) > 0 && (g.name != "echo" || !missing["cc"] && !missing["taskset"]) {
			out = append(out, g)
		}
	}
	return out, nil
}

// shell runs a command without any quoting and returns all that it printed.
func shell(command string) (string, error) {
	words := strings.Fields(command)
	out, err := exec.Command(words[0], words[1:]...).CombinedOutput()
	return string(out), err
}
