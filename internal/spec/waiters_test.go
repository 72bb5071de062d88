package spec

import "testing"

// List 50, or line 5 with list 50.
func waiterCases() []opsCase {
	const waiting = "run 2; link 10 50 2; pend 2; run 3; link 11 50 3; pend 3; "
	const armed = "run 2; link 10 50 2; line+ 5; pend 2; "
	return []opsCase{
		{"CM1", "left out", waiting + "pass+ 50; fire 10; unlink 10 UF; wake 2 sync queued; pass- 50"},
		{"CM1", "fired twice", waiting + "pass+ 50; fire 10; unlink 10 UF; wake 2 sync queued; fire 10"},
		{"CM1", "ends without beginning", "pass- 50"},
		{"CM1", "poll inside a pass", waiting + "pass+ 50; run 4"},
		{"CM2", "late node fired", "run 2; link 10 50 2; pend 2; pass+ 50; fire 10; unlink 10 UF; wake 2 sync queued; link 12 50 3; fire 12; unlink 12 UF; wake 3 sync queued; pass- 50"},
		{"CM3", "fired after it was dropped", waiting + "pass+ 50; unlink 10 UD; fire 10"},
		{"CM4", "linked twice", "run 2; link 10 50 2; link 10 51 2"},
		{"CM4", "unlinked twice", "run 2; link 10 50 2; unlink 10 UD; unlink 10 UD"},
		{"CM4", "fired and on no list", "run 2; link 10 50 2; fire 10; unlink 10 UF; wake 2 sync noted; fire 10"},
		{"CM4", "never linked", "fire 10"},
		{"CM4", "unlinked and never linked", "unlink 10 UD"},
		{"CM4", "leaves as fired and was not", "run 2; link 10 50 2; unlink 10 UF; wake 2 sync noted"},
		{"CM5", "inner pass loses a node", waiting + "pass+ 50; fire 10; unlink 10 UF; wake 2 sync queued; link 12 50 4; pass+ 50; pass- 50; fire 11; unlink 11 UF; wake 3 sync queued; pass- 50"},
		{"CM5", "outer pass fires a late node", "run 2; link 10 50 2; pend 2; pass+ 50; pass+ 50; pass- 50; link 12 50 4; fire 10; unlink 10 UF; wake 2 sync queued; fire 12; unlink 12 UF; wake 4 sync queued; pass- 50"},
		{"CM6", "ended on a list", "run 2; link 10 50 2; end 2"},
		{"CM6", "fired and not told", "run 2; link 10 50 2; pend 2; fire 10; unlink 10 UF; stalled 4"},
		{"CM7", "enabled for nobody", armed + "cancelreq 2; drop+ 2; unlink 10 UD; drop- 2; run 3"},
		{"CM7", "enabled after the handler", armed + "irq 5; pass+ 50 6; fire 10; unlink 10 UF; wake 2 line queued; pass- 50; run 2"},
		{"CM7", "disabled while one waits", armed + "run 3; link 11 50 3; pend 3; cancelreq 2; drop+ 2; unlink 10 UD; line- 5; drop- 2; idle 0"},
		{"CM7", "not enabled again", armed + "irq 5; pass+ 50 6; fire 10; unlink 10 UF; wake 2 line queued; pass- 50; line- 5; run 2; link 12 50 2; pend 2; idle 0"},
		{"CM8", "nested polls", "run 2; run 3"},
		{"CM8", "interrupt inside a poll", armed + "run 3; irq 5"},
		{"CM10", "nothing follows", armed + "run 3; swpend 5; pend 3; stalled 4"},
		{"CM11", "wrong order", waiting + "pass+ 50; fire 11; unlink 11 UF; wake 3 sync queued; fire 10; unlink 10 UF; wake 2 sync queued; pass- 50"},
		{"CM12", "woken twice", "run 2; link 10 50 2; link 11 50 2; pend 2; pass+ 50; fire 10; unlink 10 UF; wake 2 sync queued; fire 11; unlink 11 UF; wake 2 sync merged; pass- 50"},
		{"CM13", "soft pend waits", armed + "run 3; swpend 5; pend 3; wake 4 ext queued; run 4"},
		{"CM13", "request waits", armed + "choice irqs 2 1 0 5; run 3; pend 3; wake 4 ext queued; run 4"},

		{"", "pass", waiting + "pass+ 50; fire 10; unlink 10 UF; wake 2 sync queued; fire 11; unlink 11 UF; wake 3 sync queued; pass- 50; run 2; pend 2"},
		{"", "dropped before its turn", waiting + "pass+ 50; fire 10; unlink 10 UF; wake 2 sync queued; unlink 11 UD; pass- 50"},
		{"", "linked during the pass, fired by the next", waiting + "pass+ 50; fire 10; unlink 10 UF; wake 2 sync queued; link 12 50 4; fire 11; unlink 11 UF; wake 3 sync queued; pass- 50; pass+ 50; fire 12; unlink 12 UF; wake 4 sync queued; pass- 50"},
		{"", "two nodes, one wake", "run 2; link 10 50 2; link 11 50 2; pend 2; pass+ 50; fire 10; unlink 10 UF; wake 2 sync queued; fire 11; unlink 11 UF; pass- 50; pass+ 50; pass- 50; run 2; pend 2; stalled 4"},
		{"", "nested pass takes all", waiting + "pass+ 50; fire 10; unlink 10 UF; wake 2 sync queued; link 12 50 4; pass+ 50; fire 11; unlink 11 UF; wake 3 sync queued; fire 12; unlink 12 UF; wake 4 sync queued; pass- 50; pass- 50"},
		{"", "nested pass takes its own", waiting + "pass+ 50; fire 10; unlink 10 UF; wake 2 sync queued; link 12 50 4; pass+ 50; fire 12; unlink 12 UF; wake 4 sync queued; pass- 50; fire 11; unlink 11 UF; wake 3 sync queued; pass- 50"},
		{"", "nested pass on another list", waiting + "run 4; link 12 51 4; pend 4; pass+ 50; fire 10; unlink 10 UF; wake 2 sync queued; pass+ 51; fire 12; unlink 12 UF; wake 4 sync queued; pass- 51; fire 11; unlink 11 UF; wake 3 sync queued; pass- 50"},
		{"", "a wait that moved to another task", "run 2; link 10 50 2; pend 2; run 3; pend 3; fire 10; unlink 10 UF; wake 3 sync queued; run 3; end 3; stalled 3"},
		{"", "void wake in a teardown", "scope+ 60 0 2; run 2; link 10 50 2; pend 2; cancelreq 2; drop+ 2; fire 10; unlink 10 UF; wake 2 join void; drop- 2; stalled 3"},
		{"", "same id again", "run 2; link 10 50 2; unlink 10 UD; link 10 50 2; unlink 10 UD; pend 2"},
		{"", "interrupt", armed + "run 3; pend 3; choice irqs 2 1 0 5; irq 5; pass+ 50 6; fire 10; unlink 10 UF; wake 2 line queued; pass- 50; line- 5; run 2; pend 2; idle 0"},
		{"", "coalesced and stale requests", "choice irqs 2 1 0 5; run 3; pend 3; wake 4 ext queued; run 4; pend 4; " + armed + "irq 5; pass+ 50 6; fire 10; unlink 10 UF; wake 2 line queued; pass- 50; line- 5; choice irqs 2 1 0 5; choice irqs 2 1 0 5; run 2; pend 2; wake 4 ext queued; run 4; pend 4"},
		{"", "the last waiter leaves a pending line", armed + "run 3; swpend 5; pend 3; cancelreq 2; drop+ 2; unlink 10 UD; line- 5; drop- 2; wake 4 ext queued; run 4; pend 4; stalled 3"},
		{"", "queued before, polled before the handler", armed + "wake 4 ext queued; run 3; swpend 5; pend 3; run 4; pend 4; irq 5; pass+ 50 6; fire 10; unlink 10 UF; wake 2 line queued; pass- 50; line- 5; run 2; pend 2; stalled 4"},
		{"", "noted in the poll that pended", armed + "run 3; swpend 5; wake 3 self noted; pend 3; run 3; pend 3; irq 5; pass+ 50 6; fire 10; unlink 10 UF; wake 2 line queued; pass- 50; line- 5"},
		{"", "a line that is never switched", "run 2; link 10 50 2; pend 2; swpend 14; irq 14; pass+ 50 15; fire 10; unlink 10 UF; wake 2 line queued; pass- 50; run 2; link 11 50 2; pend 2; swpend 14; irq 14; pass+ 50 15; fire 11; unlink 11 UF; wake 2 line queued; pass- 50"},
		{"", "two lanes", "boot 1 0 2 detach; spawn 2 0; spawn 3 0; /0 run 2; /1 run 3; /0 link 10 50 2; /1 irq 4; /1 pass+ 51 5; /1 pass- 51; /0 line+ 5; /1 pend 3; /0 pend 2"},
		{"", "quiet end of a target", armed + "frozen 1; line- 5; exit 0"},
		{"", "the gate ends line waits", armed + "gate; pass+ 50 6; fire 10; unlink 10 UF; wake 2 line queued; pass- 50; line- 5; run 2; pend 2"},
	}
}

func TestWaiters(t *testing.T) { checkOps(t, waiterRules(), waiterCases()) }
