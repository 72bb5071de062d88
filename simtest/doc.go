// Package simtest runs programs in the simulator, inside go test. One test is many runs: every seed decides the order of the
// tasks, the faults and the workload, and a seed that fails is reported with the command that repeats it.
//
//	func TestNoUpdateIsLost(t *testing.T) {
//		simtest.Run(t, func(w *simtest.World) {
//			var counter tsync.Mutex[int]
//			counter.Init(w.Exec, "counter", 0)
//			add := func(t *sched.Task) int {
//				if counter.With(t, func(n *int) { *n++ }) != nil {
//					return 1
//				}
//				return 0
//			}
//			w.Main(sched.WaitForAllTasks, func(t *sched.Task) int {
//				a, b := sched.Spawn(t, "a", add), sched.Spawn(t, "b", add)
//				a.Join(t)
//				b.Join(t)
//				counter.With(t, func(n *int) {
//					w.Assert(*n == 2, "no update is lost", "after two increments the counter is %d", *n)
//				})
//				return 0
//			})
//		})
//	}
//
// A program is called once per run. It makes all its state anew, declares its properties with the methods of [World], and
// registers one root with Main or Run; the comments of [World] and [Config] list what these have. A program says Assert. It
// does not call Fatal or Skip of the test: they end a run in the middle, which can only be reported, not confirmed.
//
// Rules, so that a seed stays a run: no wall clock, no goroutines, no randomness but [World.Work], no order of a map, no
// state that outlives a run. What breaks them shows as a failure that does not repeat; Run names it nondeterminism and
// prints where two runs of the seed first differ.
//
// The flags -tripoint.seed and -tripoint.seeds choose the seeds of a test, and -tripoint.replay runs a tape that a failure of
// this test has left (go test -artifacts keeps it), strictly. Their environment twins TRIPOINT_SEED, TRIPOINT_SEEDS and
// TRIPOINT_REPLAY also work where go test runs packages that do not know the flags; TRIPOINT_STRATEGY, TRIPOINT_FAULTS,
// TRIPOINT_STEPS and TRIPOINT_WORKERS change the rest. Flags win over the environment, and both over options; a tape brings
// its own options.
package simtest
