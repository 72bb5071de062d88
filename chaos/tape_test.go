package chaos

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/tripoint-go/tripoint/backend"
)

var _ = []backend.Chooser{(*Tape)(nil), (*Explorer)(nil)}

// ask is one thing a program asks of its chooser.
type ask struct {
	Kind backend.ChoiceKind // invalid: a spawn into slot N
	Site backend.Site
	N    int
}

// program is a straight list of asks.
type program []ask

func (p program) run(c backend.Chooser) []int {
	var answers []int
	for _, a := range p {
		switch {
		case a.Kind == backend.ChoiceInvalid:
			c.Spawned(uint32(a.N))
		case a.Kind == backend.ChoicePick && a.Site == 0:
			answers = append(answers, c.Pick(slots(a.N)))
		default:
			answers = append(answers, c.Choose(a.Kind, a.Site, a.N))
		}
	}
	return answers
}

func programs() *rapid.Generator[program] {
	one := rapid.Custom(func(t *rapid.T) ask {
		return ask{
			Kind: backend.ChoiceKind(rapid.IntRange(0, int(backend.ChoiceKinds)-1).Draw(t, "kind")),
			Site: backend.Site(rapid.IntRange(0, 4).Draw(t, "site")),
			N:    rapid.IntRange(2, 9).Draw(t, "n"),
		}
	})
	return rapid.Custom(func(t *rapid.T) program {
		return program(rapid.SliceOfN(one, 0, 120).Draw(t, "asks"))
	})
}

// anyRun draws a program and an explorer and returns the run's tape and answers.
func anyRun(t *rapid.T) (program, []int, *Tape) {
	p := programs().Draw(t, "program")
	rule := rapid.SampledFrom([]string{"portfolio", "rw", "pct:3", "fifo", "zero"}).Draw(t, "rule")
	plan := rapid.SampledFrom([]string{"none", "swarm", "disk.eio=1/2,ring.delay=1/1"}).Draw(t, "plan")
	e := explorer(t, rule, plan)
	e.Reset(rapid.Uint64().Draw(t, "seed"))
	tape := &Tape{}
	tape.Record(e)
	return p, p.run(tape), tape
}

// A strict replay of the same program gives the same answers and the same tape, and is not stale.
func TestReplayIsRecording(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p, want, tape := anyRun(t)
		if tape.Finish() != nil {
			t.Fatalf("a recording run is stale: %v", tape.Stale())
		}
		rec := tape.Recording(Header{})
		if err := rec.Check(); err != nil {
			t.Fatal(err)
		}
		tape.Replay(rec)
		got := p.run(tape)
		if stale := tape.Finish(); stale != nil {
			t.Fatal(stale)
		}
		if !slices.Equal(got, want) {
			t.Fatalf("replay answered %v, the recording %v", got, want)
		}
		if !slices.Equal(tape.Draws(), rec.Draws) || tape.Counts() != rec.Counts {
			t.Fatalf("the replay's tape %v %v differs from the recording %v %v", tape.Draws(), tape.Counts(), rec.Draws, rec.Counts)
		}
		tape.ReplayLenient(rec.Draws)
		if got := p.run(tape); !slices.Equal(got, want) || tape.Bent() != 0 {
			t.Fatalf("lenient replay answered %v with %d bent, the recording %v", got, tape.Bent(), want)
		}
	})
}

// Whatever the tape and the program: a lenient replay answers in range, and its own tape repeats it strictly.
func TestLenientReplayIsAFreshTape(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		_, _, tape := anyRun(t)
		draws := slices.Clone(tape.Draws())
		other := programs().Draw(t, "other program")
		tape.ReplayLenient(draws)
		want := other.run(tape)
		i := 0
		for _, a := range other {
			if a.Kind == backend.ChoiceInvalid {
				continue
			}
			if want[i] < 0 || want[i] >= a.N {
				t.Fatalf("answer %d is %d of %d", i, want[i], a.N)
			}
			i++
		}
		tape.Replay(tape.Recording(Header{}))
		if got := other.run(tape); !slices.Equal(got, want) || tape.Finish() != nil {
			t.Fatalf("strict replay answered %v (%v), the lenient run %v", got, tape.Stale(), want)
		}
	})
}

