package chaos

import (
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/tripoint-go/tripoint/backend"
)

func sites() []backend.SiteInfo {
	return []backend.SiteInfo{
		{Site: 1, Name: "disk.eio", Kind: backend.ChoiceFault, Doc: "duty 1"},
		{Site: 2, Name: "ring.delay", Kind: backend.ChoiceDelay, Doc: "duty 1"},
		{Site: 3, Name: "ring.short", Kind: backend.ChoiceShort, Doc: "duty 1"},
		{Site: 200, Name: "clock.step", Kind: backend.ChoiceFault, Doc: "duty 6"},
	}
}

type failer interface {
	Helper()
	Fatal(...any)
}

func explorer(t failer, rule, plan string) *Explorer {
	t.Helper()
	r, err := ParseStrategy(rule)
	if err != nil {
		t.Fatal(err)
	}
	p, err := ParsePlan(plan, sites())
	if err != nil {
		t.Fatal(err)
	}
	return NewExplorer(r, p, Options{})
}

// Every plan prints as text that reads back as the same plan.
func TestPlanRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var parts []string
		for _, s := range sites() {
			den := rapid.IntRange(1, ratioDenMax).Draw(t, "den")
			num := rapid.IntRange(1, den).Draw(t, "num")
			if rapid.Bool().Draw(t, "on") {
				parts = append(parts, s.Name+"="+Ratio{num, den}.String())
			}
		}
		ordered := strings.Join(parts, ",")
		if ordered == "" {
			ordered = rapid.SampledFrom([]string{"none", "swarm"}).Draw(t, "word")
			parts = []string{ordered}
		}
		shuffled := strings.Join(rapid.Permutation(parts).Draw(t, "order"), ",")
		p, err := ParsePlan(shuffled, sites())
		if err != nil {
			t.Fatal(err)
		}
		if got := p.String(); got != ordered {
			t.Fatalf("%s prints as %s, want %s", shuffled, got, ordered)
		}
	})
}

func TestPlanErrors(t *testing.T) {
	for text, want := range map[string]string{
		"":                       "chaos: empty fault plan: write none, swarm, or a list such as name=1/4",
		"disk.eio":               `chaos: fault plan entry "disk.eio" is not of the form name=1/4`,
		"disk.eio=1/4,":          `chaos: fault plan entry "" is not of the form name=1/4`,
		"disc.eio=1/4":           `chaos: unknown fault site "disc.eio": know disk.eio, ring.delay, ring.short, clock.step`,
		"disk.eio=1":             `chaos: fault site disk.eio: "1" is not a ratio such as 3/100`,
		"disk.eio=-1/4":          `chaos: fault site disk.eio: "-1/4" is not a ratio such as 3/100`,
		"disk.eio=1/99999999999": `chaos: fault site disk.eio: "1/99999999999" is not a ratio such as 3/100`,
		"disk.eio=0/4":           `chaos: fault site disk.eio: ratio 0/4 is not from above 0 to 1`,
		"disk.eio=0/0":           `chaos: fault site disk.eio: ratio 0/0 is not from above 0 to 1`,
		"disk.eio=5/4":           `chaos: fault site disk.eio: ratio 5/4 is not from above 0 to 1`,
		"disk.eio=1/4,ring.delay=1/2,disk.eio=1/4": "chaos: fault site disk.eio is given twice",
		"none,disk.eio=1/4":                        `chaos: fault plan entry "none" is not of the form name=1/4`,
	} {
		if p, err := ParsePlan(text, sites()); err == nil || err.Error() != want {
			t.Errorf("ParsePlan(%q) = %v, %v\nwant %s", text, p, err, want)
		}
	}
}

func FuzzParsePlan(f *testing.F) {
	for _, text := range []string{"none", "swarm", "disk.eio=3/100,ring.delay=1/4", "=", "disk.eio=1/"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		p, err := ParsePlan(text, sites())
		if err != nil {
			return
		}
		again, err := ParsePlan(p.String(), sites())
		if err != nil || again.String() != p.String() || again.ratio != p.ratio {
			t.Errorf("%q reads as %s, which reads as %v, %v", text, p, again, err)
		}
	})
}

