package chaos

import (
	"fmt"
	"math"
	"slices"

	"github.com/tripoint-go/tripoint/backend"
)

// DrawsMax is the number of non-zero draws that a tape keeps.
const DrawsMax = 1 << 20

// Draw is a draw that was not 0.
type Draw struct {
	Index int64 // counts the draws of this kind, zeros included, from 0
	Pick  int32 // 1 to N-1
	N     int32
	Kind  backend.ChoiceKind
}

// Counts holds the number of draws of each kind, zeros included.
type Counts [backend.ChoiceKinds]int64

// Total returns the number of draws of all kinds.
func (c *Counts) Total() int64 {
	sum := int64(0)
	for _, n := range c {
		sum += n
	}
	return sum
}

type tapeMode uint8

const (
	tapeLenient tapeMode = iota // the zero Tape reads an empty tape: all draws are 0
	tapeRecord
	tapeStrict
)

// Tape answers the draws of a run and notes what it answered, in one of three ways:
//
//	[Tape.Record]         ask a chooser
//	[Tape.Replay]         read a recording; a draw that it cannot answer makes the tape stale, and 0 is the answer from then on
//	[Tape.ReplayLenient]  read some draws as far as they fit: pick mod n, and 0 where there is none
//
// Each of these starts a new run and drops the notes of the last one; none allocates once the tape is warm. The notes hold
// in all three modes, so a lenient replay that still fails can be saved as a fresh tape.
//
// A tape keeps [DrawsMax] non-zero draws. After that many it answers 0 without asking, so that what it holds stays the
// whole truth. The zero value reads an empty tape leniently. A Tape implements [backend.Chooser].
type Tape struct {
	mode  tapeMode
	from  backend.Chooser // tapeRecord
	count Counts
	draws []Draw // what was answered, zeros left out, in the order of the run

	src    []Draw                   // what is read
	cursor [backend.ChoiceKinds]int // src up to here holds no draw of the kind that is still to come
	want   Counts                   // tapeStrict
	commit string                   // tapeStrict
	bent   int64
	isOld  bool
	stale  Stale
}

// Record starts a run whose draws the chooser answers. The chooser must be ready for a new run.
func (t *Tape) Record(from backend.Chooser) {
	t.start(tapeRecord, nil)
	t.from = from
}

// Replay starts a strict replay. The recording is read during the run and must not change.
func (t *Tape) Replay(rec *Recording) {
	t.start(tapeStrict, rec.Draws)
	t.want = rec.Counts
	t.commit = rec.Header.Commit
}

// ReplayLenient starts a lenient replay of draws whose indices rise within each kind. The slice is read during the run and
// must not change; so it cannot be what this tape's Draws returned.
func (t *Tape) ReplayLenient(draws []Draw) { t.start(tapeLenient, draws) }

func (t *Tape) start(mode tapeMode, src []Draw) {
	t.mode, t.from, t.src = mode, nil, src
	t.count, t.want = Counts{}, Counts{}
	t.cursor = [backend.ChoiceKinds]int{}
	t.draws = t.draws[:0]
	t.bent, t.isOld, t.commit = 0, false, ""
}

// Choose implements [backend.Chooser].
func (t *Tape) Choose(kind backend.ChoiceKind, site backend.Site, n int) int {
	index := t.count[kind]
	t.count[kind]++
	pick := 0
	if t.mode != tapeRecord {
		pick = t.read(kind, index, n)
	} else if len(t.draws) < DrawsMax {
		pick = t.from.Choose(kind, site, n)
	}
	if pick != 0 {
		t.note(kind, index, pick, n)
	}
	return pick
}

// Pick implements [backend.Chooser].
func (t *Tape) Pick(ready []uint32) int {
	index := t.count[backend.ChoicePick]
	t.count[backend.ChoicePick]++
	pick := 0
	if t.mode != tapeRecord {
		pick = t.read(backend.ChoicePick, index, len(ready))
	} else if len(t.draws) < DrawsMax {
		pick = t.from.Pick(ready)
	}
	if pick != 0 {
		t.note(backend.ChoicePick, index, pick, len(ready))
	}
	return pick
}

// Spawned implements [backend.Chooser].
func (t *Tape) Spawned(slot uint32) {
	if t.from != nil {
		t.from.Spawned(slot)
	}
}

func (t *Tape) note(kind backend.ChoiceKind, index int64, pick, n int) {
	if uint(n) > math.MaxInt32 {
		panic("chaos: a draw is among 2 to 2^31-1")
	}
	t.draws = append(t.draws, Draw{Index: index, Pick: int32(pick), N: int32(n), Kind: kind})
}

// read answers a draw in the two replay modes.
func (t *Tape) read(kind backend.ChoiceKind, index int64, n int) int {
	if t.mode == tapeStrict {
		return t.readStrict(kind, index, n)
	}
	d := t.find(kind, index)
	if d == nil {
		return 0
	}
	pick := int(d.Pick)
	if pick >= n {
		t.bent++
		pick %= n
	}
	if len(t.draws) >= DrawsMax {
		return 0
	}
	return pick
}

