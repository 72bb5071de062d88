package spec

import (
	"slices"
	"strings"
	"testing"
)

// Traces of several real workers: one order, that of the executor's lock, in which steps of different lanes alternate at every
// place where a step lets go of the lock. Time passes by itself. TWO boots two workers of uring, with tasks 1 to 4.
var realWorld = strings.NewReplacer("TWO", "boot 2 0 2 wait; scope+ 100 0 0; spawn 1 0; spawn 2 1; spawn 3 1; spawn 4 1")

type realCase struct{ id, name, text string } // id: what it breaks; empty: a good trace

var realTimes = []realCase{
	{"", "polls of two workers alternate", "TWO; poll+ 1; /1 poll+ 2; @5 wake 2 sync noted; @7 /1 timer+ 1 2 100 107; @8 poll- 1 P; poll+ 3; @9 /1 poll- 2 P; " +
		"/1 poll+ 4; /1 poll- 4 R; /1 drop+ 4; /1 drop- 4; poll- 3 R; drop+ 3; drop- 3; @20 poll+ 2; poll- 2 P; @21 idle 107; " +
		"@500 expire 1 1; wake 2 timer queued; @501 /1 poll+ 2; /1 wake 1 sync queued; poll+ 1; @502 /1 poll- 2 R; /1 drop+ 2; /1 drop- 2; poll- 1 R; drop+ 1; drop- 1; rootdone 0; stopacc; exit 0"},
	{"", "cancelled while another worker polls it", "TWO; poll+ 1; /1 poll+ 2; cancelreq 2 call; /1 wake 3 sync merged; poll- 1 P; poll+ 3; /1 poll- 2 P; poll- 3 R; drop+ 3; drop- 3; " +
		"/1 poll+ 4; drop+ 2; drop- 2; wake 1 join queued; poll+ 1; cancelres 2 0; /1 poll- 4 R; /1 drop+ 4; /1 drop- 4; poll- 1 R; drop+ 1; drop- 1; rootdone 0; stopacc; exit 0"},
	{"", "an op of one worker is given up right behind a race of the other", "TWO; poll+ 1; /1 poll+ 2; /1 submit 65536 2 read 3; won 9 1 2 1; /1 orphan 65536 await; timer+ 1 1 5 5; timer- 1; " +
		"/1 ccl 65536; poll- 1 R; drop+ 1; drop- 1; rootdone 0; stopacc; poll+ 3; poll- 3 R; drop+ 3; drop- 3; /1 poll- 2 P; poll+ 4; poll- 4 R; drop+ 4; drop- 4; idle forever; " +
		"cqe 65536 -125 0; reap 65536 discard -125; wake 2 op queued; /1 poll+ 2; /1 poll- 2 R; /1 drop+ 2; /1 drop- 2; exit 0"},
	{"", "a cancel of one worker right behind a trigger of the other", "TWO; poll+ 1; scope+ 101 100 1; spawn 5 1; member 101 5; hatt 5 -101; trigger 101 api; " +
		"/1 poll+ 2; poll- 1 R; drop+ 1; scopeclose 101 0; hdrop 5 1; cancelreq 5 handle; poll+ 3; poll- 3 R; drop+ 3; drop- 3; poll+ 4; poll- 4 R; drop+ 4; drop- 4; " +
		"/1 poll- 2 R; /1 drop+ 2; /1 drop- 2; drop+ 5; drop- 5; scope- 101; drop- 1; rootdone 0; stopacc; exit 0"},
	{"", "a timer is delivered before its own poll has asked for it", "TWO; poll+ 1; timer+ 1 1 50 50; @60 /1 expire 1 1; /1 wake 1 timer noted; wake 1 timer merged; poll- 1 P; " +
		"/1 poll+ 2; /1 poll- 2 R; /1 drop+ 2; /1 drop- 2; poll+ 3; poll- 3 R; drop+ 3; drop- 3; poll+ 4; poll- 4 R; drop+ 4; drop- 4; poll+ 1; poll- 1 R; drop+ 1; drop- 1; rootdone 0; stopacc; exit 0"},
	{"", "a timer comes seconds late", "TWO; poll+ 1; timer+ 1 1 50 50; poll- 1 P; poll+ 2; poll- 2 R; drop+ 2; drop- 2; poll+ 3; poll- 3 R; drop+ 3; drop- 3; poll+ 4; poll- 4 R; drop+ 4; drop- 4; " +
		"idle 50; @3000000000 expire 1 1; wake 1 timer queued; poll+ 1; poll- 1 R; drop+ 1; drop- 1; rootdone 0; stopacc; exit 0"},
	{"", "detached tasks are in the middle of polls", "boot 2 0 2 detach; scope+ 100 0 0; spawn 1 0; spawn 2 1; spawn 3 1; poll+ 1; /1 poll+ 2; poll- 1 R; drop+ 1; drop- 1; rootdone 0; stopacc; " +
		"/1 poll- 2 P; /1 poll+ 3; /1 poll- 3 P; frozen 2; exit 0"},
	{"", "a cleanup task appears just before the exit", "boot 2 0 2 main; scope+ 100 0 0; spawn 1 0; spawn 2 1; poll+ 1; /1 poll+ 2; @5 poll- 1 R; drop+ 1; drop- 1; rootdone 0; stopacc; trigger 100 root; " +
		"@6 /1 spawn 3 2 cleanup; @7 poll+ 3; @900 poll- 3 R; drop+ 3; drop- 3; /1 poll- 2 P; frozen 1; exit 0"},
	{"S1", "polled by two workers at once", "TWO; poll+ 1; /1 wake 1 ext noted; /1 poll+ 1; poll- 1 P"},
	{"S2", "polled after a cancel of the other worker", "TWO; poll+ 1; cancelreq 2 call; /1 poll+ 2; /1 poll- 2 P"},
	{"S4 S5", "two workers answer one wake", "TWO; poll+ 1; poll- 1 P; wake 1 ext queued; poll+ 1; poll- 1 P; /1 poll+ 1; /1 poll- 1 P"},
	{"S5", "passed over by more than the other worker", "TWO; poll+ 2; /1 poll+ 3; poll- 2 R; drop+ 2; drop- 2; poll+ 4; poll- 4 R; drop+ 4; drop- 4; poll+ 1"},
	{"S9", "idle while the other worker polls", "TWO; poll+ 1; poll- 1 P; poll+ 2; poll- 2 P; poll+ 3; poll- 3 P; /1 poll+ 4; idle 50; @60 /1 poll- 4 P"},
	{"S10", "a loser of the same worker is in flight", "TWO; poll+ 1; submit 65536 1 read 3; /1 poll+ 2; won 9 1 2 1; /1 wake 2 self noted; orphan 65536 await; ccl 65536; poll- 1 R"},
	{"T1", "early by a nanosecond", "TWO; poll+ 1; timer+ 1 1 50 50; poll- 1 P; poll+ 2; @49 expire 1 1; wake 1 timer queued"},
	{"T4", "a timer wakes twice", "TWO; poll+ 1; timer+ 1 1 50 50; poll- 1 P; poll+ 2; @60 expire 1 1; wake 1 timer queued; wake 1 timer merged"},
	{"T3", "out of order", "TWO; poll+ 1; timer+ 1 1 50 50; poll- 1 P; poll+ 2; timer+ 2 2 40 40; @60 expire 1 1; wake 1 timer queued"},
	{"SC4 SD3", "a trigger cancels", "TWO; poll+ 1; poll- 1 P; scope+ 101 100 1; spawn 5 1; member 101 5; hatt 5 -101; /1 poll+ 2; trigger 101 api; /1 wake 3 sync merged; hdrop 5 1; cancelreq 5 handle"},
	{"NC7", "polled after the freeze", "boot 2 0 2 detach; scope+ 100 0 0; spawn 1 0; spawn 2 1; poll+ 1; poll- 1 R; drop+ 1; drop- 1; rootdone 0; stopacc; frozen 1; /1 poll+ 2"},
}

