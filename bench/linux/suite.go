//go:build linux

package main

import (
	"fmt"
	"slices"
	"strings"
)

// group is a set of benchmarks that the same opponents take part in. Its opponents run one after the other at each point,
// and the first one is what benchstat compares the others with.
type group struct {
	name    string
	benches string   // names of its benchmarks, as benchstat's filter wants them
	units   string   // what to print, likewise
	points  []string // what is added to the command of each opponent
	peers   []peer
}

// peer is one opponent. In a command, {seconds} becomes the time for one point, {count} a number of operations that take
// about as long, {file} the file to read, and {scratch} a file that does not exist.
type peer struct {
	impl    string
	needs   string // what must be built or installed for it: a name in [builds]
	command string
	only    string // takes part only at points that contain this
}

// rust is where cargo puts its programs.
const rust = "bin/rust/release/"

// suite is all groups and opponents. To add an implementation, add a row, or name it on the command line.
func suite() []group {
	const perOp = "sec/op OR ns/op OR cpu-sec/op OR cpu-ns/op"
	return []group{
		{
			name: "echo", benches: "Echo",
			units:  "rt/s OR p99-sec OR p99-ns OR srv-cpu-sec/op OR srv-cpu-ns/op OR cli-busy",
			points: echoPoints(),
			peers: []peer{
				{impl: "net", needs: "go", command: "bin/linuxbench netecho"},
				{impl: "tripoint", needs: "go", command: "bin/linuxbench ringecho"},
				{impl: "tripoint-2", needs: "go", command: "bin/linuxbench ringecho -workers 2", only: "cores=2"},
				{impl: "tokio", needs: "cargo", command: rust + "peer-tokio echo"},
				{impl: "tokio-uring", needs: "cargo", command: rust + "peer-tokio-uring echo"},
				{impl: "monoio", needs: "cargo", command: rust + "peer-monoio echo"},
			},
		},
		{
			name: "nop", benches: "Nop OR NopWait", units: perOp, points: []string{""},
			peers: []peer{
				{impl: "liburing", needs: "liburing", command: "bin/peers/nop {seconds}"},
				{impl: "ours", needs: "uring", command: goBench("bin/uring.test", "^BenchmarkNop")},
			},
		},
		{
			name: "micro", benches: "SpawnJoin OR Yield OR Wake", units: perOp, points: []string{""},
			peers: []peer{
				{impl: "goroutine", needs: "go", command: goBench("bin/linux.test", ".")},
				{impl: "tokio", needs: "cargo", command: rust + "peer-tokio micro -n {count}"}, // and tokio-current
				{impl: "tokio-uring", needs: "cargo", command: rust + "peer-tokio-uring micro -n {count}"},
				{impl: "monoio", needs: "cargo", command: rust + "peer-monoio micro -n {count}"},
			},
		},
		{
			name: "read", benches: "Read", units: perOp,
			points: []string{"-depth 1", "-depth 32", "-depth 1 -direct", "-depth 32 -direct"},
			peers: []peer{
				{impl: "fio", needs: "fio", command: "bin/linuxbench fio -file {file} -seconds {seconds}"},
				{
					impl: "fio-batch", needs: "fio", only: "-depth 32",
					command: "bin/linuxbench fio -batch -file {file} -seconds {seconds}",
				},
				{impl: "tripoint", needs: "go", command: "bin/linuxbench ringread -file {file} -seconds {seconds}"},
				{impl: "os", needs: "go", command: "bin/linuxbench osread -file {file} -seconds {seconds}"},
				{impl: "tokio", needs: "cargo", command: rust + "peer-tokio read -file {file} -seconds {seconds}"},
				{impl: "tokio-uring", needs: "cargo", command: rust + "peer-tokio-uring read -file {file} -seconds {seconds}"},
				{impl: "monoio", needs: "cargo", command: rust + "peer-monoio read -file {file} -seconds {seconds}"},
			},
		},
		{
			name: "append", benches: "Append", units: perOp + " OR p99-sec OR p99-ns",
			points: []string{
				"-writers 1 -bytes 128", "-writers 1 -bytes 4096", "-writers 16 -bytes 128", "-writers 16 -bytes 4096",
			},
			peers: []peer{
				{impl: "os", needs: "go", command: "bin/linuxbench osappend -file {scratch} -seconds {seconds}"},
				{impl: "tripoint", needs: "go", command: "bin/linuxbench ringappend -file {scratch} -seconds {seconds}"},
				{
					impl: "os-group", needs: "go", only: "-writers 16",
					command: "bin/linuxbench osappend -group -file {scratch} -seconds {seconds}",
				},
				{
					impl: "fio", needs: "fio", only: "-writers 1 ",
					command: "bin/linuxbench fio -file {scratch} -seconds {seconds}",
				},
			},
		},
	}
}

// goBench is the command of the benchmarks in a test binary.
func goBench(binary, pattern string) string {
	return binary + " -test.run ^$ -test.bench " + pattern + " -test.benchtime {seconds}s"
}

// addPeer adds one opponent from the command line to a group: "group:impl=command".
func addPeer(groups []group, text string) error {
	name, rest, ok := strings.Cut(text, ":")
	impl, command, ok2 := strings.Cut(rest, "=")
	i := slices.IndexFunc(groups, func(g group) bool { return g.name == name })
	if !ok || !ok2 || impl == "" || command == "" || i < 0 {
		return fmt.Errorf("%q is not GROUP:IMPL=COMMAND with a group of %s", text, strings.Join(names(groups), ", "))
	}
	groups[i].peers = append(groups[i].peers, peer{impl: impl, needs: "go", command: command})
	return nil
}

// choose keeps the groups and the opponents that are named, or all where nothing is named.
func choose(groups []group, only, impls string) ([]group, error) {
	var out []group
	for _, g := range groups {
		if only != "" && !slices.Contains(strings.Split(only, ","), g.name) {
			continue
		}
		if impls != "" {
			g.peers = slices.DeleteFunc(slices.Clone(g.peers), func(p peer) bool {
				return !slices.Contains(strings.Split(impls, ","), p.impl)
			})
		}
		if len(g.peers) > 0 {
			out = append(out, g)
		}
	}
	if len(out) == 0 {
		return nil, fmt.Errorf("nothing is left of the groups %s", strings.Join(names(groups), ", "))
	}
	return out, nil
}

func names(groups []group) []string {
	var out []string
	for _, g := range groups {
		out = append(out, g.name)
	}
	return out
}