func TestLenientReplayBends(t *testing.T) {
	var tape Tape
	tape.ReplayLenient([]Draw{
		{Kind: backend.ChoicePick, Index: 1, Pick: 5, N: 6},
		{Kind: backend.ChoiceWork, Index: 0, Pick: 1, N: 9},
		{Kind: backend.ChoicePick, Index: 2, Pick: 4, N: 6},
	})
	p := program{{backend.ChoicePick, 0, 3}, {backend.ChoicePick, 0, 3}, {backend.ChoicePick, 0, 4}, {backend.ChoicePick, 0, 9}, {backend.ChoiceWork, 0, 2}}
	if got, want := p.run(&tape), []int{0, 2, 0, 0, 1}; !slices.Equal(got, want) {
		t.Errorf("answers %v, want %v", got, want)
	}
	if tape.Bent() != 2 {
		t.Errorf("%d bent draws, want 2", tape.Bent())
	}
}

func TestStale(t *testing.T) {
	rec := &Recording{
		Header: Header{Commit: "c0ffee"},
		Draws: []Draw{
			{Kind: backend.ChoicePick, Index: 1, Pick: 2, N: 3},
			{Kind: backend.ChoiceFault, Index: 0, Pick: 1, N: 2},
		},
	}
	rec.Counts[backend.ChoicePick] = 3
	rec.Counts[backend.ChoiceFault] = 1
	pick := func(n int) ask { return ask{backend.ChoicePick, 0, n} }
	fault := ask{backend.ChoiceFault, 1, 2}
	var tape Tape // one for all: a stale run leaves nothing behind
	for _, c := range []struct {
		name string
		p    program
		want string
		answ []int
	}{
		{"same", program{pick(9), pick(3), fault, pick(2)}, "", []int{0, 2, 1, 0}},
		{"other order of kinds", program{fault, pick(9), pick(3), pick(2)}, "", []int{1, 0, 2, 0}},
		{
			"fewer continuations", program{pick(9), pick(2), fault, pick(2)},
			"chaos: stale tape (recorded at commit c0ffee): draw 2 of the run (pick@1): recorded 2 of 3, the program now offers 2",
			[]int{0, 0, 0, 0},
		},
		{
			"more continuations", program{fault, pick(9), pick(4), pick(2)},
			"chaos: stale tape (recorded at commit c0ffee): draw 3 of the run (pick@1): recorded 2 of 3, the program now offers 4",
			[]int{1, 0, 0, 0},
		},
		{
			"more draws", program{pick(9), pick(3), fault, pick(2), pick(7), fault},
			"chaos: stale tape (recorded at commit c0ffee): draw 5 of the run (pick@3): the program now offers 7, " +
				"but only 3 draws of that kind were recorded",
			[]int{0, 2, 1, 0, 0, 0},
		},
		{
			"a draw of a kind that has none", program{{backend.ChoiceExt, 0, 2}},
			"chaos: stale tape (recorded at commit c0ffee): draw 1 of the run (ext@0): the program now offers 2, " +
				"but only 0 draws of that kind were recorded",
			[]int{0},
		},
		{
			"fewer draws", program{pick(9), pick(3), fault},
			"chaos: stale tape (recorded at commit c0ffee): the run ended after 2 of 3 recorded draws of kind pick",
			[]int{0, 2, 1},
		},
		{
			"a surprise is left", program{pick(9), pick(3), pick(2)},
			"chaos: stale tape (recorded at commit c0ffee): the run ended after 0 of 1 recorded draws of kind fault; " +
				"first unread: fault@0 1/2",
			[]int{0, 2, 0},
		},
	} {
		tape.Replay(rec)
		answers := c.p.run(&tape)
		got := ""
		if stale := tape.Finish(); stale != nil {
			got = stale.Error()
		}
		if got != c.want {
			t.Errorf("%s:\n got %s\nwant %s", c.name, got, c.want)
		}
		if !slices.Equal(answers, c.answ) {
			t.Errorf("%s: answers %v, want %v", c.name, answers, c.answ)
		}
	}
}

// The zero Tape is the zero tape: all draws are 0.
func TestZeroTape(t *testing.T) {
	var tape Tape
	p := program{{backend.ChoicePick, 0, 3}, {backend.ChoiceFault, 2, 2}, {backend.ChoiceInvalid, 0, 1}, {backend.ChoiceWork, 0, 100}}
	if got, want := p.run(&tape), []int{0, 0, 0}; !slices.Equal(got, want) {
		t.Errorf("answers %v, want %v", got, want)
	}
	if tape.Finish() != nil || tape.Full() || len(tape.Draws()) != 0 {
		t.Errorf("stale %v, full %v, draws %v; want none", tape.Stale(), tape.Full(), tape.Draws())
	}
}

