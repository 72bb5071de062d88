package explore

import (
	"fmt"
	"runtime/debug"
	"sync"

	"github.com/tripoint-go/tripoint/chaos"
)

// Job is one program with its seeds, as part of a sweep.
type Job struct {
	Name    string
	Config  Config
	Program Program
	Options Options
	Seeds   chaos.Seeds
}

// Line is the result of one run in a sweep.
type Line struct {
	Result
	Job      int
	Replayed *Result // of the strict replay of its tape, if the sweep replays
}

// Summary is what a sweep found out about one job.
type Summary struct {
	Job       *Job
	Runs      int64    // seeds run
	Failed    int64    // of them
	Zero      Result   // Invalid if the sweep was stopped before it
	First     *Failure // in full: the first of the seeds that failed, or the zero run if that alone did
	FirstRun  int64    // how many seeds had been run by then
	Stats     Stats    // of the seeds and the zero run
	Schedules int      // different ones among the seeds
	Tapes     int      // different ones among the seeds
}

// SweepOptions are the choices of a sweep.
type SweepOptions struct {
	Workers  int                     // goroutines, at least 1
	Replay   bool                    // replay the tape of every seed at once, strictly; the replays are in no statistics
	Each     func(*Line)             // may be nil; called for every run, in the order of jobs and seeds, the zero run first
	Progress func(done, total int64) // may be nil; called from time to time, by one goroutine at a time

	// Stop may be nil; it is asked before every run, by any goroutine. Once it is true, no run begins any more: those that
	// have begun end, and the summaries are of what has been run.
	Stop func() bool
}

const (
	chunkSeeds   = 32      // dealt out at once
	windowChunks = 64      // per worker: how far a worker may be ahead of the slowest
	distinctMax  = 1 << 20 // hashes remembered per job; beyond, the count stays
)

// sweep is the state of a sweep. The mutex protects everything below it.
type sweep struct {
	jobs []Job
	opts SweepOptions

	mu      sync.Mutex
	moved   sync.Cond // consumed has grown
	job     int
	pos     int // next seed of the job; -1: the zero run
	dealt   int
	taken   int // chunks consumed
	pending map[int][]Line
	done    int64
	total   int64
	sums    []Summary
	first   []*Result // of the seeds of each job
	sets    []sets
	err     error
}

type sets struct{ schedules, tapes map[uint64]struct{} }

// chunk is a stretch of the seeds of one job.
type chunk struct{ number, job, from, to int }

// Sweep runs every job: the zero tape, then all seeds. It goes on after failures, and explains the first one of each job.
// The error is an internal one.
func Sweep(jobs []Job, opts SweepOptions) ([]Summary, error) {
	s := &sweep{jobs: jobs, opts: opts, pos: -1, pending: map[int][]Line{}}
	s.moved.L = &s.mu
	s.sums, s.sets, s.first = make([]Summary, len(jobs)), make([]sets, len(jobs)), make([]*Result, len(jobs))
	for i := range jobs {
		s.sums[i].Job = &jobs[i]
		s.sets[i] = sets{map[uint64]struct{}{}, map[uint64]struct{}{}}
		s.total += int64(jobs[i].Seeds.Count()) + 1
	}
	var group sync.WaitGroup
	for range max(1, opts.Workers) {
		group.Go(s.work)
	}
	group.Wait()
	if s.err != nil {
		return nil, s.err
	}
	for i := range s.sums {
		s.finish(i)
	}
	return s.sums, nil
}

// work is one goroutine: it runs chunks until there are none.
func (s *sweep) work() {
	var runner *Runner
	job := -1
	leave := func() {
		if runner != nil {
			s.mu.Lock()
			s.sums[job].Stats.Add(runner.Stats())
			s.mu.Unlock()
			runner.Close()
			runner = nil
		}
	}
	defer func() {
		if v := recover(); v != nil {
			s.mu.Lock()
			s.err = fmt.Errorf("explore: the sweep panicked: %v\n%s", v, debug.Stack())
			s.moved.Broadcast()
			s.mu.Unlock()
		}
	}()
	for {
		c, ok := s.next()
		if !ok {
			leave()
			return
		}
		if c.job != job {
			leave()
			j := &s.jobs[c.job]
			runner, job = New(j.Name, j.Config, j.Program, j.Options), c.job
		}
		s.consume(c, s.runChunk(runner, c))
	}
}

