//go:build linux

package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
)

// fio runs fio with ioengine=io_uring on one point, random reads or appends with fsync, and prints its result as a line.
// fio does not measure the time of single operations here (gtod_reduce): none of the others does it for reads either.
//
// With -batch it submits and takes as many as are in flight at once; its default is one at a time.
func fio(args []string) error {
	p, err := pointFlags("fio", args)
	if err != nil {
		return err
	}
	cmd := exec.Command("fio", fioArgs(p)...)
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	if p.writers > 0 {
		defer os.Remove(p.file)
	}
	if err != nil {
		return fmt.Errorf("fio: %w\n%s", err, out)
	}
	line, err := fioLine(p, out)
	if err != nil {
		return err
	}
	fmt.Println(line)
	return nil
}

// fioArgs is the command line for one point.
func fioArgs(p point) []string {
	args := []string{
		"--name=job", "--ioengine=io_uring", "--filename=" + p.file, "--output-format=json", "--thread=1",
		"--time_based=1", fmt.Sprintf("--runtime=%dms", p.duration().Milliseconds()),
	}
	if p.writers > 0 {
		return append(args,
			"--rw=write", fmt.Sprintf("--bs=%d", p.bytes), "--fsync=1", "--size=256m", "--fallocate=none", "--overwrite=0",
			"--create_on_open=1")
	}
	args = append(args,
		"--rw=randread", fmt.Sprintf("--bs=%d", block), fmt.Sprintf("--iodepth=%d", p.depth), "--norandommap=1",
		"--invalidate=0", "--gtod_reduce=1", "--readonly")
	if p.direct {
		args = append(args, "--direct=1")
	}
	if p.batch {
		args = append(args, fmt.Sprintf("--iodepth_batch_submit=%d", p.depth), "--iodepth_batch_complete_min=1",
			fmt.Sprintf("--iodepth_batch_complete_max=%d", p.depth))
	}
	return args
}

// fioResult is the part of fio's output that is read.
type fioResult struct {
	Jobs []struct {
		Error int
		Read  fioSide
		Write fioSide
		// Shares of the run time, in percent.
		User float64 `json:"usr_cpu"`
		Sys  float64 `json:"sys_cpu"`
	}
}

type fioSide struct {
	Runtime float64 // ms
	Ops     float64 `json:"total_ios"`
}

// fioLine turns the output of one run with one job into a benchmark line.
func fioLine(p point, out []byte) (string, error) {
	var r fioResult
	if err := json.Unmarshal(out, &r); err != nil {
		return "", fmt.Errorf("fio: its output is no JSON: %w", err)
	}
	if len(r.Jobs) != 1 || r.Jobs[0].Error != 0 {
		return "", errors.New("fio: want one job without an error")
	}
	job := r.Jobs[0]
	side, name := job.Read, p.readName("fio")
	switch {
	case p.writers > 0:
		side, name = job.Write, p.appendName("fio")
	case p.batch:
		name += "-batch"
	}
	if side.Ops == 0 || side.Runtime == 0 {
		return "", errors.New("fio: it did nothing")
	}
	perOp := side.Runtime * 1e6 / side.Ops
	return fmt.Sprintf("Benchmark%s\t%.0f\t%.1f ns/op\t%.1f cpu-ns/op",
		name, side.Ops, perOp, perOp*(job.User+job.Sys)/100), nil
}
