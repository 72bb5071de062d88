//go:build tinygo && cortexm

// Package main is the firmware that runs portable scenarios for the host: requests come over one pipe, traces and verdicts go back
// over another, through semihosting, until the host closes its end. Nothing interrupts the program under test but what it asks for.
package main

import (
	"github.com/tripoint-go/tripoint/backend"
	"github.com/tripoint-go/tripoint/backend/cortexm"
	"github.com/tripoint-go/tripoint/backend/cortexm/semihost"
	"github.com/tripoint-go/tripoint/internal/prng"
	"github.com/tripoint-go/tripoint/scenarios/portable"
	"github.com/tripoint-go/tripoint/sched"
	"github.com/tripoint-go/tripoint/vclock"
)

// stackWords is the stack of one task; [reply.end] tells how much of it was used.
const stackWords = 148

// linesMax is one more than the highest line that lineOf gives.
const linesMax = 16 + 5

var (
	board   device
	ex      sched.Executor
	memory  storage
	lines   [linesMax]sched.Line
	tasks   [portable.TasksMax]sched.Task
	stacks  [portable.TasksMax * stackWords]uint32
	set     portable.Set
	world   portable.World
	env     portable.Env
	trace   backend.Trace
	records [2]backend.Event
	random  prng.Rand
	out     reply
)

func main() {
	board.Init(cortexm.Options{Fault: fault})
	env = portable.Env{Work: work, Line: lineOf, Raise: raise, Storm: storm, Calm: calm, Fail: fail, Sometimes: sometimes}
	var req request
	for req.read() {
		run(&req)
	}
	semihost.Exit(0, nil)
}

// storage is like sched.Memory, and smaller: 16 KiB are not much.
type storage struct {
	tasks    [portable.TasksMax + 1]*sched.Task
	gens     [portable.TasksMax + 1]uint64
	free     [portable.TasksMax + 1]uint32
	queue    [2 * (portable.TasksMax + 1)]uint32
	ops      [1]sched.OpSlot
	freeOps  [1]uint16
	batch    [1]*backend.Op
	reports  [4]backend.Completion
	laneTask [1]*sched.Task
	laneMap  [1]uint8
}

func (m *storage) storage() sched.Storage {
	return sched.Storage{
		Tasks: m.tasks[:], Gens: m.gens[:], Free: m.free[:], Queue: m.queue[:], Ops: m.ops[:], FreeOps: m.freeOps[:], Batch: m.batch[:],
		Lines: lines[:], Reports: m.reports[:], LaneTask: m.laneTask[:], LaneMap: m.laneMap[:],
	}
}

// run makes one run, from the same state as every other: an executor that remembers its last run would need fewer instructions
// for the next.
func run(req *request) {
	ex = sched.Executor{}
	clear(tasks[:]) // some may be live: frozen
	board.reset()
	random.Seed(req.seed, 0)
	trace.Init(records[:], &out)
	ex.Init(memory.storage(), sched.Options{Backend: &board, Trace: &trace, Seed: int64(req.seed), Grace: vclock.Duration(req.grace), StepsMax: stepsMax})
	world.Init(&ex, &env, tasks[:], stacks[:])
	world.Load(set.Program(int(req.program)))
	world.Begin()
	ex.Serve()
	world.End()
	out.end()
}

// stepsMax ends a run that makes no progress.
const stepsMax = 100_000

func work(n int) int { return random.N(n) }

// lineOf maps the lines of programs: the second one is for requests by software, so it is PendSV; the others belong to devices that
// no board here has, or that nobody has switched on.
func lineOf(i int) int {
	switch i {
	case 0:
		return 16 + 3
	case 1:
		return 14
	}
	return 16 + 4
}

// fault ends the emulator, after the events up to here; the host knows which program it was.
func fault(f *cortexm.Fault) {
	trace.Flush()
	out.fault(f)
	semihost.Exit(100+f.Exception, nil)
}