func (t *Tape) readStrict(kind backend.ChoiceKind, index int64, n int) int {
	if t.isOld {
		return 0
	}
	if index >= t.want[kind] {
		t.setStale(Stale{Reason: StaleMore, Kind: kind, Index: index, Want: n})
		return 0
	}
	d := t.find(kind, index)
	if d == nil {
		return 0
	}
	if int(d.N) != n || int(d.Pick) >= n {
		t.setStale(Stale{Reason: StaleRange, Kind: kind, Index: index, Pick: d.Pick, N: d.N, Want: n})
		return 0
	}
	return int(d.Pick)
}

// find returns the draw with the index and moves the kind's cursor behind it. Indices only rise, so each kind walks the
// source once per run.
func (t *Tape) find(kind backend.ChoiceKind, index int64) *Draw {
	for c := t.cursor[kind]; c < len(t.src); c++ {
		d := &t.src[c]
		if d.Kind != kind || d.Index < index {
			continue
		}
		t.cursor[kind] = c
		if d.Index > index {
			return nil
		}
		t.cursor[kind]++
		return d
	}
	t.cursor[kind] = len(t.src)
	return nil
}

func (t *Tape) setStale(s Stale) {
	s.Commit = t.commit
	if s.Reason != StaleFewer {
		s.Step = t.count.Total()
	}
	s.Recorded, s.Made = t.want[s.Kind], t.count[s.Kind]
	t.stale, t.isOld = s, true
}

// Finish ends a run. After a strict replay it also checks that the program made all the draws of the recording. It returns
// what [Tape.Stale] returns.
func (t *Tape) Finish() *Stale {
	if t.mode == tapeStrict && !t.isOld {
		for kind := range t.count {
			kind := backend.ChoiceKind(kind)
			if t.count[kind] >= t.want[kind] {
				continue
			}
			s := Stale{Reason: StaleFewer, Kind: kind, Index: t.count[kind]}
			if d := t.unread(kind); d != nil {
				s.Index, s.Pick, s.N = d.Index, d.Pick, d.N
			}
			t.setStale(s)
			break
		}
	}
	return t.Stale()
}

// unread returns the first draw of a kind that the run did not come to.
func (t *Tape) unread(kind backend.ChoiceKind) *Draw {
	for c := t.cursor[kind]; c < len(t.src); c++ {
		if t.src[c].Kind == kind {
			return &t.src[c]
		}
	}
	return nil
}

// Stale returns why a strict replay is none, or nil. It points into the tape and holds until the next run.
func (t *Tape) Stale() *Stale {
	if t.isOld {
		return &t.stale
	}
	return nil
}

// Bent returns the number of draws that a lenient replay had to reduce to fit.
func (t *Tape) Bent() int64 { return t.bent }

// Full reports whether the tape has kept as many draws as it can, and answers 0 only.
func (t *Tape) Full() bool { return len(t.draws) >= DrawsMax }

// Counts returns the number of draws of each kind so far.
func (t *Tape) Counts() Counts { return t.count }

// Draws returns the non-zero draws so far, in the order of the run. The memory is the tape's and holds until the next run.
func (t *Tape) Draws() []Draw { return t.draws }

// Recording returns a copy of what the run has drawn, under a header.
func (t *Tape) Recording(header Header) *Recording {
	return &Recording{Header: header, Counts: t.count, Draws: slices.Clone(t.draws)}
}

// StaleReason says in which way a recording does not fit the program. The zero value is invalid.
type StaleReason uint8

// The reasons.
const (
	StaleInvalid StaleReason = iota
	StaleRange               // the draw is among another number of continuations than recorded
	StaleMore                // more draws of a kind than recorded
	StaleFewer               // fewer draws of a kind than recorded
)

// Stale says where a strict replay stopped following its recording: the program is not the one that was recorded.
type Stale struct {
	Reason   StaleReason
	Kind     backend.ChoiceKind
	Step     int64  // the draw of the run, of whatever kind, from 1; 0 for StaleFewer, which shows at the end only
	Index    int64  // of the draw within its kind; for StaleFewer of the first unread surprise, or of the first draw not made
	Pick, N  int32  // as recorded; 0: no such draw on the tape, or a 0
	Want     int    // continuations that the program offered; 0 for StaleFewer
	Made     int64  // draws of the kind by then
	Recorded int64  // draws of the kind on the tape
	Commit   string // of the recording, as its header has it
}

// Error returns the whole finding in one line.
func (s *Stale) Error() string {
	text := "chaos: stale tape (commit unknown)"
	if s.Commit != "" {
		text = "chaos: stale tape (recorded at commit " + s.Commit + ")"
	}
	kind := kindName(s.Kind)
	switch s.Reason {
	case StaleRange:
		return fmt.Sprintf("%s: draw %d of the run (%s@%d): recorded %d of %d, the program now offers %d",
			text, s.Step, kind, s.Index, s.Pick, s.N, s.Want)
	case StaleMore:
		return fmt.Sprintf("%s: draw %d of the run (%s@%d): the program now offers %d, but only %d draws of that kind were recorded",
			text, s.Step, kind, s.Index, s.Want, s.Recorded)
	}
	text = fmt.Sprintf("%s: the run ended after %d of %d recorded draws of kind %s", text, s.Made, s.Recorded, kind)
	if s.N != 0 {
		text += fmt.Sprintf("; first unread: %s@%d %d/%d", kind, s.Index, s.Pick, s.N)
	}
	return text
}