// With 1/4 a site is on; its ratio is one of three, equally often; it holds for the whole run.
func TestSwarm(t *testing.T) {
	const runs = 12000
	e := explorer(t, "rw", "swarm")
	on := map[string]int{}
	for seed := uint64(0); seed < runs; seed++ {
		e.Reset(seed)
		for _, s := range sites() {
			if r := e.ratio[s.Site]; r != (Ratio{}) {
				on[s.Name+" "+r.String()]++
			}
		}
	}
	want := 0
	for _, s := range sites() {
		for _, ratio := range []string{"1/4", "1/16", "1/64"} {
			n := on[s.Name+" "+ratio]
			if n < runs/12-130 || n > runs/12+130 {
				t.Errorf("%s is on with %s in %d of %d runs, want about %d", s.Name, ratio, n, runs, runs/12)
			}
			want++
		}
	}
	if len(on) != want {
		t.Errorf("drawn: %v, want %d combinations", on, want)
	}
}

// A new site at the end of the list leaves the drawn ratios of the others alone.
func TestSwarmSitesAreIndependent(t *testing.T) {
	short, _ := ParsePlan("swarm", sites()[:2])
	long, _ := ParsePlan("swarm", sites())
	a, b := NewExplorer(Rule{}, short, Options{}), NewExplorer(Rule{}, long, Options{})
	for seed := uint64(0); seed < 200; seed++ {
		a.Reset(seed)
		b.Reset(seed)
		for _, s := range sites()[:2] {
			if a.ratio[s.Site] != b.ratio[s.Site] {
				t.Fatalf("seed %d: %s is %s with two sites and %s with four", seed, s.Name, a.ratio[s.Site], b.ratio[s.Site])
			}
		}
	}
}

// The drawn set, given as a plan, makes the same faults for the same seed.
func TestDrawnFaultsAreAPlan(t *testing.T) {
	for seed := uint64(0); seed < 100; seed++ {
		swarm := explorer(t, "rw", "swarm")
		swarm.Reset(seed)
		fixed := explorer(t, "rw", swarm.Faults())
		fixed.Reset(seed)
		for i := range 200 {
			site := sites()[i%4].Site
			if got, want := fixed.Choose(backend.ChoiceFault, site, 5), swarm.Choose(backend.ChoiceFault, site, 5); got != want {
				t.Fatalf("seed %d draw %d: plan %s drew %d, swarm %d", seed, i, swarm.Faults(), got, want)
			}
		}
	}
}

// A site fires with its ratio and then draws 1 to n-1; other sites stay calm; visits and fires are counted over all runs.
func TestFaultDraws(t *testing.T) {
	e := explorer(t, "rw", "disk.eio=1/4,ring.short=1/1")
	var answers [4]int
	for seed := uint64(0); seed < 40; seed++ {
		e.Reset(seed)
		for range 100 {
			answers[e.Choose(backend.ChoiceFault, 1, 4)]++
			if got := e.Choose(backend.ChoiceShort, 3, 2); got != 1 {
				t.Fatalf("a fault with ratio 1/1 drew %d, want 1", got)
			}
			if got := e.Choose(backend.ChoiceDelay, 2, 9); got != 0 {
				t.Fatalf("a fault that is off drew %d, want 0", got)
			}
		}
	}
	for i, n := range answers[1:] {
		if n < 270 || n > 400 {
			t.Errorf("answers %v: want about 333 times %d", answers, i+1)
		}
	}
	tally := e.Tally()
	fires := int64(4000 - answers[0])
	if tally.Visits[1] != 4000 || tally.Fires[1] != fires || tally.Visits[2] != 4000 || tally.Fires[2] != 0 || tally.Fires[3] != 4000 {
		t.Errorf("visits %v fires %v, want 4000 each and %d, 0, 4000", tally.Visits[1:4], tally.Fires[1:4], fires)
	}
}

func TestInert(t *testing.T) {
	e := explorer(t, "rw", "disk.eio=1/1000000000,ring.delay=1/2,clock.step=1/1")
	e.Reset(1)
	for range 20 {
		e.Choose(backend.ChoiceFault, 1, 2)
		e.Choose(backend.ChoiceDelay, 2, 2)
	}
	var sum Tally
	sum.Add(e.Tally())
	sum.Add(e.Tally())
	texts := func(inert []InertFault) []string {
		var s []string
		for _, f := range inert {
			s = append(s, f.String())
		}
		return s
	}
	want := []string{
		"fault disk.eio never fired in 40 visits: the ratio 1/1000000000 is too small",
		"fault clock.step never fired: its site was never visited",
	}
	if got := texts(e.plan.Inert(&sum)); !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	swarm, _ := ParsePlan("swarm", sites())
	want = []string{
		"fault disk.eio never fired in 40 visits: too few runs for swarm to reach it",
		"fault ring.short never fired: its site was never visited",
		"fault clock.step never fired: its site was never visited",
	}
	if got := texts(swarm.Inert(&sum)); !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	none, _ := ParsePlan("none", sites())
	if got := none.Inert(&sum); got != nil {
		t.Errorf("the plan none has inert faults %v", got)
	}
}

