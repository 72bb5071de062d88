package sched

import "github.com/tripoint-go/tripoint/backend"

// The limits of [Memory].
const (
	MemoryTasks = 16 // live at the same time
	MemoryOps   = 8  // in flight at the same time
)

// Memory is the [Storage] of a small program without a heap, as one package variable: some 1.5 KiB on a 32-bit processor. A program
// with other limits declares its own arrays.
type Memory struct {
	tasks    [MemoryTasks + 1]*Task
	gens     [MemoryTasks + 1]uint64
	free     [MemoryTasks + 1]uint32
	queue    [2 * (MemoryTasks + 1)]uint32
	ops      [MemoryOps]OpSlot
	freeOps  [MemoryOps]uint16
	batch    [MemoryOps]*backend.Op
	reports  [MemoryOps]backend.Completion
	laneTask [1]*Task
	laneMap  [1]uint8
}

// Storage returns the memory together with the lines, which belong to the program: one more than the highest line that it waits
// for, and at least 16 where handlers interrupt.
func (m *Memory) Storage(lines []Line) Storage {
	return Storage{
		Tasks: m.tasks[:], Gens: m.gens[:], Free: m.free[:], Queue: m.queue[:], Ops: m.ops[:], FreeOps: m.freeOps[:], Batch: m.batch[:],
		Lines: lines, Reports: m.reports[:], LaneTask: m.laneTask[:], LaneMap: m.laneMap[:],
	}
}
