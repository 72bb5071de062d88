//go:build linux

package main

import (
	"cmp"
	"errors"
	"flag"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"runtime"
	"syscall"
	"time"

	"github.com/tripoint-go/tripoint/aio"
	"github.com/tripoint-go/tripoint/backend"
	"github.com/tripoint-go/tripoint/backend/uring"
	"github.com/tripoint-go/tripoint/sched"
)

// onRing runs body as the root of an executor on io_uring. A worker that waits in the kernel keeps its processor of GOMAXPROCS for
// some 20 us, so there are as many more; tripoint.Main does the same.
func onRing(workers int, body func(t *sched.Task) error) error {
	runtime.GOMAXPROCS(max(runtime.GOMAXPROCS(0), workers+2))
	b, err := uring.New(uring.Options{Lanes: workers, Owned: workers == 1})
	if err != nil {
		return err
	}
	ex := sched.New(sched.Limits{Ops: 4096}, sched.Options{Backend: b, Workers: workers})
	failed, err := sched.Run(ex, sched.WaitForAllTasks, body)
	ex.Close()
	return errors.Join(failed, err, b.Close())
}

// ringEcho is the server on our tasks: one task a connection. It ends when standard input does.
func ringEcho(args []string) error {
	f := flag.NewFlagSet("ringecho", flag.ContinueOnError)
	workers := f.Int("workers", 1, "threads")
	if err := f.Parse(args); err != nil {
		return err
	}
	go func() {
		_, _ = io.Copy(io.Discard, os.Stdin)
		os.Exit(0)
	}()
	return onRing(*workers, func(t *sched.Task) error {
		l, err := aio.ListenTCP(t, "127.0.0.1:0")
		if err != nil {
			return err
		}
		addr, err := l.Addr()
		if err != nil {
			return err
		}
		fmt.Printf("listening 127.0.0.1:%d\n", addr.Port())
		for {
			s, err := l.Accept(t)
			if err != nil {
				return err
			}
			sched.Spawn(t, "connection", func(t *sched.Task) error {
				s.Give(t)
				buf := make([]byte, block)
				for {
					n, err := s.Read(t, buf)
					if err == nil {
						_, err = s.WriteAll(t, buf[:n])
					}
					if err != nil {
						return err
					}
				}
			})
		}
	})
}

// ringRead reads random blocks, from as many tasks as the point is deep.
func ringRead(args []string) error {
	p, err := pointFlags("ringread", args)
	if err != nil {
		return err
	}
	flags := backend.OpenRead
	if p.direct {
		flags |= syscall.O_DIRECT
	}
	return onRing(1, func(t *sched.Task) error {
		f, err := aio.OpenFile(t, p.file, flags, 0)
		if err != nil {
			return err
		}
		st, err := f.Stat(t)
		if err != nil {
			return err
		}
		blocks := st.Size / block
		if blocks == 0 {
			return errors.New("ringread: the file has no full block")
		}
		m := startMeter()
		until := m.wall.Add(p.duration())
		n, err := together(t, p.depth, func(t *sched.Task, i int) (int, error) {
			buf := alignedBlock()
			random := rand.New(rand.NewPCG(uint64(i), 0))
			for n := 0; ; n++ {
				if n%16 == 0 && !time.Now().Before(until) {
					return n, nil
				}
				if _, err := f.ReadAt(t, buf, random.Int64N(blocks)*block); err != nil {
					return n, err
				}
			}
		})
		if err == nil {
			m.line(p.readName("tripoint"), n, nil)
		}
		return err
	})
}

// ringAppend appends records to one file and waits until each is on disk, every task for itself.
func ringAppend(args []string) error {
	p, err := pointFlags("ringappend", args)
	if err != nil {
		return err
	}
	if p.writers < 1 {
		return errors.New("ringappend: no writers")
	}
	defer os.Remove(p.file)
	return onRing(1, func(t *sched.Task) error {
		f, err := aio.OpenFile(t, p.file, backend.OpenWrite|backend.OpenCreate|backend.OpenTruncate|backend.OpenAppend, 0o644)
		if err != nil {
			return err
		}
		commit := func(t *sched.Task, record []byte) error {
			_, err := f.WriteAt(t, record, 0) // the end, wherever that is
			return cmp.Or(err, f.Sync(t))
		}
		if err := commit(t, make([]byte, p.bytes)); err != nil {
			return err
		}
		m := startMeter()
		until := m.wall.Add(p.duration())
		latencies := make([][]time.Duration, p.writers)
		_, err = together(t, p.writers, func(t *sched.Task, i int) (int, error) {
			latencies[i], err = appendUntil(func(record []byte) error { return commit(t, record) }, p.bytes, until)
			return 0, err
		})
		var all []time.Duration
		for _, l := range latencies {
			all = append(all, l...)
		}
		if err == nil {
			m.line(p.appendName("tripoint"), len(all), all)
		}
		return err
	})
}

// together runs n tasks of one kind and returns the sum of what they return.
func together(t *sched.Task, n int, body func(t *sched.Task, i int) (int, error)) (int, error) {
	type result struct {
		n   int
		err error
	}
	hs := make([]*sched.Handle[result], n)
	for i := range hs {
		hs[i] = sched.Spawn(t, "", func(t *sched.Task) result {
			n, err := body(t, i)
			return result{n, err}
		})
	}
	var sum result
	for _, h := range hs {
		r, err := h.Join(t)
		sum = result{sum.n + r.n, cmp.Or(sum.err, r.err, err)}
	}
	return sum.n, sum.err
}