var realOps = []realCase{
	{"", "multishot accept on one worker, taken on the other", "TWO; run 2; /1 run 3; submit 5 2 accept 7; pend 2; cqe 5 8 1; wake 2 op queued; cqe 5 9 1; run 2; reap 5 deliver 8; hopen 8 stream; /1 pend 3; " +
		"reap 5 deliver 9; hopen 9 stream; orphan 5 await; ccl 5; pend 2; idle 0; cqe 5 10 1; reap 5 dispose 10; cqe 5 ECANCELED; reap 5 discard ECANCELED"},
	{"", "a zero-copy send gives its buffer back with the notice", "TWO; run 2; lend 9 5 borrowed; submit 5 2 sendzc 7; pend 2; cqe 5 100 1; wake 2 op queued; run 2; reap 5 deliver 100; pend 2; cqe 5 0; return 9 5; wake 2 op queued; run 2; reap 5 deliver 0; end 2"},
	{"", "the result of a zero-copy send is taken after the notice", "TWO; run 2; lend 9 5 borrowed; submit 5 2 sendzc 7; pend 2; cqe 5 100 1; idle 0; cqe 5 0; return 9 5; wake 2 op queued; run 2; reap 5 deliver 100; reap 5 discard 0; end 2"},
	{"", "a descriptor is used again before its close is known", "TWO; hopen 7 stream; submit 5 2 opclose 7; submit 6 3 accept 4; cqe 6 7; wake 3 op queued; cqe 5 0; hclose 7; wake 2 op queued; /1 run 3; /1 reap 6 deliver 7; " +
		"/1 hopen 7 stream; /1 submit 8 3 read 7; /1 pend 3; run 2; reap 5 deliver 0; end 2"},
	{"", "a read and a write on a socket", "TWO; hopen 7 stream; submit 5 2 recv 7; submit 6 3 send 7; cqe 6 4; cqe 5 4"},
	{"", "passes of two workers on two lists", "TWO; run 1; /1 run 2; link 10 60 3; /1 link 11 61 4; pass+ 60; fire 10; unlink 10 UF; wake 3 sync queued; pass- 60; /1 pass+ 61; /1 fire 11; /1 unlink 11 UF; /1 wake 4 sync queued; /1 pass- 61; pend 1; /1 pend 2"},
	{"IO1", "multishot goes on after its end", "TWO; run 2; submit 5 2 accept 7; pend 2; cqe 5 8 1; cqe 5 ECANCELED; cqe 5 9 1"},
	{"IO2", "the buffer of a zero-copy send comes back before the notice", "TWO; run 2; lend 9 5 borrowed; submit 5 2 sendzc 7; pend 2; cqe 5 100 1; return 9 5"},
	{"IO7", "the notice of a zero-copy send is handed over in place of its result", "TWO; run 2; lend 9 5 borrowed; submit 5 2 sendzc 7; pend 2; cqe 5 100 1; cqe 5 0; return 9 5; run 2; reap 5 deliver 0; end 2"},
	{"IO8", "a multishot accept of nobody is thrown away", "TWO; run 2; submit 5 2 accept 7; orphan 5 await; ccl 5; pend 2; cqe 5 8 1; reap 5 discard 8"},
	{"IO13", "closed under a receive", "TWO; submit 5 2 recv 7; submit 6 3 opclose 7"},
	{"IO15", "two receives on one stream", "TWO; hopen 7 stream; submit 5 2 recv 7; submit 6 3 recv 7"},
	{"CM8", "a worker polls inside a poll", "TWO; run 1; run 2; pend 2; pend 1"},
	{"CM7", "a line is open while all idle and nobody waits", "TWO; run 1; link 10 60 1; line+ 0; unlink 10 UD; pend 1; idle 50"},
}

func TestRealTraces(t *testing.T) {
	check := func(tc realCase, found []Violation) {
		t.Run(strings.TrimPrefix(tc.id+"/"+tc.name, "/"), func(t *testing.T) {
			var got []string
			for _, v := range found {
				got = append(got, v.ID)
			}
			slices.Sort(got)
			if want := strings.Fields(tc.id); !slices.Equal(slices.Compact(got), want) {
				t.Errorf("got %v, want %v\n%s\n%v", got, want, tc.text, found)
			}
		})
	}
	for _, tc := range realTimes {
		installs := monitors()
		if tc.id != "" {
			installs = groupsHere()
		}
		found, _ := judge(t, realWorld.Replace(tc.text), true, tc.id != "", installs)
		check(tc, found)
	}
	for _, tc := range realOps {
		c := newChecker(Options{}, []func(*Checker){installOps, installWaiting})
		c.Events(parseOpsTrace(t, realWorld.Replace(tc.text)))
		check(tc, c.Finish())
	}
}
