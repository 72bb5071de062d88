//go:build linux

package main

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// options are the flags of the comparison.
type options struct {
	rounds int
	time   time.Duration // for one point
	only   string        // groups
	impls  string
	out    string // where the lines go
	file   string // to read
	bytes  int    // of one request of the echo benchmarks
	added  []string
}

// fileBytes is the size of the file to read. It fits into the page cache of any machine that builds the opponents.
const fileBytes = 256 << 20

func compareFlags(args []string) (options, error) {
	var o options
	f := flag.NewFlagSet("linuxbench", flag.ContinueOnError)
	f.IntVar(&o.rounds, "rounds", 10, "rounds; each runs every point of every implementation once")
	f.DurationVar(&o.time, "time", time.Second, "time to measure one point")
	f.StringVar(&o.only, "only", "", "only these groups: "+strings.Join(names(suite()), ","))
	f.StringVar(&o.impls, "impl", "", "only these implementations, such as net,tokio")
	f.StringVar(&o.out, "o", "bin/bench-linux.txt", "file for all lines")
	f.StringVar(&o.file, "file", "bin/bench-linux.dat", "file to read; it is made if it is not there")
	f.IntVar(&o.bytes, "bytes", 64, "size of one request of the echo benchmarks")
	f.Func("server", "add a server: `impl=command`; repeatable", func(s string) error {
		o.added = append(o.added, "echo:"+s)
		return nil
	})
	f.Func("command", "add a benchmark: `group:impl=command`; repeatable", func(s string) error {
		o.added = append(o.added, s)
		return nil
	})
	if err := f.Parse(args); err != nil {
		return o, err
	}
	if f.NArg() > 0 || o.rounds < 1 || o.time <= 0 || o.time > time.Minute {
		return o, errors.New("want no arguments, at least one round, and at most a minute a point")
	}
	return o, nil
}

// compare builds, measures in rounds, and prints what benchstat makes of it.
func compare(args []string) error {
	o, err := compareFlags(args)
	if err != nil {
		return err
	}
	if err := toRoot(); err != nil {
		return err
	}
	groups := suite()
	for _, text := range o.added {
		if err := addPeer(groups, text); err != nil {
			return err
		}
	}
	if groups, err = choose(groups, o.only, o.impls); err != nil {
		return err
	}
	if groups, err = buildAll(groups); err != nil {
		return err
	}
	r, err := newRounds(o, groups)
	if err != nil {
		return err
	}
	defer r.out.Close()
	for n := range o.rounds {
		begin := time.Now()
		if err := r.round(); err != nil {
			return err
		}
		fmt.Printf("round %d of %d: %d points, %v\n", n+1, o.rounds, r.points, time.Since(begin).Round(time.Second))
	}
	if err := report(o.out, groups); err != nil {
		return err
	}
	if r.failed > 0 {
		return fmt.Errorf("%d runs failed, see above", r.failed)
	}
	return nil
}

// rounds is a comparison under way.
type rounds struct {
	o       options
	groups  []group
	cpus    []int
	out     *os.File
	skipped map[string]bool // lines about what is left out, to say each once
	points  int             // of the last round
	failed  int
}

func newRounds(o options, groups []group) (*rounds, error) {
	cpus, err := allowedCPUs()
	if err != nil {
		return nil, err
	}
	r := &rounds{o: o, cpus: cpus, skipped: map[string]bool{}}
	for _, g := range groups {
		if g.name == "read" {
			if err := makeFile(o.file, fileBytes); err != nil {
				return nil, err
			}
			if f, err := os.OpenFile(o.file, os.O_RDONLY|syscall.O_DIRECT, 0); err == nil {
				f.Close()
			} else {
				fmt.Printf("skip read -direct: %v: choose -file on a file system with O_DIRECT\n", err)
				g.points = slices.DeleteFunc(g.points, func(pt string) bool { return strings.Contains(pt, "-direct") })
			}
		}
		r.groups = append(r.groups, g)
	}
	if r.out, err = os.Create(o.out); err != nil {
		return nil, err
	}
	warnBusy(len(cpus))
	kernel, _ := os.ReadFile("/proc/sys/kernel/osrelease")
	fmt.Fprintf(r.out, "goos: %s\ngoarch: %s\ngo: %s\nkernel: %scpu: %s\n",
		runtime.GOOS, runtime.GOARCH, runtime.Version(), kernel, cpuModel())
	return r, nil
}

