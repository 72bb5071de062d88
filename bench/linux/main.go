//go:build linux

// Linuxbench compares programs on Linux: ours, Go's standard library, fio, C with liburing, and published runtimes of Rust.
// It builds the opponents, runs all of them in turn, and prints medians and ratios:
//
//	go run ./bench/linux                      10 rounds, 1 s a point, about 20 minutes
//	go run ./bench/linux -rounds 3 -time 0.2s -only echo,read
//	go run ./bench/linux table                 the medians of the last run as Markdown, with ratios as factors
//	go run ./bench/linux -server this="bin/mine echo" -command micro:this="bin/mine micro -seconds {seconds}"
//
// Every opponent is a process of its own that is started by its command line, so that anything can take part:
//
//   - a server prints "listening 127.0.0.1:PORT" and exits when its standard input ends;
//   - any other benchmark prints lines in the format of Go benchmarks, of which impl=NAME ends the name.
//
// [suite] is the list. What it needs and is not installed is left out, with one line that says what to install.
//
// The program is also some of the opponents: its first argument may be the name of one (see [verbs]).
package main

import (
	"flag"
	"fmt"
	"os"
)

// verbs are the benchmarks on the standard library and on our tasks, the driver of fio, and the table of medians.
func verbs() map[string]func(args []string) error {
	return map[string]func([]string) error{
		"netecho":    netEcho,
		"osread":     osRead,
		"osappend":   osAppend,
		"ringecho":   ringEcho,
		"ringread":   ringRead,
		"ringappend": ringAppend,
		"fio":        fio,
		"table":      table,
	}
}

func main() {
	args := os.Args[1:]
	run := compare
	if len(args) > 0 {
		if verb, ok := verbs()[args[0]]; ok {
			run, args = verb, args[1:]
		}
	}
	if err := run(args); err != nil && err != flag.ErrHelp {
		fmt.Fprintln(os.Stderr, "linuxbench:", err)
		os.Exit(1)
	}
}
