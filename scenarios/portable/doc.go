// Package portable holds the scenarios that need nothing of an operating system: one source that runs in the simulator, on the
// real kernel with any number of workers, and on a bare microcontroller without a heap.
//
// A [Program] is a struct: what it needs while it runs, tasks' futures, locks and counters, are its fields. Setup initialises
// them and registers the body of the root; bodies are plain functions that find the program with t.Arg; Check says what must
// hold when the run is over.
//
//	type Hello struct{ w *World }
//
//	func (p *Hello) Setup(w *World) { p.w = w; w.Main(sched.DetachTasks, helloRoot) }
//	func (p *Hello) Check(w *World) {}
//
//	func helloRoot(t *sched.Task) int64 {
//		p := t.Arg.(*Hello)
//		v, _ := p.w.Spawn(t, "child", helloChild).Join(t)
//		return v
//	}
//
// Whoever runs programs gives a [World] an executor, an [Env], and memory for tasks. To add a program, append it to the
// tables of set.go and set_tinygo.go, and to the registry of package scenarios.
//
// Rules for programs. They allocate nothing: no closure that captures, no make, no append, no defer, no map. What is linked
// into lists, a [sched.Sleep] or a race, is a field and never a local variable. Errors are compared with [sched.Is]. What several
// bodies write is atomic, or in a lock, because they may run on several workers. What is exact in virtual time only is asked
// for where World.Virtual says so. The smallest board has 16 KiB for everything.
package portable
