package sim

import "github.com/tripoint-go/tripoint/vclock"

// reapable reports whether Reap has something to say that is not a draw.
func (k *Kernel) reapable() bool {
	return k.cqLen > 0 || k.noteLen > 0 || (k.pending|k.asserted)&k.enabled != 0
}

// Wait implements [backend.Backend] (duty 7) and is the only place where virtual time moves: to until, or to the first
// instant at which Reap has something to say, whichever is earlier, and never further. If there is something to say
// already, or Unpark was called since the last Wait, it returns at once. It returns false if until is Forever and nothing
// will come: what had still to happen unseen, such as a request on a disabled line, has then happened. It makes no draws.
func (k *Kernel) Wait(until vclock.Instant) bool {
	if k.unparked.Load() {
		k.unparked.Store(false)
		return true
	}
	for {
		if k.next <= k.now {
			k.settle()
		}
		if k.reapable() {
			return true
		}
		if k.next > until || k.next == vclock.Forever {
			if until == vclock.Forever {
				return false
			}
			k.advance(until)
			return true
		}
		k.advance(k.next)
	}
}

// advance moves virtual time, never backwards.
func (k *Kernel) advance(to vclock.Instant) {
	if to > k.now {
		k.now = to
		k.noise = 0
	}
}

// Unpark implements [backend.Backend]. It may be called from any thread, and several calls before a Wait count once.
func (k *Kernel) Unpark() { k.unparked.Store(true) }
