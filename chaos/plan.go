package chaos

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/tripoint-go/tripoint/backend"
)

// Ratio is a probability as two whole numbers: Num times in Den. In a plan, 1 <= Num <= Den; the zero value is "off".
type Ratio struct{ Num, Den int }

// ratioDenMax bounds the denominator of a ratio.
const ratioDenMax = 1_000_000_000

// String returns the ratio as plans write it, such as "3/100".
func (r Ratio) String() string { return strconv.Itoa(r.Num) + "/" + strconv.Itoa(r.Den) }

// siteCount is the number of values of a backend.Site.
const siteCount = 256

// Plan says which faults a run may meet: none, a random choice per run (swarm), or sites with fixed ratios. It knows the
// sites of one backend. It is read-only once made.
type Plan struct {
	sites []backend.SiteInfo
	swarm bool
	ratio [siteCount]Ratio // by site; of an explicit plan
}

// ParsePlan reads a fault plan for a world that has these sites:
//
//	none                          nothing misbehaves
//	swarm                         per run, each site is on with 1/4; one that is on fires at each visit with 1/4, 1/16 or
//	                              1/64, drawn once per run
//	ring.delay=3/100,disk.eio=1/4 these sites fire with these ratios
//
// An error names what is wrong; for an unknown site, the known ones too. The list of sites must have distinct names and
// distinct numbers above 0, without '=', ',' or space in a name: anything else is a programmer error.
func ParsePlan(text string, sites []backend.SiteInfo) (*Plan, error) {
	p := &Plan{sites: sites}
	checkSites(sites)
	switch text {
	case "none":
		return p, nil
	case "swarm":
		p.swarm = true
		return p, nil
	case "":
		return nil, fmt.Errorf("chaos: empty fault plan: write none, swarm, or a list such as name=1/4")
	}
	for part := range strings.SplitSeq(text, ",") {
		name, value, ok := strings.Cut(part, "=")
		if !ok {
			return nil, fmt.Errorf("chaos: fault plan entry %q is not of the form name=1/4", part)
		}
		info, ok := p.find(name)
		if !ok {
			return nil, fmt.Errorf("chaos: unknown fault site %q: know %s", name, p.names())
		}
		ratio, err := parseRatio(value)
		if err != nil {
			return nil, fmt.Errorf("chaos: fault site %s: %w", name, err)
		}
		if p.ratio[info.Site] != (Ratio{}) {
			return nil, fmt.Errorf("chaos: fault site %s is given twice", name)
		}
		p.ratio[info.Site] = ratio
	}
	return p, nil
}

func checkSites(sites []backend.SiteInfo) {
	var seen [siteCount]bool
	for i, s := range sites {
		if s.Site == 0 || seen[s.Site] {
			panic("chaos: sites have distinct numbers above 0")
		}
		seen[s.Site] = true
		if s.Name == "" || strings.ContainsAny(s.Name, "=, \t\r\n") {
			panic("chaos: the name of a site has no '=', ',' or space")
		}
		for _, other := range sites[:i] {
			if other.Name == s.Name {
				panic("chaos: sites have distinct names")
			}
		}
	}
}

func parseRatio(text string) (Ratio, error) {
	left, right, ok := strings.Cut(text, "/")
	num, errNum := parseNumber(left, ratioDenMax)
	den, errDen := parseNumber(right, ratioDenMax)
	if !ok || errNum != nil || errDen != nil {
		return Ratio{}, fmt.Errorf("%q is not a ratio such as 3/100", text)
	}
	if num < 1 || num > den {
		return Ratio{}, fmt.Errorf("ratio %s is not from above 0 to 1", text)
	}
	return Ratio{int(num), int(den)}, nil
}

// String returns the text that [ParsePlan] reads back: sites in the order of the world's list.
func (p *Plan) String() string {
	if p.swarm {
		return "swarm"
	}
	return formatRatios(p.sites, func(site backend.Site) Ratio { return p.ratio[site] })
}

func formatRatios(sites []backend.SiteInfo, ratio func(backend.Site) Ratio) string {
	var b strings.Builder
	for _, s := range sites {
		if r := ratio(s.Site); r != (Ratio{}) {
			if b.Len() > 0 {
				b.WriteByte(',')
			}
			b.WriteString(s.Name)
			b.WriteByte('=')
			b.WriteString(r.String())
		}
	}
	if b.Len() == 0 {
		return "none"
	}
	return b.String()
}

// Swarm reports whether the faults of a run are drawn per run.
func (p *Plan) Swarm() bool { return p.swarm }

// Sites returns the sites of the plan's world, in its order. The slice is not the caller's to change.
func (p *Plan) Sites() []backend.SiteInfo { return p.sites }

func (p *Plan) find(name string) (backend.SiteInfo, bool) {
	for _, s := range p.sites {
		if s.Name == name {
			return s, true
		}
	}
	return backend.SiteInfo{}, false
}

func (p *Plan) names() string {
	if len(p.sites) == 0 {
		return "none, as this world has no fault sites"
	}
	names := make([]string, len(p.sites))
	for i, s := range p.sites {
		names[i] = s.Name
	}
	return strings.Join(names, ", ")
}

// Tally counts what happened at each site, over any number of runs. The zero value is empty.
type Tally struct {
	Visits [siteCount]int64 // draws at the site, whether it was on or off
	Fires  [siteCount]int64 // draws there that were not 0
}

// Add adds another tally, such as that of a parallel part of the sweep.
func (t *Tally) Add(other *Tally) {
	for i := range t.Visits {
		t.Visits[i] += other.Visits[i]
		t.Fires[i] += other.Fires[i]
	}
}

// InertFault is a configured fault that never fired: a result obtained with it proves less than it seems to.
type InertFault struct {
	Name   string
	Visits int64 // 0: the program never came by
	Ratio  Ratio // of an explicit plan; zero with swarm
}

// String says in one line what did not fire, and why.
func (f InertFault) String() string {
	switch {
	case f.Visits == 0:
		return "fault " + f.Name + " never fired: its site was never visited"
	case f.Ratio == Ratio{}:
		return fmt.Sprintf("fault %s never fired in %d visits: too few runs for swarm to reach it", f.Name, f.Visits)
	}
	return fmt.Sprintf("fault %s never fired in %d visits: the ratio %s is too small", f.Name, f.Visits, f.Ratio)
}

// Inert returns the faults that the plan asks for and that never fired, in the order of the world's list. An explicit plan
// asks for the sites it names, swarm for all, none for none. With swarm the tally must be that of a whole sweep: in one run
// most sites are off by design.
func (p *Plan) Inert(t *Tally) []InertFault {
	var inert []InertFault
	for _, s := range p.sites {
		asked := p.swarm || p.ratio[s.Site] != Ratio{}
		if asked && t.Fires[s.Site] == 0 {
			inert = append(inert, InertFault{Name: s.Name, Visits: t.Visits[s.Site], Ratio: p.ratio[s.Site]})
		}
	}
	return inert
}
