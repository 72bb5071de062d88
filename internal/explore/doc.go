// Package explore runs programs in the simulator: one run, one run again, or a sweep over many seeds.
//
// A [Program] builds its world on a [World] and registers one root. A [Runner] wires kernel, executor, explorer, tape,
// monitors and trace together, once, and runs the program for one seed after another:
//
//	r := explore.New("hello", explore.Config{}, program, explore.Options{Monitors: true})
//	defer r.Close()
//	res := r.Run(7)
//	if res.Outcome != explore.Pass {
//		f := r.Explain(res) // runs it again, recorded
//	}
//
// A [Real] runs the same program on a real kernel, which [RealOptions] brings, with workers that run beside each other. What
// makes a run, its set-up, its root, its properties and monitors, is the same; there is no tape, and nothing can be run again.
//
// Terms. The zero run is the run in which every draw is 0. A property is a rule of one program, an invariant one of the
// specification; either can be violated.
//
// Promises:
//
//  1. A run is a function of the program, the configuration, the options and the seed. Runs before it leave nothing behind.
//  2. The result of a [Sweep] does not depend on the number of workers, nor does the order of its lines.
//  3. A failure is run again before it is reported. If it does not repeat exactly, nondeterminism is the report.
//  4. Without monitors and recording, a runner that is warm allocates only what the program does.
//  5. A real run ends with its last goroutine and its last descriptor, or it is a failure.
package explore