// last answers the highest number there is.
type last struct{}

func (last) Choose(_ backend.ChoiceKind, _ backend.Site, n int) int { return n - 1 }
func (last) Pick(ready []uint32) int                                { return len(ready) - 1 }
func (last) Spawned(uint32)                                         {}

// A full tape answers 0 and still tells the truth about the run.
func TestFullTape(t *testing.T) {
	var tape Tape
	tape.Record(last{})
	for i := range DrawsMax {
		if got := tape.Choose(backend.ChoiceWork, 0, 2); got != 1 {
			t.Fatalf("draw %d: %d, want 1", i, got)
		}
	}
	if got := tape.Pick(slots(2)) + tape.Choose(backend.ChoiceExt, 0, 2); got != 0 || !tape.Full() {
		t.Errorf("a full tape (%v) drew something: %d", tape.Full(), got)
	}
	counts := tape.Counts()
	if err := tape.Recording(Header{}).Check(); err != nil || counts.Total() != DrawsMax+2 {
		t.Errorf("%d draws, %v; want %d and a sound recording", counts.Total(), err, DrawsMax+2)
	}
}

// Once warm, nothing in the life of a run allocates.
func TestNoAllocation(t *testing.T) {
	ready := slots(16)
	for _, rule := range []string{"rw", "pct:3", "fifo", "zero", "portfolio"} {
		for _, plan := range []string{"none", "swarm", "disk.eio=1/2,ring.delay=1/4"} {
			e := explorer(t, rule, plan)
			var tape, reader Tape
			var rec *Recording
			seed := uint64(0)
			run := func(c *Tape) {
				for slot := uint32(1); slot <= 16; slot++ {
					c.Spawned(slot)
				}
				for range 100 {
					c.Pick(ready)
					c.Choose(backend.ChoiceLane, 0, 3)
					c.Choose(backend.ChoiceFault, 1, 2)
					c.Choose(backend.ChoiceWork, 0, 10)
				}
				if stale := c.Finish(); stale != nil {
					t.Fatal(stale)
				}
			}
			record := func() {
				seed++
				e.Reset(seed)
				tape.Record(e)
				run(&tape)
			}
			tape.draws = make([]Draw, 0, 400) // as warm as can be
			record()
			if got := testing.AllocsPerRun(50, record); got != 0 {
				t.Errorf("%s, %s: %v allocations per recorded run, want 0", rule, plan, got)
			}
			rec = tape.Recording(Header{})
			if got := testing.AllocsPerRun(50, func() { reader.Replay(rec); run(&reader) }); got != 0 {
				t.Errorf("%s, %s: %v allocations per replay, want 0", rule, plan, got)
			}
			if got := testing.AllocsPerRun(50, func() { reader.ReplayLenient(rec.Draws); run(&reader) }); got != 0 {
				t.Errorf("%s, %s: %v allocations per lenient replay, want 0", rule, plan, got)
			}
		}
	}
}

func BenchmarkRecordPick(b *testing.B) {
	for _, rule := range []string{"zero", "rw", "pct:3"} {
		for _, n := range []int{5, 1024} {
			b.Run(fmt.Sprintf("%s/%d", strings.ReplaceAll(rule, ":", ""), n), func(b *testing.B) {
				e := explorer(b, rule, "none")
				ready := slots(n)
				var tape Tape
				i := 0
				for b.Loop() {
					if i%1000 == 0 {
						e.Reset(uint64(i))
						tape.Record(e)
					}
					i++
					tape.Pick(ready)
				}
			})
		}
	}
}

func BenchmarkRecordChoose(b *testing.B) {
	e := explorer(b, "rw", "disk.eio=1/16")
	var tape Tape
	i := 0
	for b.Loop() {
		if i%1000 == 0 {
			e.Reset(uint64(i))
			tape.Record(e)
		}
		i++
		tape.Choose(backend.ChoiceFault, 1, 2)
	}
}

func BenchmarkReset(b *testing.B) {
	for _, plan := range []string{"none", "swarm"} {
		b.Run(plan, func(b *testing.B) {
			e := explorer(b, "portfolio", plan)
			var tape Tape
			seed := uint64(0)
			for b.Loop() {
				seed++
				e.Reset(seed)
				tape.Record(e)
			}
		})
	}
}
