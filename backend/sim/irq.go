package sim

import (
	"math/bits"

	"github.com/tripoint-go/tripoint/backend"
	"github.com/tripoint-go/tripoint/vclock"
)

// line is an interrupt line and the device on it, apart from the bits that the Kernel keeps in words.
type line struct {
	raises   int32 // first scheduled request, or none
	requests int   // of the device in this run
	storm    int   // requests in a row that SiteIRQStorm added
}

// Bounds on what nobody asked for, so that no chooser can keep virtual time from moving.
const (
	stormMax      = 3  // additional requests in a row
	noiseMax      = 16 // spurious reports and storm requests between two moves of time
	spuriousEvery = 8  // of Reap calls draw SiteTaskSpurious
	irqEvery      = 4  // of Reap calls draw SiteIRQSpurious
)

func (k *Kernel) bit(n int) uint64 {
	if uint(n) >= uint(len(k.lines)) {
		panic("sim: there is no such line")
	}
	return 1 << n
}

// LineEnable implements [backend.Backend]: it opens line n. A request that was pending is reported by the next Reap.
func (k *Kernel) LineEnable(n int) {
	if b := k.bit(n); k.enabled&b == 0 {
		k.enabled |= b
		k.sources++
	}
}

// LineDisable implements [backend.Backend]: it closes line n. Requests stay pending.
func (k *Kernel) LineDisable(n int) {
	if b := k.bit(n); k.enabled&b != 0 {
		k.enabled &^= b
		k.sources--
	}
}

// LinePend implements [backend.Backend]: it requests line n by software, which is one more reason for the same bit.
func (k *Kernel) LinePend(n int) { k.pending |= k.bit(n) }

// LineEnabled reports whether line n is open.
func (k *Kernel) LineEnabled(n int) bool { return k.enabled&k.bit(n) != 0 }

// Device says how the device on line n requests it: by an edge (false, as without this call), or by a level that stays
// asserted until Clear (true). A level requests the open line again after every report.
func (k *Kernel) Device(n int, level bool) {
	b := k.bit(n)
	k.level &^= b
	k.asserted &^= b
	if level {
		k.level |= b
	}
}

// RaiseAt schedules a request of the device on line n for the instant at, or for now if that has passed. A request at
// Forever never comes.
func (k *Kernel) RaiseAt(n int, at vclock.Instant) {
	b := k.bit(n)
	if at != vclock.Forever {
		k.insert(&k.lines[n].raises, k.takeNode(eventRaise, int32(n)), at)
		k.scheduled |= b
		k.sources++
	}
}

// Clear takes back the level of the device on line n, as a driver does by writing to the device. A pending bit that was
// latched before stays and gives one more report.
func (k *Kernel) Clear(n int) { k.asserted &^= k.bit(n) }

// Asserted reports whether the level device on line n requests it.
func (k *Kernel) Asserted(n int) bool { return k.asserted&k.bit(n) != 0 }

// Requests returns how often the device on line n has requested it in this run, coalesced requests included. It is the
// device's own count: software, spurious and storm requests are not in it.
func (k *Kernel) Requests(n int) int {
	k.bit(n)
	return k.lines[n].requests
}

// raiseNext lets the first scheduled request of a line arrive.
func (k *Kernel) raiseNext(n int32) {
	ln := &k.lines[n]
	b := uint64(1) << n
	i := ln.raises
	ln.raises = k.nodes[i].link
	if ln.raises == none {
		k.scheduled &^= b
	}
	k.sources--
	k.unschedule(i)
	k.freeNode(i)
	ln.requests++
	k.pending |= b
	k.asserted |= b & k.level
}

// reapLines reports what is pending on enabled lines, each line at most once, the lowest first. The pending bit is cleared
// at the report, which is handler entry.
func (k *Kernel) reapLines(into []backend.Completion) int {
	due := (k.pending | k.asserted) & k.enabled
	n := 0
	for due != 0 && n < len(into) {
		i := bits.TrailingZeros64(due)
		b := uint64(1) << i
		due &^= b
		k.pending &^= b
		into[n] = backend.Completion{N: int32(i), Kind: backend.CompletionLine}
		n++
		if k.draws.Chooser != nil {
			k.drawStorm(i, b)
		}
	}
	return n
}

func (k *Kernel) drawStorm(i int, b uint64) {
	ln := &k.lines[i]
	if ln.storm < stormMax && k.noise < noiseMax &&
		k.draws.Draw(backend.ChoiceIRQ, SiteIRQStorm, 2, int64(i)) != 0 {
		ln.storm++
		k.noise++
		k.pending |= b
		return
	}
	ln.storm = 0
}

// disturb makes the draws of one Reap that are about things arriving now: scheduled requests (one draw per line that has
// any), an interrupt without a request (every irqEvery calls, one enabled line in turn), the next scheduled signal.
func (k *Kernel) disturb() {
	for due := k.scheduled; due != 0; due &= due - 1 {
		i := bits.TrailingZeros64(due)
		if k.draws.Draw(backend.ChoiceIRQ, SiteIRQEarly, 2, int64(i)) != 0 {
			k.raiseNext(int32(i))
		}
	}
	if k.enabled != 0 && k.reaps%irqEvery == 0 && k.noise < noiseMax {
		i := k.enabledInTurn(k.reaps / irqEvery)
		if k.draws.Draw(backend.ChoiceIRQ, SiteIRQSpurious, 2, int64(i)) != 0 {
			k.noise++
			k.pending |= 1 << i
		}
	}
	if k.signals != none {
		signo := int64(k.nodes[k.signals].n)
		if k.draws.Draw(backend.ChoiceExt, SiteSignalEarly, 2, signo) != 0 {
			k.signalNext()
		}
	}
}

// enabledInTurn returns the enabled line whose turn it is; there is at least one.
func (k *Kernel) enabledInTurn(turn int) int {
	m := k.enabled
	for skip := turn % bits.OnesCount64(m); skip > 0; skip-- {
		m &= m - 1
	}
	return bits.TrailingZeros64(m)
}