// round runs every point of every opponent once, opponents of one point right after each other. A run that fails is
// counted and does not stop the others.
func (r *rounds) round() error {
	r.points = 0
	for _, g := range r.groups {
		if g.name == "read" {
			if _, err := os.ReadFile(r.o.file); err != nil { // into the page cache
				return err
			}
		}
		for _, pt := range g.points {
			for _, p := range g.peers {
				if !strings.Contains(pt+" ", p.only) {
					continue
				}
				lines, err := r.run(g, p, pt)
				if errors.Is(err, errFewCPUs) {
					r.skip(fmt.Sprintf("skip %s %s: %v", g.name, pt, err))
					continue
				}
				if err != nil {
					fmt.Printf("failed: %s %s %s: %v\n", g.name, pt, p.impl, err)
					r.failed++
					continue
				}
				r.points++
				if _, err := r.out.WriteString(lines); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

func (r *rounds) skip(line string) {
	if !r.skipped[line] {
		fmt.Println(line)
		r.skipped[line] = true
	}
}

// run measures one point of one opponent and returns its lines.
func (r *rounds) run(g group, p peer, pt string) (string, error) {
	ctx, stop := context.WithTimeout(context.Background(), time.Minute+30*r.o.time)
	defer stop()
	if g.name == "echo" {
		return runEcho(ctx, r.o, p, pt, r.cpus)
	}
	seconds := r.o.time.Seconds()
	replace := strings.NewReplacer(
		"{seconds}", strconv.FormatFloat(seconds, 'g', -1, 64),
		"{count}", strconv.Itoa(max(1000, int(1e6*seconds))),
		"{file}", r.o.file,
		"{scratch}", r.o.file+".append")
	words := strings.Fields(replace.Replace(p.command + " " + pt))
	cmd := exec.CommandContext(ctx, words[0], words[1:]...)
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	if err != nil {
		return "", err
	}
	lines := benchLines(out)
	if lines == "" {
		return "", fmt.Errorf("%s printed no benchmark line", words[0])
	}
	return lines, nil
}

// gomaxprocs is the end of a name that package testing adds. Others do not have it, so it would keep them apart.
var gomaxprocs = regexp.MustCompile(`^(Benchmark\S*?)-\d+(\s)`)

// benchLines keeps the benchmark lines of an output, without the number of processors in their names.
func benchLines(out []byte) string {
	var keep bytes.Buffer
	for line := range bytes.Lines(out) {
		if bytes.HasPrefix(line, []byte("Benchmark")) && len(bytes.Fields(line)) >= 4 {
			keep.Write(gomaxprocs.ReplaceAll(line, []byte("$1$2")))
		}
	}
	return keep.String()
}

// report prints a table for each group. The implementations are columns, the first of the group is what ratios refer to.
func report(file string, groups []group) error {
	for _, g := range groups {
		fmt.Printf("\n%s\n", g.name)
		filter := fmt.Sprintf(".name:(%s) .unit:(%s)", g.benches, g.units)
		cmd := exec.Command("bin/benchstat", "-col", "/impl", "-filter", filter, file)
		cmd.Stdout, cmd.Stderr = os.Stdout, os.Stderr
		if err := cmd.Run(); err != nil {
			return fmt.Errorf("benchstat: %w", err)
		}
	}
	return nil
}

// toRoot makes the root of the module the working directory.
func toRoot() error {
	dir, err := os.Getwd()
	if err != nil {
		return err
	}
	for {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			return os.Chdir(dir)
		}
		up := filepath.Dir(dir)
		if up == dir {
			return errors.New("no go.mod above the working directory")
		}
		dir = up
	}
}

// allowedCPUs returns the processors that this process may use.
func allowedCPUs() ([]int, error) {
	list := procField("/proc/self/status", "Cpus_allowed_list")
	var out []int
	for part := range strings.SplitSeq(list, ",") {
		first, last, isRange := strings.Cut(part, "-")
		a, err := strconv.Atoi(first)
		b := a
		if isRange && err == nil {
			b, err = strconv.Atoi(last)
		}
		if err != nil {
			return nil, fmt.Errorf("/proc/self/status: processors %q", list)
		}
		for ; a <= b; a++ {
			out = append(out, a)
		}
	}
	return out, nil
}

// warnBusy says so when other programs use the machine. Points with cores=1 suffer most: they cannot move away.
func warnBusy(cpus int) {
	text, _ := os.ReadFile("/proc/loadavg")
	first, _, _ := strings.Cut(string(text), " ")
	if load, err := strconv.ParseFloat(first, 64); err == nil && load > 0.3*float64(cpus) {
		fmt.Printf("warning: load average %.2f on %d processors before the start: compare processor time only\n", load, cpus)
	}
}

func cpuModel() string { return procField("/proc/cpuinfo", "model name") }

// procField returns the value after the first "name:" of a file of /proc, or "".
func procField(file, name string) string {
	text, _ := os.ReadFile(file)
	for line := range strings.Lines(string(text)) {
		if key, value, ok := strings.Cut(line, ":"); ok && strings.TrimSpace(key) == name {
			return strings.TrimSpace(value)
		}
	}
	return ""
}
