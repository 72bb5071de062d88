package explore

import "sync/atomic"

// Watch lets other goroutines see whether a runner gets on, so that they can name a run that hangs: a body that spins without
// an await stops its runner for good. A runner only writes to it, a few times per run, so nobody who looks changes a run.
// The zero value is ready; it serves one runner, which need not exist yet.
type Watch struct {
	moves atomic.Uint64
	seed  atomic.Uint64
	stage atomic.Uint32
}

// Stage is what a runner is doing.
type Stage uint32

// The stages.
const (
	Idle     Stage = iota // between runs
	InZero                // in a run on the zero tape
	InSeed                // in the run of a seed
	InReplay              // in the replay of a tape
)

// Position is where a runner is.
type Position struct {
	Moves uint64 // grows when a run begins, hands its events on, or ends
	Stage Stage
	Seed  uint64 // of the run; 0 if it has none
}

// Now returns where the runner is. Seed and Stage belong together once two calls have returned the same Moves.
func (w *Watch) Now() Position {
	return Position{Moves: w.moves.Load(), Stage: Stage(w.stage.Load()), Seed: w.seed.Load()}
}

// enter says that the runner is in a stage from now on. A nil watch is watched by nobody.
func (w *Watch) enter(s Stage, seed uint64) {
	if w == nil {
		return
	}
	w.seed.Store(seed)
	w.stage.Store(uint32(s))
	w.moves.Add(1)
}

func (w *Watch) move() {
	if w != nil {
		w.moves.Add(1)
	}
}
