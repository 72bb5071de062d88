//go:build linux

package main

import (
	"flag"
	"fmt"
	"slices"
	"syscall"
	"time"
)

// block is the size of one read, its alignment, and the buffer of one connection.
const block = 4096

// point is what the programs that read and append are asked to measure. All of them take the same flags.
type point struct {
	file    string
	depth   int  // reads in flight
	direct  bool // past the page cache
	writers int
	bytes   int     // of one record
	seconds float64 // to measure
	batch   bool
	group   bool
}

// pointFlags reads the flags of one program.
func pointFlags(verb string, args []string) (point, error) {
	var p point
	f := flag.NewFlagSet(verb, flag.ContinueOnError)
	f.StringVar(&p.file, "file", "", "the file to read, or the file to write anew")
	f.IntVar(&p.depth, "depth", 1, "reads in flight")
	f.BoolVar(&p.direct, "direct", false, "read past the page cache")
	f.IntVar(&p.writers, "writers", 0, "append records from so many writers instead of reading")
	f.IntVar(&p.bytes, "bytes", block, "bytes of one record")
	f.Float64Var(&p.seconds, "seconds", 1, "time to measure")
	f.BoolVar(&p.batch, "batch", false, "fio: submit and take many at once")
	f.BoolVar(&p.group, "group", false, "osappend: one sync for all who wait")
	if err := f.Parse(args); err != nil {
		return p, err
	}
	if p.file == "" || p.depth < 1 || p.depth > 1024 || p.writers < 0 || p.writers > 1024 || p.bytes < 1 || p.bytes > 1<<20 ||
		p.seconds <= 0 || p.seconds > 60 {
		return p, fmt.Errorf("%s: no file, or a number out of range", verb)
	}
	return p, nil
}

func (p point) duration() time.Duration { return time.Duration(p.seconds * float64(time.Second)) }

// readName is the name of a benchmark that reads.
func (p point) readName(impl string) string {
	cache := "page"
	if p.direct {
		cache = "direct"
	}
	return fmt.Sprintf("Read/cache=%s/depth=%d/impl=%s", cache, p.depth, impl)
}

// appendName is the name of a benchmark that appends.
func (p point) appendName(impl string) string {
	return fmt.Sprintf("Append/bytes=%d/writers=%d/impl=%s", p.bytes, p.writers, impl)
}

// meter measures wall time and the processor time of all threads.
type meter struct {
	wall time.Time
	cpu  int64
}

func startMeter() meter { return meter{time.Now(), cpuNs()} }

// line prints what each of n operations took, and where latencies are given, two percentiles of them.
func (m meter) line(name string, n int, latencies []time.Duration) {
	wall, cpu := time.Since(m.wall).Nanoseconds(), cpuNs()-m.cpu
	fmt.Printf("Benchmark%s\t%d\t%.1f ns/op\t%.1f cpu-ns/op", name, n, float64(wall)/float64(n), float64(cpu)/float64(n))
	if len(latencies) > 0 {
		slices.Sort(latencies)
		at := func(share float64) int64 { return latencies[int(share*float64(len(latencies)-1))].Nanoseconds() }
		fmt.Printf("\t%d p50-ns\t%d p99-ns", at(0.50), at(0.99))
	}
	fmt.Println()
}

// cpuNs returns the processor time that this process has used so far.
func cpuNs() int64 {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		panic(err)
	}
	return u.Utime.Nano() + u.Stime.Nano()
}
