// Command report prints what a wake costs on a Cortex-M, in instructions and bytes: the executor beside the same structure in C, which
// has nothing but lists and polls, counted in one emulator by one plugin.
//
//	go run ./bench/cortexm/report
package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"text/tabwriter"
	"time"

	"github.com/tripoint-go/tripoint/bench/cortexm"
	"github.com/tripoint-go/tripoint/internal/firmware"
	"github.com/tripoint-go/tripoint/internal/firmware/bare"
	"github.com/tripoint-go/tripoint/internal/firmware/cost"
	"github.com/tripoint-go/tripoint/internal/firmware/count"
)

// atMost bounds the whole report.
const atMost = 5 * time.Minute

func main() {
	ctx, cancel := context.WithTimeout(context.Background(), atMost)
	defer cancel()
	if err := report(ctx); err != nil {
		fmt.Fprintln(os.Stderr, "report:", err)
		os.Exit(1)
	}
}

func report(ctx context.Context) error {
	tc, err := firmware.Find()
	if err != nil {
		return err
	}
	dir, err := os.MkdirTemp("", "report")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	plugin := filepath.Join(dir, "count.so")
	if err := count.BuildPlugin(ctx, "cc", plugin); err != nil {
		return err
	}
	tw := tabwriter.NewWriter(os.Stdout, 0, 8, 2, ' ', 0)
	fmt.Fprintln(tw, "board\twho\twhat\tcost")
	for _, b := range firmware.Boards() {
		for _, v := range []cost.Variant{{}, {Kinds: true}, {Trace: true}} {
			if err := executor(ctx, tw, tc, b, v, plugin); err != nil {
				return err
			}
		}
	}
	for _, b := range bare.Boards() {
		for _, v := range cortexm.Variants() {
			if err := bare.Lacking(v.Compiler); err != nil {
				fmt.Fprintf(tw, "%s\t%v\tleft out: %v\t\n", b.Machine, v, err)
				continue
			}
			w, err := cortexm.MeasureWake(ctx, b, v, plugin)
			if err != nil {
				return err
			}
			fmt.Fprintf(tw, "%s\t%v\tinterrupt to the first waiting task\t%d to %d instructions\n", b.Machine, v, w.Run.Min, w.Run.Max)
			fmt.Fprintf(tw, "%s\t%v\tone task to the next\t%d to %d instructions\n", b.Machine, v, w.Next.Min, w.Next.Max)
		}
	}
	return tw.Flush()
}

// executor writes the rows of one firmware with the executor.
func executor(ctx context.Context, tw *tabwriter.Writer, tc *firmware.Toolchain, b firmware.Board, v cost.Variant, plugin string) error {
	costs, err := cost.Measure(ctx, tc, b, v, plugin)
	if err != nil {
		return err
	}
	for _, c := range costs {
		fmt.Fprintf(tw, "%s\t%v\t%s\t%d %s\n", b.Name, v, c.Name, c.N, c.Unit)
	}
	return nil
}
