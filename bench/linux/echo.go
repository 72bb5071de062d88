//go:build linux

package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"time"
)

// echoPoints are the points of the echo benchmarks: how many processors the server has, and how many connections.
func echoPoints() []string {
	var out []string
	for _, cores := range []int{1, 2} {
		for _, conns := range []int{1, 16, 256} {
			out = append(out, fmt.Sprintf("cores=%d/conns=%d", cores, conns))
		}
	}
	return out
}

// placement says where the two sides of one echo benchmark run: lists of processors, or "" for anywhere. A client with a
// processor for itself never sleeps there: waking it would be the better part of what is measured.
func placement(cpus []int, cores int) (server, client string, ok bool) {
	last := strconv.Itoa(cpus[len(cpus)-1])
	switch {
	case cores == 1 && len(cpus) > 1:
		return strconv.Itoa(cpus[0]), last, true
	case cores == 2 && len(cpus) > 2:
		return fmt.Sprintf("%d,%d", cpus[0], cpus[1]), last, true
	case cores == 2 && len(cpus) == 2:
		return "", "", true // both sides share both: the client cannot have one for itself
	}
	return "", "", false
}

// held puts taskset before a command.
func held(cpus, command string) []string {
	words := strings.Fields(command)
	if cpus == "" {
		return words
	}
	return append([]string{"taskset", "-c", cpus}, words...)
}

// errFewCPUs says that a point cannot be measured on this machine.
var errFewCPUs = errors.New("needs a processor for the server and one for the client")

// runEcho starts one server, plays the client against it for one point, and returns the client's line.
func runEcho(ctx context.Context, o options, p peer, pt string, cpus []int) (string, error) {
	var cores, conns int
	if _, err := fmt.Sscanf(pt, "cores=%d/conns=%d", &cores, &conns); err != nil {
		return "", fmt.Errorf("%s: %w", pt, err)
	}
	onServer, onClient, ok := placement(cpus, cores)
	if !ok {
		return "", errFewCPUs
	}
	s, err := startServer(ctx, held(onServer, p.command))
	if err != nil {
		return "", err
	}
	seconds := o.time.Seconds()
	client := fmt.Sprintf("bin/peers/echoload -p %s -c %d -b %d -t %g -w %g -s %d -n Echo/bytes=%d/%s/impl=%s",
		s.port, conns, o.bytes, seconds, min(seconds/4, 0.5), s.cmd.Process.Pid, o.bytes, pt, p.impl)
	if onClient != "" {
		client += " -x"
	}
	words := held(onClient, client)
	cmd := exec.CommandContext(ctx, words[0], words[1:]...)
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	return string(out), errors.Join(err, s.stop())
}

// server is one running server.
type server struct {
	cmd  *exec.Cmd
	quit func() error // ends its standard input
	port string
}

// startServer starts a server and waits until it says where it listens.
func startServer(ctx context.Context, words []string) (*server, error) {
	cmd := exec.CommandContext(ctx, words[0], words[1:]...)
	cmd.Stderr = os.Stderr
	cmd.WaitDelay = time.Second
	in, err := cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	line, err := bufio.NewReader(out).ReadString('\n')
	port, ok := strings.CutPrefix(strings.TrimSpace(line), "listening 127.0.0.1:")
	if err != nil || !ok {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
		return nil, fmt.Errorf("%s: said %q, want a line \"listening 127.0.0.1:PORT\"", words, line)
	}
	return &server{cmd, in.Close, port}, nil
}

// stop ends the server. One that does not end by itself is killed when the context of its run is over.
func (s *server) stop() error {
	_ = s.quit()
	return s.cmd.Wait()
}
