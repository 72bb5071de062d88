package spec

import "testing"

// Condition 70 belongs to lock 50.
func conditionCases() []opsCase {
	const (
		begin   = "cond 70 50; "
		two     = "run 2; acq 50 2 x; link 10 70 2; rel 50 2; pend 2; "
		three   = "run 3; acq 50 3 x; link 11 70 3; rel 50 3; pend 3; "
		waiting = begin + two + three
		wake2   = "fire 10; unlink 10 UF; wake 2 sync queued; "
		wake3   = "fire 11; unlink 11 UF; wake 3 sync queued; "
		end2    = "cancelreq 2; drop+ 2; "
	)
	return []opsCase{
		{"AV1", "registers after the unlock", begin + "run 2; acq 50 2 x; rel 50 2; link 10 70 2; pend 2"},
		{"AV1", "keeps the lock", begin + "run 2; acq 50 2 x; link 10 70 2; pend 2"},
		{"AV1", "registers as a reader", begin + "run 2; acq 50 2 r; link 10 70 2; rel 50 2; pend 2"},
		{"AV2", "all but one are woken", waiting + "run 4; notify 70 all; " + wake2 + "pend 4"},
		{"AV2", "the close wakes nobody", waiting + "run 4; notify 70 closes; pend 4"},
		{"AV2", "waits for a closed condition", begin + "run 4; notify 70 closes; pend 4; " + two},
		{"CH5", "nobody is woken", waiting + "run 4; notify 70 one; pend 4"},
		{"CH5", "two are woken", waiting + "run 4; notify 70 one; " + wake2 + wake3 + "pend 4"},
		{"CH5", "the newest is woken", waiting + "run 4; notify 70 one; " + wake3 + "pend 4"},
		{"CH5", "woken without a notification", waiting + "run 4; " + wake2 + "pend 4"},
		{"CH5", "a notification is stored", begin + "run 4; notify 70 one; pend 4; " + two + "run 4; " + wake2 + "pend 4"},
		{"CH5", "the chosen one ends and nobody else is told", waiting + "run 4; notify 70 one; " + wake2 + "pend 4; " + end2 + "drop- 2"},
		{"CH5", "passed on to somebody who came later", begin + two + "run 4; notify 70 one; " + wake2 + "pend 4; " + three + end2 + "notify 70 passed; " + wake3 + "drop- 2"},

		{"", "one at a time", waiting + "run 4; notify 70 one; " + wake2 + "pend 4; run 2; acq 50 2 x; rel 50 2; pend 2; run 4; notify 70 one; " + wake3 + "pend 4"},
		{"", "all, in a pass", waiting + "run 4; acq 50 4 x; notify 70 all; pass+ 70; " + wake2 + wake3 + "pass- 70; rel 50 4; pend 4"},
		{"", "nobody is registered", begin + "run 4; notify 70 one; notify 70 all; pend 4"},
		{"", "a waiter whose cancel is pending is passed over", waiting + "cancelreq 2 call; run 4; notify 70 one; " + wake3 + "pend 4"},
		{"", "the chosen one ends and the next is told", waiting + "run 4; notify 70 one; " + wake2 + "pend 4; " + end2 + "notify 70 passed; " + wake3 + "drop- 2"},
		{"", "two are chosen and end", waiting + "run 1; acq 50 1 x; link 12 70 1; rel 50 1; pend 1; run 4; notify 70 one; " + wake2 + "notify 70 one; " + wake3 + "pend 4; cancelreq 3; drop+ 3; notify 70 passed; " +
			"fire 12; unlink 12 UF; wake 1 sync queued; drop- 3; " + end2 + "drop- 2"},
		{"", "the chosen one ends and the other came later", begin + two + "run 4; notify 70 one; " + wake2 + "pend 4; " + three + end2 + "drop- 2"},
		{"", "the chosen one ends after it ran", waiting + "run 4; notify 70 one; " + wake2 + "pend 4; run 2; pend 2; " + end2 + "drop- 2"},
		{"", "a wait is given up", waiting + "run 2; unlink 10 UD; pend 2; run 4; notify 70 one; " + wake3 + "pend 4"},
		{"", "closed", waiting + "run 4; notify 70 closes; pass+ 70; " + wake2 + wake3 + "pass- 70; pend 4"},
		{"", "poison", waiting + "run 4; acq 50 4 x; enter 50 4; poison 50 4; pass+ 70; " + wake2 + wake3 + "pass- 70; rel 50 4; pend 4"},
	}
}

func TestConditions(t *testing.T) { checkOps(t, conditionRules(), conditionCases()) }
