package sched

import "github.com/tripoint-go/tripoint/backend"

// This file is the loop of an executor with one thread.

// Tick does one turn: reap completions, fire due timers, poll the batch that is ready, submit what it prepared, and park
// if there was nothing to do. It returns false when the run is over. It is for the thread of an executor without workers.
func (ex *Executor) Tick() bool {
	ex.turns(false)
	return !ex.run.over
}

// turns does one turn, or all until the run is over. A switch to a coroutine and back costs some 9 ns more for every function
// between the loop and the switch, because the processor then mispredicts its return. Hence this one loop polls all tasks.
func (ex *Executor) turns(all bool) {
	for again := true; again && !ex.run.over; again = all {
		batch := ex.openTurn()
		polls := batch > 0
		for batch > 0 {
			if t := ex.nextTask(); t != nil {
				ex.current = t
				var p Poll
				if t.co.active() {
					t.co.resume()
					p = t.co.answer(t)
				} else {
					p = t.poll(t)
				}
				ex.polled(t, p)
			}
			ex.open()
			batch = ex.batchLeft(batch)
		}
		if polls && len(ex.batch) > 0 && !ex.run.over {
			ex.submit()
		}
		if ex.tr.Stopped() {
			ex.fail(ErrStopped)
		}
	}
}

// openTurn does what comes before the polls of a turn and returns their number: what was ready when the turn began. In free
// order, and with lanes to choose from, every step is decided anew, in a turn of its own. Without a poll it ends the turn.
func (ex *Executor) openTurn() int {
	if simulated && ex.yielders > 0 && ex.yielders == ex.queue.len() && ex.caps.YieldTick > 0 && ex.paused == 0 {
		ex.be.Wait(min(ex.deadline(), ex.now.Add(ex.caps.YieldTick)))
	}
	if simulated || ex.timers.root != nil || ex.tr != nil || ex.run.phase == phaseGrace { // somebody wants to know
		ex.readClock()
	}
	n := ex.be.Reap(ex.reports)
	ex.reaped = n == len(ex.reports)
	if n > 0 {
		ex.takeReports(ex.reports[:n])
	}
	if ex.timers.root != nil {
		ex.fireTimers()
	}
	switch {
	case ex.run.over || ex.run.rootEnded && ex.phaseEnded():
	case ex.queue.len()+ex.paused > 0:
		if simulated && ex.choosing {
			return 1
		}
		return ex.queue.len()
	case ex.submit() || ex.reaped:
	default:
		ex.idle()
	}
	return 0
}

// nextTask decides who goes on and returns the task to poll, or nil if it had its teardown instead.
func (ex *Executor) nextTask() *Task {
	if simulated && ex.lanes > 1 {
		if t := ex.nextLane(); t != nil {
			return t
		}
	}
	if simulated && ex.opts.FreeOrder {
		return ex.begin(ex.tasks[ex.queue.take(ex.draws.DrawTask(ex.queue.ready()))])
	}
	return ex.begin(ex.tasks[ex.queue.pop()])
}

// batchLeft returns how many of the batch are left after a step.
func (ex *Executor) batchLeft(batch int) int {
	switch {
	case simulated && ex.choosing:
		ex.overBudget()
		if ex.run.rootEnded {
			ex.phaseEnded()
		}
		return 0
	case ex.run.rootEnded && ex.phaseEnded() || ex.overBudget() || ex.queue.len() == 0:
		return 0
	}
	return batch - 1
}

// nextLane decides which lane acts. If that lane is inside a poll, it goes on with the task that is returned; otherwise the
// next task is to be polled there.
func (ex *Executor) nextLane() *Task {
	can := ex.laneMap[:0]
	idle := ex.queue.len() == 0
	for lane := 0; lane < ex.lanes; lane++ {
		if ex.laneTask[lane] != nil {
			can = push(can, uint8(lane))
		} else if !idle {
			idle = true // all idle lanes are alike: the lowest stands for them
			can = push(can, uint8(lane))
		}
	}
	lane := can[ex.draws.Draw(backend.ChoiceLane, 0, len(can), 0)]
	if ex.tr != nil {
		ex.tr.Lane = lane
	}
	t := ex.laneTask[lane]
	if t == nil {
		ex.lane = lane
		return nil
	}
	ex.laneTask[lane] = nil
	ex.paused--
	return t
}

// overBudget ends a run that has used up its steps.
func (ex *Executor) overBudget() bool {
	if ex.steps >= ex.stepsMax {
		ex.fail(ErrSteps)
	}
	return ex.run.over
}