func TestConfigurationLine(t *testing.T) {
	for _, c := range []struct {
		rule, plan string
		seed       uint64
		want       string
		free       bool
	}{
		{"zero", "none", 1, "strategy=zero faults=none", true},
		{"pct:3", "ring.delay=1/2,disk.eio=3/100", 1, "strategy=pct:3 k=1000 faults=disk.eio=3/100,ring.delay=1/2", true},
		{"portfolio", "none", 5, "strategy=fifo faults=none", false},
		{"portfolio", "swarm", 3, "strategy=rw faults=none (swarm)", true},
		{"portfolio", "swarm", 8, "strategy=fifo faults=disk.eio=1/4 (swarm)", false},
		{"portfolio", "swarm", 13, "strategy=pct:6 k=1000 faults=ring.delay=1/16,ring.short=1/64,clock.step=1/16 (swarm)", true},
	} {
		e := explorer(t, c.rule, c.plan)
		e.Reset(c.seed)
		if got := e.String(); got != c.want || e.FreeOrder() != c.free {
			t.Errorf("%s, %s, seed %d: got %s, free %v; want %s, free %v", c.rule, c.plan, c.seed, got, e.FreeOrder(), c.want, c.free)
		}
	}
}

// Under zero every draw is 0, whatever the plan says.
func TestZeroStrategy(t *testing.T) {
	e := explorer(t, "zero", "disk.eio=1/1")
	e.Reset(7)
	for kind := backend.ChoicePick; kind < backend.ChoiceKinds; kind++ {
		for _, site := range []backend.Site{0, 1, 2} {
			if got := e.Choose(kind, site, 100); got != 0 {
				t.Errorf("kind %s site %d drew %d, want 0", kindName(kind), site, got)
			}
		}
	}
	if got := e.Pick(slots(9)); got != 0 {
		t.Errorf("picked %d, want 0", got)
	}
}

// Under fifo no pick is random, wherever it comes from; all other draws are.
func TestFIFOStrategy(t *testing.T) {
	e := explorer(t, "fifo", "none")
	e.Reset(7)
	sum := 0
	for range 20 {
		if got := e.Pick(slots(9)) + e.Choose(backend.ChoicePick, 0, 9); got != 0 {
			t.Fatalf("picked %d, want 0", got)
		}
		sum += e.Choose(backend.ChoiceLane, 0, 9)
	}
	if sum == 0 {
		t.Error("20 draws among lanes gave 0 only")
	}
}

func TestSitesAreChecked(t *testing.T) {
	for _, bad := range [][]backend.SiteInfo{
		{{Site: 0, Name: "a"}},
		{{Site: 1, Name: "a"}, {Site: 1, Name: "b"}},
		{{Site: 1, Name: "a"}, {Site: 2, Name: "a"}},
		{{Site: 1, Name: ""}},
		{{Site: 1, Name: "a b"}},
		{{Site: 1, Name: "a=b"}},
		{{Site: 1, Name: "a,b"}},
	} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("the sites %v were accepted", bad)
				}
			}()
			_, _ = ParsePlan("none", bad)
		}()
	}
	if p, err := ParsePlan("x=1/2", nil); err == nil || err.Error() != `chaos: unknown fault site "x": know none, as this world has no fault sites` {
		t.Errorf("a world without sites: %v, %v", p, err)
	}
}

// More draws of one consumer do not shift those of another.
func TestStreamsAreSeparate(t *testing.T) {
	consumers := [][]ask{
		{{backend.ChoicePick, 0, 50}, {backend.ChoiceLane, 0, 50}},
		{{backend.ChoiceFault, 1, 50}, {backend.ChoiceShort, 3, 50}},
		{{backend.ChoiceOrder, 0, 50}, {backend.ChoiceCancel, 0, 50}},
		{{backend.ChoiceExt, 0, 50}, {backend.ChoiceIRQ, 0, 50}},
		{{backend.ChoiceWork, 0, 50}},
	}
	for i, mine := range consumers {
		e := explorer(t, "rw", "disk.eio=1/1,ring.short=1/1")
		e.Reset(11)
		var alone []int
		for range 20 {
			alone = append(alone, program(mine).run(e)...)
		}
		e.Reset(11)
		var mixed []int
		for range 20 {
			for j, other := range consumers {
				if j != i {
					program(other).run(e)
				}
			}
			mixed = append(mixed, program(mine).run(e)...)
		}
		if !slices.Equal(alone, mixed) {
			t.Errorf("consumer %d draws %v alone, %v among others", i, alone, mixed)
		}
	}
}
