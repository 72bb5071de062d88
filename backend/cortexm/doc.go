// Package cortexm is the world of one bare Cortex-M processor: its interrupts, a clock and an alarm, a serial port, stacks for
// straight-line tasks. It has no heap, no goroutines and no operating system, and is built by TinyGo for ARMv6-M, ARMv7-M and
// ARMv8-M. For every other target the package is empty.
//
// A firmware declares its memory and starts the executor, which is the same as everywhere:
//
//	var (
//		world  cortexm.Backend
//		ex     sched.Executor
//		memory sched.Memory
//		lines  [16 + 31]sched.Line // up to the highest line that the program waits for
//		root   sched.Task
//		stack  [192]uint32
//	)
//
//	func body(t *sched.Task) int64 { ... }
//
//	func main() {
//		world.Init(cortexm.Options{})
//		ex.Init(memory.Storage(lines[:]), sched.Options{Backend: &world})
//		ex.BeginFunc(&root, "root", body, stack[:], sched.DetachTasks, true)
//		ex.Serve()
//		world.Halt(nil)
//	}
//
// Interrupts. A line is an exception number: 16+i for interrupt i of the chip, 14 for PendSV, which tasks request by software.
// The executor has one waiter list for each line. A line is enabled in the NVIC while somebody waits for it; those of the serial port in
// use and of the alarm's timer are the backend's, and who waits for one waits for ever. Its handler wakes
// everybody who waits, in order, and with the last waiter the line is disabled, so a device that nobody has served yet cannot
// storm. The task that was woken clears its device and waits again.
//
//	device ══▶ NVIC ══▶ handler ─ pass over the line's list ─▶ task: serve the device, wait again
//
// Masks. Interrupts are masked (PRIMASK) while the executor or a task runs. They are let in between two polls and during a wait,
// and nowhere else. All priorities are equal, so no handler interrupts another. Hence the core needs no locks, a poll is never
// interrupted, and the longest poll is the bound of every latency.
//
// Sleep. The processor waits in WFI with interrupts masked: one that arrives between the last look and the WFI ends it at once.
//
// Time. SysTick is the clock, and the alarm where the board has no other timer; it is right across the wrap of its 24 bits as long
// as no poll takes longer than 2^24 ticks.
//
// Serial port. Descriptor 0 is the board's first UART: backend.OpRead and OpWrite with offset -1.
//
// Faults. A fault, a panic and an overflow of a stack end the program: [Options].Fault is called, with the name of the task, and does
// not return.
package cortexm