func (s *sweep) runChunk(r *Runner, c chunk) []Line {
	if c.from < 0 {
		return []Line{{Result: r.Zero(), Job: c.job}}
	}
	lines := make([]Line, 0, c.to-c.from)
	for i := c.from; i < c.to && !s.stopped(); i++ {
		l := Line{Result: r.Run(s.jobs[c.job].Seeds.At(i)), Job: c.job}
		if s.opts.Replay {
			again := r.again()
			l.Replayed = &again
		}
		lines = append(lines, l)
	}
	return lines
}

func (s *sweep) stopped() bool { return s.opts.Stop != nil && s.opts.Stop() }

// next deals out a chunk. It waits if the caller is too far ahead of the slowest worker.
func (s *sweep) next() (chunk, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for s.dealt-s.taken > windowChunks*max(1, s.opts.Workers) && s.err == nil {
		s.moved.Wait()
	}
	for s.job < len(s.jobs) && s.pos >= s.jobs[s.job].Seeds.Count() {
		s.job, s.pos = s.job+1, -1
	}
	if s.job == len(s.jobs) || s.err != nil || s.stopped() {
		return chunk{}, false
	}
	c := chunk{number: s.dealt, job: s.job, from: s.pos, to: min(s.pos+chunkSeeds, s.jobs[s.job].Seeds.Count())}
	if c.from < 0 {
		c.to = 0
	}
	s.pos = c.to
	s.dealt++
	return c, true
}

// consume takes the lines of a chunk in, when all chunks before it were.
func (s *sweep) consume(c chunk, lines []Line) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.pending[c.number] = lines
	for {
		lines, ok := s.pending[s.taken]
		if !ok {
			break
		}
		delete(s.pending, s.taken)
		s.taken++
		for i := range lines {
			s.line(&lines[i])
		}
		s.done += int64(len(lines))
	}
	s.moved.Broadcast()
	if s.opts.Progress != nil {
		s.opts.Progress(s.done, s.total)
	}
}

func (s *sweep) line(l *Line) {
	sum, set := &s.sums[l.Job], &s.sets[l.Job]
	if l.Zero {
		sum.Zero = l.Result
	} else {
		sum.Runs++
		remember(set.schedules, l.Schedule)
		remember(set.tapes, l.Draws)
		if l.Outcome != Pass {
			sum.Failed++
			if s.first[l.Job] == nil {
				first := l.Result
				s.first[l.Job], sum.FirstRun = &first, sum.Runs
			}
		}
	}
	if s.opts.Each != nil {
		s.opts.Each(l)
	}
}

func remember(set map[uint64]struct{}, hash uint64) {
	if len(set) < distinctMax {
		set[hash] = struct{}{}
	}
}

// finish counts, and explains the first failure with a runner that has no past.
func (s *sweep) finish(job int) {
	sum := &s.sums[job]
	sum.Schedules, sum.Tapes = len(s.sets[job].schedules), len(s.sets[job].tapes)
	for site, fires := range sum.Stats.Tally.Fires {
		if fires != 0 {
			sum.Stats.OnVisits[site] = 0 // how many were counted depends on how the seeds were dealt out
		}
	}
	first := s.first[job]
	if first == nil && sum.Zero.Outcome != Pass && sum.Zero.Outcome != Invalid {
		first = &sum.Zero
	}
	if first == nil {
		return
	}
	j := &s.jobs[job]
	r := New(j.Name, j.Config, j.Program, j.Options)
	defer r.Close()
	f := r.Explain(*first)
	sum.First = &f
}
