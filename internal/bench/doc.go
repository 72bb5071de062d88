// Package bench holds the benchmarks behind BENCHMARKS.md. It has no code of its own; run it with
//
//	make bench
//
// Names are read by benchstat: what ends in impl=this is ours, and impl=base is what it is compared with, measured right
// before it. A step is one poll of one task. What a benchmark reports beyond time and allocations:
//
//	cpu-ns/op     processor time per operation: the figure to compare on a machine that others use as well
//	steps/s       polls per second of processor time
//	runs/s        whole runs per second of processor time; executor, kernel, tape and explorer are reused
//	events/s      operations of the simulated world per second of processor time
//	virtual-ns/s  virtual nanoseconds per second of processor time
package bench
