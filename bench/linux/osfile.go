//go:build linux

package main

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"sync"
	"syscall"
	"time"
	"unsafe"
)

// osRead reads random blocks with os.File.ReadAt, from as many goroutines as the point is deep.
func osRead(args []string) error {
	p, err := pointFlags("osread", args)
	if err != nil {
		return err
	}
	flags := os.O_RDONLY
	if p.direct {
		flags |= syscall.O_DIRECT
	}
	f, err := os.OpenFile(p.file, flags, 0)
	if err != nil {
		return err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return err
	}
	blocks := info.Size() / block
	if blocks == 0 {
		return errors.New("osread: the file has no full block")
	}
	m := startMeter()
	until := m.wall.Add(p.duration())
	counts := make([]int, p.depth)
	errs := make([]error, p.depth)
	var wg sync.WaitGroup
	for i := range p.depth {
		wg.Go(func() { counts[i], errs[i] = readUntil(f, blocks, uint64(i), until) })
	}
	wg.Wait()
	if err := errors.Join(errs...); err != nil {
		return err
	}
	m.line(p.readName("os"), total(counts), nil)
	return nil
}

// readUntil is one reader. It asks the clock before one in 16 reads.
func readUntil(f *os.File, blocks int64, seed uint64, until time.Time) (int, error) {
	buf := alignedBlock()
	random := rand.New(rand.NewPCG(seed, 0))
	for n := 0; ; n++ {
		if n%16 == 0 && !time.Now().Before(until) {
			return n, nil
		}
		if _, err := f.ReadAt(buf, random.Int64N(blocks)*block); err != nil {
			return n, err
		}
	}
}

// alignedBlock returns a block that begins where O_DIRECT wants it.
func alignedBlock() []byte {
	buf := make([]byte, 2*block)
	skip := (block - int(uintptr(unsafe.Pointer(&buf[0]))%block)) % block
	return buf[skip : skip+block : skip+block]
}

// osAppend appends records to one file and waits until each is on disk: a write-ahead log. Without -group every writer
// calls Sync for itself. With it, one goroutine writes what the others have handed in meanwhile, and calls Sync once.
func osAppend(args []string) error {
	p, err := pointFlags("osappend", args)
	if err != nil {
		return err
	}
	if p.writers < 1 {
		return errors.New("osappend: no writers")
	}
	f, err := os.OpenFile(p.file, os.O_WRONLY|os.O_CREATE|os.O_TRUNC|os.O_APPEND, 0o644)
	if err != nil {
		return err
	}
	defer os.Remove(p.file)
	defer f.Close()

	impl, commit := "os", func(record []byte) error {
		if _, err := f.Write(record); err != nil {
			return err
		}
		return f.Sync()
	}
	if p.group {
		g := newCommitter(f, p.writers)
		defer g.stop()
		impl, commit = "os-group", g.commit
	}
	if err := commit(make([]byte, p.bytes)); err != nil {
		return err
	}
	m := startMeter()
	until := m.wall.Add(p.duration())
	latencies := make([][]time.Duration, p.writers)
	errs := make([]error, p.writers)
	var wg sync.WaitGroup
	for i := range p.writers {
		wg.Go(func() { latencies[i], errs[i] = appendUntil(commit, p.bytes, until) })
	}
	wg.Wait()
	if err := errors.Join(errs...); err != nil {
		return err
	}
	var all []time.Duration
	for _, l := range latencies {
		all = append(all, l...)
	}
	m.line(p.appendName(impl), len(all), all)
	return nil
}

// appendUntil is one writer. It returns how long each record took.
func appendUntil(commit func([]byte) error, bytes int, until time.Time) ([]time.Duration, error) {
	record := make([]byte, bytes)
	var latencies []time.Duration
	for begin := time.Now(); begin.Before(until); {
		if err := commit(record); err != nil {
			return nil, err
		}
		end := time.Now()
		latencies = append(latencies, end.Sub(begin))
		begin = end
	}
	return latencies, nil
}

// committer commits the records of several writers together.
type committer struct {
	file  *os.File
	queue chan entry
	ended chan struct{}
}

// entry is one record, and where its writer waits.
type entry struct {
	record []byte
	done   chan error
}

// newCommitter starts the goroutine that writes. Its queue has room for all writers.
func newCommitter(f *os.File, writers int) *committer {
	g := &committer{f, make(chan entry, writers), make(chan struct{})}
	go g.run()
	return g
}

func (g *committer) commit(record []byte) error {
	e := entry{record, make(chan error, 1)}
	g.queue <- e
	return <-e.done
}

func (g *committer) stop() {
	close(g.queue)
	<-g.ended
}

func (g *committer) run() {
	defer close(g.ended)
	var buf []byte
	var waiting []entry
	for e := range g.queue {
		buf, waiting = append(buf[:0], e.record...), append(waiting[:0], e)
		for range len(g.queue) {
			e = <-g.queue
			buf, waiting = append(buf, e.record...), append(waiting, e)
		}
		_, err := g.file.Write(buf)
		if err == nil {
			err = g.file.Sync()
		}
		for _, w := range waiting {
			w.done <- err
		}
	}
}

func total(counts []int) int {
	sum := 0
	for _, n := range counts {
		sum += n
	}
	return max(sum, 1)
}

// makeFile makes a file of random content, unless it is there in the right size already.
func makeFile(name string, size int64) error {
	if info, err := os.Stat(name); err == nil && info.Size() == size {
		return nil
	}
	f, err := os.Create(name)
	if err != nil {
		return err
	}
	defer f.Close()
	var seed [32]byte
	content := rand.NewChaCha8(seed)
	buf := make([]byte, 1<<20)
	for n := int64(0); n < size; n += int64(len(buf)) {
		_, _ = content.Read(buf) // never fails
		if _, err := f.Write(buf); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
	}
	return f.Sync()
}
