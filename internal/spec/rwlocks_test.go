package spec

import "testing"

// Lock 50 has a list of the same id; 51 is the list of its upgrades.
func rwlockCases() []opsCase {
	const (
		reader   = "run 2; acq 50 2 r; pend 2; "
		upreader = "run 2; acq 50 2 u; pend 2; "
		// 2 reads, 3 waits to write, 4 to read
		waiting = reader + "run 3; link 10 50 3; pend 3; run 4; want 50 4 r; link 11 50 4; pend 4; "
		// 2 is the upgradeable reader, 3 reads, 2 waits for its upgrade
		upgrade = upreader + "run 3; acq 50 3 r; pend 3; run 2; want 50 2 x; link 12 51 2; pend 2; "
		granted = "acq 50 2 x; fire 12; unlink 12 UF; wake 2 sync queued; "
	)
	return []opsCase{
		{"MU5", "a writer beside a reader", reader + "run 3; acq 50 3 x; pend 3"},
		{"MU5", "a writer beside the upgradeable reader", upreader + "run 3; acq 50 3 x; pend 3"},
		{"MU5", "two upgradeable readers", upreader + "run 3; acq 50 3 u; pend 3"},
		{"MU5", "one reader of two is admitted", "run 2; acq 50 2 x; pend 2; run 3; want 50 3 r; link 10 50 3; pend 3; run 4; want 50 4 r; link 11 50 4; pend 4; " +
			"run 2; rel 50 2; acq 50 3 r; fire 10; unlink 10 UF; wake 3 sync queued; pend 2"},
		{"MU5", "a writer that left keeps readers out", waiting + "cancelreq 3; drop+ 3; unlink 10 UD; drop- 3"},
		{"MU5", "lowering lets nobody in", "run 2; acq 50 2 x; pend 2; run 3; want 50 3 r; link 10 50 3; pend 3; run 2; lower 50 2 u; pend 2"},
		{"MU5", "an upgrade that was given up keeps readers out", upgrade + "run 4; want 50 4 r; link 11 50 4; pend 4; run 2; unlink 12 UD; pend 2"},
		{"MU6", "granted beside a reader", upgrade + "run 4; " + granted + "pend 4"},
		{"MU6", "granted at once beside a reader", upreader + "run 3; acq 50 3 r; pend 3; run 2; acq 50 2 x; pend 2"},
		{"MU6", "overtaken by a reader", upgrade + "run 4; acq 50 4 r; pend 4"},
		{"MU6", "not granted", upgrade + "run 3; rel 50 3; pend 3"},
		{"MU6", "by a reader of many", reader + "run 2; want 50 2 x; link 12 51 2; pend 2"},

		{"", "a reader waits behind a writer", waiting + "run 2; rel 50 2; acq 50 3 x; fire 10; unlink 10 UF; wake 3 sync queued; pend 2; " +
			"run 3; rel 50 3; acq 50 4 r; fire 11; unlink 11 UF; wake 4 sync queued; pend 3; run 4; rel 50 4; pend 4"},
		{"", "an upgrade goes before a writer", upgrade + "run 4; link 13 50 4; pend 4; run 3; rel 50 3; " + granted + "pend 3; run 2; enter 50 2; leave 50 2; rel 50 2; " +
			"acq 50 4 x; fire 13; unlink 13 UF; wake 4 sync queued; pend 2"},
		{"", "readers wait for an upgrade and get in when it is given up", upgrade + "run 4; want 50 4 r; link 11 50 4; pend 4; " +
			"run 2; unlink 12 UD; acq 50 4 r; fire 11; unlink 11 UF; wake 4 sync queued; pend 2"},
		{"", "an upgrade that was won is given up", upgrade + "run 3; rel 50 3; " + granted + "pend 3; run 2; lower 50 2 u; pend 2; run 4; acq 50 4 r; pend 4"},
		{"", "the upgrader is cancelled", upgrade + "run 4; link 13 50 4; pend 4; cancelreq 2; drop+ 2; unlink 12 UD; rel 50 2; drop- 2; " +
			"run 3; rel 50 3; acq 50 4 x; fire 13; unlink 13 UF; wake 4 sync queued; pend 3"},
		{"", "upgradeable and readers beside each other", "run 2; acq 50 2 r; pend 2; run 3; acq 50 3 u; pend 3; run 4; acq 50 4 r; rel 50 4; pend 4"},
		{"", "a writer becomes a reader", "run 2; acq 50 2 x; lower 50 2 u; lower 50 2 r; pend 2; run 3; acq 50 3 u; pend 3"},
		{"", "a waiter whose cancel is pending stands in the way", waiting + "cancelreq 3 call; run 2; pend 2; drop+ 3; unlink 10 UD; acq 50 4 r; fire 11; unlink 11 UF; wake 4 sync queued; drop- 3"},
	}
}

func TestRWLocks(t *testing.T) { checkOps(t, rwlockRules(), rwlockCases()) }
