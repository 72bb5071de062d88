// Command sweep interrupts the critical windows of the core at every instruction boundary, on emulated boards, and lets the monitors
// of package spec judge each run by its trace: make inject. Then it does the same to mutants in which a mask is missing; each
// must fail, and the monitors must name the invariant that the mask is there for. The exit status is 1 if anything is not as it must
// be.
package main

import (
	"cmp"
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"strings"
	"time"

	"github.com/tripoint-go/tripoint/internal/firmware"
)

// boards are those that are swept: the smallest core, and the one that most chips have.
func boards() []string { return []string{"microbit", "lm3s6965evb"} }

func main() {
	only := flag.String("only", "", "sweep only this window")
	flag.Parse()
	if err := known(*only); err != nil || flag.NArg() > 0 {
		fmt.Fprintln(os.Stderr, cmp.Or(err, errors.New("sweep: everything is a flag: -only WINDOW")))
		os.Exit(2)
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	ok, err := everything(ctx, *only)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		ok = false
	}
	if !ok {
		os.Exit(1)
	}
}

// known rejects the name of a window that there is not.
func known(only string) error {
	var names []string
	for _, w := range windows() {
		if w.name == only {
			return nil
		}
		names = append(names, w.name)
	}
	if only == "" {
		return nil
	}
	return fmt.Errorf("sweep: no window %q: it is %s", only, strings.Join(names, ", "))
}

// everything sweeps all windows and all mutants on all boards, and prints a line for each.
func everything(ctx context.Context, only string) (ok bool, err error) {
	tc, err := firmware.Find()
	if err != nil {
		return false, err
	}
	start, ok, runs, dead := time.Now(), true, 0, 0
	fmt.Printf("%-10s %-12s %-8s %9s %7s %8s %8s\n", "window", "board", "sources", "positions", "runs", "failures", "time")
	for _, w := range windows() {
		if only != "" && only != w.name {
			continue
		}
		for _, board := range boards() {
			r, err := sweep(ctx, tc, w, board, nil)
			if err != nil {
				return false, err
			}
			runs += r.Runs
			fmt.Printf("%-10s %-12s %-8s %9d %7d %8d %7.1fs\n", w.name, board, w.injected(), r.Positions, r.Runs, len(r.Failures), r.Elapsed.Seconds())
			for i, f := range r.Failures {
				ok = false
				if i < failuresShown {
					fmt.Println("   ", f)
				}
			}
		}
	}
	fmt.Printf("\n%-10s %-12s %9s %8s %8s  %s\n", "mutant of", "board", "runs", "failures", "time", "the first of them, and the invariants named")
	for _, w := range windows() {
		if only != "" && only != w.name {
			continue
		}
		for _, board := range boards() {
			r, err := sweep(ctx, tc, w, board, &w.mutant)
			if err != nil {
				return false, err
			}
			k := w.mutant.judge(r)
			ok = ok && k.bad == ""
			runs += r.Runs
			dead++
			fmt.Printf("%-10s %-12s %9d %8d %7.1fs  %s\n", w.name, board, r.Runs, len(r.Failures), r.Elapsed.Seconds(), k)
		}
	}
	fmt.Printf("\n%d runs, %d mutants, %.0fs\n", runs, dead, time.Since(start).Seconds())
	return ok, nil
}

const failuresShown = 5

// killed is what a sweep over a mutant has shown.
type killed struct {
	first string   // position of the first failure
	named []string // invariants, with the number of runs
	bad   string   // why that is not good enough
}

// String returns all of it on a line.
func (k killed) String() string {
	s := k.first + ": " + strings.Join(k.named, " ")
	if k.bad != "" {
		s += "  BAD: " + k.bad
	}
	return s
}
