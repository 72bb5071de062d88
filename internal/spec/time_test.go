package spec

import (
	"fmt"
	"strings"
	"testing"
)

// refusedOften is a task that is refused once per poll, n times, and ends.
func refusedOften(n int) string {
	var text strings.Builder
	text.WriteString("STOP; poll+ 1; spawn 2 1; ROOTENDS; gate; ")
	for range n {
		text.WriteString("poll+ 2; refuse 2 optimer 125; wake 2 self noted; poll- 2 P; ")
	}
	fmt.Fprint(&text, "poll+ 2; poll- 2 R; drop+ 2; drop- 2; exit 0")
	return text.String()
}

var timeBad = []badTrace{
	{id: "T1", name: "early", text: "MAIN; poll+ 1; timer+ 1 1 50 50; poll- 1 P; idle 40; @40 expire 1 1; wake 1 timer queued; poll+ 1; END"},
	{id: "T2", name: "wrong deadline", text: "MAIN; poll+ 1; timer+ 1 1 50 60; poll- 1 P; idle 60; @60 expire 1 1; wake 1 timer queued; poll+ 1; END"},
	{id: "T3", name: "order", text: "MAIN; poll+ 1; timer+ 1 1 50 50; timer+ 2 1 50 50; poll- 1 P; idle 50; @50 expire 2 1; expire 1 1; wake 1 timer queued; poll+ 1; END"},
	{id: "T3", name: "slept too long", text: "MAIN; poll+ 1; timer+ 1 1 50 50; poll- 1 P; idle 50; @20000000050 expire 1 1; wake 1 timer queued; poll+ 1; END", real: true},
	{id: "T3", name: "waits past the deadline", also: "", text: "MAIN; poll+ 1; timer+ 1 1 50 50; poll- 1 P; idle 90; @50 expire 1 1; wake 1 timer queued; poll+ 1; END"},
	{id: "T4", name: "after abandoning", text: "MAIN; poll+ 1; timer+ 1 1 50 50; poll- 1 P; timer- 1; idle forever; @50 expire 1 1; wake 1 ext queued; poll+ 1; END"},
	{id: "T4", name: "twice", text: "MAIN; poll+ 1; timer+ 1 1 50 50; poll- 1 P; idle 50; @50 expire 1 1; wake 1 timer queued; expire 1 1; poll+ 1; END"},
	{id: "T4", name: "wake of an abandoned timer", text: "MAIN; poll+ 1; timer+ 1 1 50 50; timer- 1; poll- 1 P; idle forever; @50 wake 1 timer queued; poll+ 1; END"},
	{id: "T4", name: "outlives its task", text: "MAIN; poll+ 1; timer+ 1 1 50 50; END"},
	{id: "T4", name: "waits for an abandoned timer", text: "MAIN; poll+ 1; timer+ 1 1 50 50; timer- 1; poll- 1 P; idle 50; @50 wake 1 ext queued; poll+ 1; END"},
	{id: "T5", name: "refused with an open gate", text: "MAIN; poll+ 1; timer+ 1 1 50 50; poll- 1 P; expire 1 0; wake 1 timer queued; poll+ 1; END"},
	{id: "T5", name: "new timer", text: "STOP; poll+ 1; spawn 2 1; ROOTENDS; gate; poll+ 2; timer+ 1 2 5 5; timer- 1; poll- 2 R; drop+ 2; drop- 2; exit 0"},
	{id: "T5", name: "left open", text: "STOP; poll+ 1; spawn 2 1; wake 1 self noted; poll- 1 P; poll+ 2; timer+ 1 2 50 50; poll- 2 P; poll+ 1; ROOTENDS; gate; idle 50; @50 expire 1 1; wake 2 timer queued; poll+ 2; poll- 2 R; drop+ 2; drop- 2; exit 0"},
	{id: "T5", name: "refused when due", text: "STOP; poll+ 1; spawn 2 1; wake 1 self noted; poll- 1 P; poll+ 2; timer+ 1 2 0 0; poll- 2 P; poll+ 1; ROOTENDS; gate; expire 1 0; wake 2 timer queued; poll+ 2; poll- 2 R; drop+ 2; drop- 2; exit 0"},
	{id: "T5", name: "refused for ever", text: refusedOften(refusalLimit + 1)},
	{id: "T6", name: "tie", text: "MAIN; poll+ 1; timer+ 1 1 50 50; poll- 1 P; submit 65536 1 read 3; idle 50; @50 cqe 65536 4 0; wake 1 op queued; expire 1 1; wake 1 timer merged; poll+ 1; won 9 1 2 1; reap 65536 discard 4; END"},
	{id: "T7", name: "moves on its own", text: "MAIN; poll+ 1; poll- 1 P; @10 wake 1 ext queued; poll+ 1; END"},
	{id: "T7", name: "too far", text: "MAIN; poll+ 1; poll- 1 P; idle 10; @11 wake 1 ext queued; poll+ 1; END"},
	{id: "T7", name: "backwards", text: "MAIN; poll+ 1; poll- 1 P; idle 10; @10 wake 1 ext queued; @9 poll+ 1; END"},
	{id: "T7", name: "somebody did not yield", text: "MAIN; spawn 2 0; poll+ 1; wake 1 self noted; poll- 1 P; @1000 poll+ 2; poll- 2 R; drop+ 2; drop- 2; poll+ 1; END"},
	{id: "T7", name: "more than a tick", text: "MAIN; poll+ 1; wake 1 self noted; poll- 1 P; @1001 poll+ 1; END"},
	{id: "T7", name: "twice for one idle", text: "MAIN; poll+ 1; poll- 1 P; idle 10; @5 wake 1 ext queued; @10 poll+ 1; END"},
}

