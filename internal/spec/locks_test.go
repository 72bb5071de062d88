package spec

import "testing"

// Lock 50, whose waiter list has the same id, in most of them; lock 60 has list 61.
func lockCases() []opsCase {
	const waiting = "run 2; acq 50 2 x; pend 2; run 3; link 10 50 3; pend 3; run 4; link 11 50 4; pend 4; "
	const learnt = "run 2; acq 60 2 x; pend 2; run 3; link 10 61 3; pend 3; run 2; rel 60 2; acq 60 3 x; fire 10; unlink 10 UF; wake 3 sync queued; pend 2; "
	return []opsCase{
		{"MU1", "two owners", "run 2; acq 50 2 x; pend 2; run 3; acq 50 3 x"},
		{"MU1", "two owners, one hands over", waiting + "run 2; acq 50 3 x; fire 10; unlink 10 UF; wake 3 sync queued"},
		{"MU1", "given up by another", "run 2; acq 50 2 x; pend 2; run 3; rel 50 3"},
		{"MU1", "entered by another", "run 2; acq 50 2 x; pend 2; run 3; enter 50 3"},
		{"MU2", "nobody gets it", waiting + "run 2; rel 50 2; pend 2; stalled 4"},
		{"MU2", "waits for a free lock", "run 2; acq 50 2 x; rel 50 2; pend 2; run 3; link 10 50 3; pend 3; stalled 4"},
		{"MU2", "learnt list", learnt + "run 4; link 12 61 4; pend 4; run 3; rel 60 3; pend 3; stalled 4"},
		{"MU3", "owner by hand-off ends", waiting + "run 2; rel 50 2; acq 50 3 x; fire 10; unlink 10 UF; wake 3 sync queued; pend 2; cancelreq 3; drop+ 3; rel 50 3; drop- 3; stalled 3"},
		{"MU3", "the lock dies with its owner", "run 2; acq 50 2 x; end 2"},
		{"MU4", "hand-over to the second", waiting + "run 2; rel 50 2; acq 50 4 x; fire 11; unlink 11 UF; wake 4 sync queued; pend 2"},
		{"MU4", "barging", waiting + "run 2; rel 50 2; acq 50 2 x; pend 2"},
		{"MU4", "barging, learnt list", learnt + "run 4; link 12 61 4; pend 4; run 3; rel 60 3; pend 3; run 2; acq 60 2 x; pend 2"},
		{"MU4", "second of an unknown list", "run 2; acq 60 2 x; pend 2; run 3; link 10 61 3; pend 3; run 4; link 11 61 4; pend 4; run 2; rel 60 2; acq 60 4 x; fire 11; unlink 11 UF; wake 4 sync queued; pend 2"},
		{"MU7", "sync mutex over polls", "run 2; acq 50 2 x inOnePoll; pend 2"},
		{"MU7", "With over polls", "run 2; acq 50 2 x; enter 50 2 inOnePoll; pend 2"},
		{"PO1", "permit poisons", "run 2; acq 50 2 x; poison 50 2; rel 50 2; pend 2"},
		{"PO2", "read guard poisons", "run 2; acq 50 2 r; poison 50 2; rel 50 2; pend 2"},
		{"PO2", "downgraded guard poisons", "run 2; acq 50 2 x; enter 50 2; leave 50 2; pend 2; run 2; poison 50 2; rel 50 2; pend 2"},
		{"PO2", "condition wait poisons", "run 2; acq 50 2 x; link 10 70 2; rel 50 2; pend 2; cancelreq 2; drop+ 2; unlink 10 UD; poison 50 2; drop- 2"},
		{"PO3", "acquired", "run 2; acq 50 2 x; enter 50 2; poison 50 2; rel 50 2; pend 2; run 3; acq 50 3 x"},
		{"PO3", "entered", "run 2; acq 50 2 x; enter 50 2; poison 50 2; enter 50 2; rel 50 2; pend 2"},
		{"PO4", "a waiter sleeps on", waiting + "run 2; enter 50 2; poison 50 2; pass+ 50; fire 10; unlink 10 UF; wake 3 sync queued; link 12 50 3; rel 50 2; pend 2"},
		{"PO4", "a waiter on a condition sleeps on", "cond 70 50; run 3; acq 50 3 x; link 10 70 3; rel 50 3; pend 3; run 2; acq 50 2 x; enter 50 2; poison 50 2; rel 50 2; pend 2"},
		{"PO2", "lowered guard poisons", "run 2; acq 50 2 x; enter 50 2; leave 50 2; lower 50 2 u; poison 50 2; rel 50 2; pend 2"},
		{"MU1", "lowered by another", "run 3; lower 50 3 u; pend 3"},
		{"MU1", "given up twice by a reader", "run 2; acq 50 2 r; acq 50 2 r; rel 50 2; rel 50 2; rel 50 2; pend 2"},
		{"PO5", "not poisoned", "run 2; acq 50 2 x; enter 50 2; poll- 2 R; drop+ 2; rel 50 2; drop- 2"},
		{"PO5", "poisoned although it left", "run 2; acq 50 2 x; enter 50 2; poison 50 2; leave 50 2; rel 50 2; pend 2"},
		{"PO5", "poisoned by a stranger", "run 3; poison 50 3; pend 3"},
		{"PO5", "poisoned while it waits", "run 2; acq 50 2 x; enter 50 2; pend 2; poison 50 2"},

		{"", "hand-over in order", waiting + "run 2; rel 50 2; acq 50 3 x; fire 10; unlink 10 UF; wake 3 sync queued; pend 2; run 3; rel 50 3; acq 50 4 x; fire 11; unlink 11 UF; wake 4 sync queued; pend 3; run 4; rel 50 4; pend 4; run 2; acq 50 2 x; rel 50 2; pend 2; stalled 4"},
		{"", "owner by hand-off is cancelled, the lock passes on", waiting + "run 2; rel 50 2; acq 50 3 x; fire 10; unlink 10 UF; wake 3 sync queued; pend 2; cancelreq 3; drop+ 3; rel 50 3; acq 50 4 x; fire 11; unlink 11 UF; wake 4 sync queued; drop- 3"},
		{"", "first waiter leaves", waiting + "cancelreq 3; drop+ 3; unlink 10 UD; drop- 3; run 2; rel 50 2; acq 50 4 x; fire 11; unlink 11 UF; wake 4 sync queued; pend 2"},
		{"", "hand-over to a waiter whose cancel is pending", waiting + "cancelreq 3 call; run 2; rel 50 2; acq 50 3 x; fire 10; unlink 10 UF; wake 3 sync merged; pend 2; drop+ 3; rel 50 3; acq 50 4 x; fire 11; unlink 11 UF; wake 4 sync queued; drop- 3"},
		{"", "a waiter whose cancel is pending is passed over", waiting + "cancelreq 3 call; run 2; rel 50 2; acq 50 4 x; fire 11; unlink 11 UF; wake 4 sync queued; pend 2; drop+ 3; unlink 10 UD; drop- 3"},
		{"", "release in a teardown hands over", waiting + "cancelreq 2; drop+ 2; rel 50 2; acq 50 3 x; fire 10; unlink 10 UF; wake 3 sync queued; drop- 2"},
		{"", "poisoned by an ending owner", waiting + "run 2; enter 50 2; pend 2; cancelreq 2; drop+ 2; poison 50 2; pass+ 50; fire 10; unlink 10 UF; wake 3 sync queued; fire 11; unlink 11 UF; wake 4 sync queued; pass- 50; rel 50 2; drop- 2; run 3; unpoison 50 3; acq 50 3 x; rel 50 3; pend 3"},
		{"", "guard released without exit", "run 2; acq 50 2 x; enter 50 2; poison 50 2; rel 50 2; pend 2"},
		{"", "permit released", "run 2; acq 50 2 x; pend 2; cancelreq 2; drop+ 2; rel 50 2; drop- 2"},
		{"", "condition wait", "run 2; acq 50 2 x; enter 50 2; link 10 70 2; leave 50 2; rel 50 2; pend 2; run 3; acq 50 3 x; pass+ 70; fire 10; unlink 10 UF; wake 2 sync queued; pass- 70; rel 50 3; pend 3; run 2; acq 50 2 x; enter 50 2; leave 50 2; rel 50 2; pend 2"},
		{"", "holder deadlocks", waiting + "stalled 4"},
		{"", "upgrade past a waiter", "run 2; acq 50 2 u; pend 2; run 3; link 10 50 3; pend 3; run 2; acq 50 2 x; rel 50 2; acq 50 3 x; fire 10; unlink 10 UF; wake 3 sync queued; pend 2"},
		{"", "readers share, two on two lanes", "boot 1 0 2 detach; spawn 2 0; spawn 3 0; /0 run 2; /1 run 3; /0 acq 50 2 r; /1 acq 50 3 r; /1 rel 50 3; /0 rel 50 2"},
		{"", "a task reads twice", "run 2; acq 50 2 r; acq 50 2 r; rel 50 2; rel 50 2; pend 2"},
		{"", "a guard is lowered", "run 2; acq 50 2 x; enter 50 2; lower 50 2 u; pend 2; cancelreq 2; drop+ 2; rel 50 2; drop- 2"},
		{"", "poison reaches those who wait on a condition", "cond 70 50; run 3; acq 50 3 x; link 10 70 3; rel 50 3; pend 3; run 2; acq 50 2 x; enter 50 2; poison 50 2; pass+ 70; fire 10; unlink 10 UF; wake 3 sync queued; pass- 70; rel 50 2; pend 2"},
		{"", "short sections", "run 2; acq 50 2 x inOnePoll; rel 50 2; acq 51 2 x; enter 51 2 inOnePoll; leave 51 2; rel 51 2; pend 2"},
		{"", "panic in a region", "run 2; acq 50 2 x; enter 50 2; panic 2; exit -1"},
		{"", "frozen with a lost hand-over", waiting + "run 2; rel 50 2; end 2; rootdone 0; frozen 2; exit 0"},
	}
}

func TestLocks(t *testing.T) { checkOps(t, lockRules(), lockCases()) }