var timeGood = []goodTrace{
	{name: "sleep", text: "MAIN; poll+ 1; timer+ 1 1 50 50; poll- 1 P; idle 50; @50 expire 1 1; wake 1 timer queued; poll+ 1; END"},
	{name: "sleep of nothing", text: "MAIN; poll+ 1; timer+ 1 1 0 0; poll- 1 P; expire 1 1; wake 1 timer queued; poll+ 1; timer+ 2 1 -5 0; poll- 1 P; expire 2 1; wake 1 timer queued; poll+ 1; END"},
	{name: "for ever", text: "MAIN; poll+ 1; timer+ 1 1 9223372036854775807 9223372036854775807; timer- 1; END"},
	{name: "order by deadline", text: "MAIN; poll+ 1; timer+ 1 1 60 60; timer+ 2 1 50 50; poll- 1 P; idle 50; @50 expire 2 1; wake 1 timer queued; poll+ 1; poll- 1 P; idle 60; @60 expire 1 1; wake 1 timer queued; poll+ 1; END"},
	{name: "abandoned", text: "MAIN; poll+ 1; timer+ 1 1 50 50; timer+ 2 1 90 90; timer- 1; poll- 1 P; idle 90; @90 expire 2 1; wake 1 timer queued; poll+ 1; END"},
	{name: "choices while time passes", text: "MAIN; poll+ 1; poll- 1 P; submit 65536 1 read 3; idle forever; choice 3 2 1; choice 4 5 0; @77 choice 3 2 0; cqe 65536 4 0; wake 1 op queued; poll+ 1; reap 65536 deliver 4; END"},
	{name: "yield ticks", text: "MAIN; poll+ 1; wake 1 self noted; poll- 1 P; @1000 poll+ 1; wake 1 self noted; poll- 1 P; @1500 poll+ 1; END"},
	{name: "tick steps over a deadline", text: "MAIN; poll+ 1; timer+ 1 1 300 300; wake 1 self noted; poll- 1 P; @1000 expire 1 1; wake 1 timer merged; poll+ 1; END"},
	{name: "tie, future first", text: "MAIN; poll+ 1; timer+ 1 1 50 50; poll- 1 P; submit 65536 1 read 3; idle 50; @50 cqe 65536 4 0; wake 1 op queued; expire 1 1; wake 1 timer merged; poll+ 1; reap 65536 deliver 4; won 9 0 2 1; END"},
	{name: "tie, completion too late", text: "MAIN; poll+ 1; timer+ 1 1 50 50; poll- 1 P; submit 65536 1 read 3; idle 50; @50 expire 1 1; wake 1 timer queued; poll+ 1; cqe 65536 4 0; wake 1 op noted; won 9 1 2 1; reap 65536 discard 4; END"},
	{name: "gate", text: "STOP; poll+ 1; spawn 2 1; wake 1 self noted; poll- 1 P; poll+ 2; timer+ 1 2 50 50; timer+ 2 2 0 0; poll- 2 P; poll+ 1; ROOTENDS; gate; expire 1 0; wake 2 timer queued; expire 2 1; wake 2 timer merged; poll+ 2; poll- 2 R; drop+ 2; drop- 2; exit 0"},
	{name: "refused often", text: refusedOften(1000)},
	{name: "busy lanes", real: true, text: "MAIN; poll+ 1; timer+ 1 1 50 50; wake 1 self noted; @400 poll- 1 P; @500 expire 1 1; wake 1 timer merged; poll+ 1; END"},
}

func TestTime(t *testing.T) {
	checkBad(t, timeBad, timeRules())
	checkGood(t, timeGood)
}
