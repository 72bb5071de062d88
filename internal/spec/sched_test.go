package spec

import "testing"

var schedBad = []badTrace{
	{id: "S1", name: "overlap", text: "MAIN; poll+ 1; /1 poll+ 1; poll- 1 R; drop+ 1; drop- 1; rootdone 0; stopacc; DONE"},
	{id: "S1", name: "end without begin", text: "MAIN; poll+ 1; poll- 1 P; poll- 1 P; wake 1 ext queued; poll+ 1; END"},
	{id: "S1", name: "teardown inside a poll", text: "MAIN; poll+ 1; spawn 2 1; poll- 1 P; poll+ 2; cancelreq 2 call; drop+ 2; poll- 2 P; drop- 2; wake 1 ext queued; poll+ 1; END"},
	{id: "S2", name: "poll after Ready", text: "MAIN; poll+ 1; spawn 2 1; poll- 1 P; poll+ 2; wake 2 self noted; poll- 2 R; poll+ 2; poll- 2 R; drop+ 2; drop- 2; wake 1 ext queued; poll+ 1; END"},
	{id: "S2", name: "poll after cancel", text: "MAIN; spawn 2 1; poll+ 1; cancelreq 2 call; poll- 1 P; poll+ 2; poll- 2 P; drop+ 2; drop- 2; wake 1 ext queued; poll+ 1; END"},
	{id: "S2", name: "two teardowns", text: "MAIN; poll+ 1; poll- 1 R; drop+ 1; drop- 1; drop+ 1; rootdone 0; stopacc; DONE"},
	{id: "S2", name: "two ends", text: "MAIN; poll+ 1; poll- 1 R; drop+ 1; drop- 1; drop- 1; rootdone 0; stopacc; DONE"},
	{id: "S3", name: "lost wake", also: "S9", text: "MAIN; poll+ 1; poll- 1 P; wake 1 sync queued; idle forever; stalled 1; exit -2"},
	{id: "S3", name: "lost note", also: "S9", text: "MAIN; poll+ 1; wake 1 op noted; poll- 1 P; idle 50; @50 wake 1 ext queued; poll+ 1; END"},
	{id: "S3", name: "void too soon", text: "MAIN; poll+ 1; poll- 1 P; wake 1 sync void; wake 1 ext queued; poll+ 1; END"},
	{id: "S3", name: "merged into nothing", text: "MAIN; poll+ 1; poll- 1 P; wake 1 sync merged; wake 1 ext queued; poll+ 1; END"},
	{id: "S3", name: "lost at a stall", text: "MAIN; poll+ 1; wake 1 op noted; poll- 1 P; stalled 1; exit -2"},
	{id: "S3", name: "wake of the dead", text: "MAIN; spawn 2 0; poll+ 1; wake 1 self noted; poll- 1 P; poll+ 2; poll- 2 R; drop+ 2; drop- 2; wake 2 sync queued; poll+ 1; END"},
	{id: "S4", name: "poll without wake", text: "MAIN; poll+ 1; poll- 1 P; poll+ 1; END"},
	{id: "S4", name: "two polls for one wake", text: "MAIN; poll+ 1; poll- 1 P; wake 1 ext queued; poll+ 1; poll- 1 P; poll+ 1; END"},
	{id: "S5", name: "overtaken", text: "MAIN; spawn 2 0; spawn 3 0; poll+ 1; wake 1 self noted; poll- 1 P; poll+ 3; poll- 3 R; drop+ 3; drop- 3; poll+ 2; poll- 2 R; drop+ 2; drop- 2; poll+ 1; END"},
	{id: "S5", name: "self-waking on the spot", text: "MAIN; spawn 2 0; poll+ 1; wake 1 self noted; poll- 1 P; poll+ 1; wake 1 self noted; poll- 1 P; poll+ 2; poll- 2 R; drop+ 2; drop- 2; poll+ 1; END"},
	{id: "S5", name: "teardown first", text: "MAIN; spawn 2 1; spawn 3 0; poll+ 1; poll- 1 P; poll+ 2; poll- 2 P; wake 1 ext queued; cancelreq 2 call; drop+ 2; drop- 2; poll+ 3; poll- 3 R; drop+ 3; drop- 3; poll+ 1; END"},
	{id: "S6", name: "never polled", also: "S9", text: "MAIN; spawn 2 0; poll+ 1; poll- 1 P; idle forever; stalled 2; exit -2"},
	{id: "S6", name: "never spawned", text: "MAIN; poll+ 1; poll- 1 P; poll+ 7; poll- 7 P; wake 1 ext queued; poll+ 1; END"},
	{id: "S6", name: "inside the spawning poll", text: "MAIN; poll+ 1; spawn 2 1; poll+ 2; poll- 2 R; drop+ 2; drop- 2; END"},
	{id: "S7", name: "fatal", text: "MAIN; poll+ 1; poll- 1 P; fatal 3; exit -1"},
	{id: "S8", name: "poll after panic", text: "MAIN; spawn 2 0; poll+ 1; panic 1; poll+ 2; exit -1"},
	{id: "S8", name: "success after panic", text: "MAIN; poll+ 1; panic 1; exit 0"},
	{id: "S8", name: "hang after panic", text: "MAIN; poll+ 1; panic 1"},
	{id: "S9", name: "yielded task left", also: "S3", text: "MAIN; poll+ 1; wake 1 self noted; poll- 1 P; idle 10; @10 poll+ 1; END"},
	{id: "S9", name: "inside a poll", text: "MAIN; poll+ 1; idle 10; @10 END"},
	{id: "S9", name: "untold completion", text: "MAIN; poll+ 1; poll- 1 P; submit 65536 1 read 3; idle forever; @10 cqe 65536 4 0; idle forever; @20 wake 1 op queued; poll+ 1; reap 65536 deliver 4; END"},
	{id: "S10", name: "decided twice", text: "MAIN; poll+ 1; won 9 0 2 1; won 9 1 2 1; END"},
	{id: "S10", name: "no such arm", text: "MAIN; poll+ 1; won 9 2 2 1; END"},
	{id: "S10", name: "outside the owner's poll", text: "MAIN; poll+ 1; poll- 1 P; won 9 1 2 1; wake 1 ext queued; poll+ 1; END"},
	{id: "S10", name: "loser in flight", text: "MAIN; poll+ 1; poll- 1 P; submit 65536 1 read 3; wake 1 sync queued; poll+ 1; won 9 1 2 1; orphan 65536 await; ccl 65536; poll- 1 R; drop+ 1; cqe 65536 -125 0; reap 65536 discard -125; drop- 1; rootdone 0; stopacc; DONE"},
	{id: "S10", name: "a lower one of many was Ready", text: "MAIN; poll+ 1; poll- 1 P; submit 65536 1 read 3; submit 65537 1 read 4; cqe 65537 4 0; wake 1 op queued; wake 1 sync merged; poll+ 1; won 9 3 4 1; orphan 65536 await; ccl 65536; reap 65537 discard 4; poll- 1 P; idle forever; @9 cqe 65536 -125 0; reap 65536 discard -125; wake 1 op queued; poll+ 1; END"},
	{id: "S10", name: "select without such an arm", text: "MAIN; poll+ 1; won 9 2 2 1 1; END"},
	{id: "S10", name: "lower arm was Ready", text: "MAIN; poll+ 1; poll- 1 P; submit 65536 1 read 3; cqe 65536 4 0; wake 1 op queued; wake 1 sync merged; poll+ 1; won 9 1 2 1; reap 65536 discard 4; END"},
}

var schedGood = []goodTrace{
	{name: "smallest", text: "MAIN; poll+ 1; END"},
	{name: "wakes merge", text: "MAIN; wake 1 chaos merged; poll+ 1; wake 1 sync noted; wake 1 chan merged; wake 1 self merged; poll- 1 P; wake 1 sync merged; poll+ 1; poll- 1 P; wake 1 ext queued; poll+ 1; END"},
	{name: "yield goes to the tail", text: "MAIN; spawn 2 0; poll+ 1; wake 1 self noted; poll- 1 P; poll+ 2; poll- 2 R; drop+ 2; drop- 2; wake 2 sync void; poll+ 1; END"},
	{name: "cancelled while polled, Ready wins", text: "MAIN; poll+ 1; spawn 2 1; wake 1 self noted; poll- 1 P; poll+ 2; cancelreq 2 call; poll- 2 R; drop+ 2; drop- 2; poll+ 1; END"},
	{name: "cancelled while polled", text: "MAIN; poll+ 1; spawn 2 1; wake 1 self noted; poll- 1 P; poll+ 2; cancelreq 2 call; wake 2 sync noted; poll- 2 P; poll+ 1; wake 1 self noted; poll- 1 P; drop+ 2; drop- 2; poll+ 1; END"},
	{name: "cancelled before its first poll", text: "MAIN; poll+ 1; spawn 2 1; cancelreq 2 call; wake 1 self noted; poll- 1 P; drop+ 2; drop- 2; poll+ 1; END"},
	{name: "two lanes, one suspended", text: "LANES2; spawn 2 0; spawn 3 0; poll+ 1; /1 poll+ 2; /1 poll- 2 P; /1 poll+ 3; /1 wake 1 sync noted; /1 spawn 4 3; poll- 1 P; poll+ 4; poll- 4 R; drop+ 4; drop- 4; /1 poll- 3 R; /1 drop+ 3; /1 drop- 3; /1 wake 2 sync queued; poll+ 1; /1 poll+ 2; /1 poll- 2 R; /1 drop+ 2; /1 drop- 2; END"},
	{name: "two lanes may pass one", text: "LANES2; spawn 2 0; spawn 3 0; poll+ 1; poll- 1 P; /1 poll+ 3; poll+ 2; /1 poll- 3 R; /1 drop+ 3; /1 drop- 3; poll- 2 R; drop+ 2; drop- 2; wake 1 ext queued; poll+ 1; END"},
	{name: "free order", text: "FREE; spawn 2 0; spawn 3 0; choice 1 3 2; poll+ 3; wake 3 self noted; poll- 3 P; choice 1 3 2; poll+ 3; wake 3 self noted; poll- 3 P; choice 1 3 2; poll+ 3; poll- 3 R; drop+ 3; drop- 3; poll+ 2; poll- 2 R; drop+ 2; drop- 2; poll+ 1; END"},
	{name: "refused call", text: "STOP; poll+ 1; spawn 2 1; ROOTENDS; gate; poll+ 2; refuse 2 optimer 125; poll- 2 P; poll+ 2; refuse 2 optimer 125; wake 2 self noted; poll- 2 P; poll+ 2; poll- 2 R; drop+ 2; drop- 2; exit 0"},
	{name: "refused while waiting for a slot", text: "STOP; poll+ 1; spawn 2 1; poll- 1 P; poll+ 2; poll- 2 P; wake 1 ext queued; poll+ 1; ROOTENDS; gate; refuse 2 read 125; wake 2 op queued; poll+ 2; poll- 2 R; drop+ 2; drop- 2; exit 0"},
	{name: "panic voids", text: "MAIN; spawn 2 0; poll+ 1; wake 2 sync merged; panic 1; exit -1"},
	{name: "step budget voids", text: "MAIN; spawn 2 0; poll+ 1; wake 2 sync merged; poll- 1 P; exit -4"},
	{name: "frozen voids", text: "MAIN; spawn 2 0; poll+ 1; poll- 1 R; drop+ 1; drop- 1; rootdone 0; stopacc; trigger 100 root; frozen 1; exit 0"},
	{name: "deadlock of the program", text: "MAIN; poll+ 1; poll- 1 P; idle forever; stalled 1; exit -2"},
	{name: "cut off", incomplete: true, text: "MAIN; spawn 2 0; poll+ 1; wake 1 self noted"},
	{name: "loser reaped before the race is Ready", text: "MAIN; poll+ 1; poll- 1 P; submit 65536 1 read 3; wake 1 sync queued; poll+ 1; won 9 1 2 1; orphan 65536 await; ccl 65536; poll- 1 P; idle forever; @9 cqe 65536 -125 0; reap 65536 discard -125; wake 1 op queued; poll+ 1; END"},
	{name: "higher arm was Ready too", text: "MAIN; poll+ 1; poll- 1 P; submit 65536 1 read 3; submit 65537 1 read 4; cqe 65537 4 0; wake 1 op queued; cqe 65536 4 0; wake 1 op merged; poll+ 1; reap 65536 deliver 4; won 9 0 2 1; reap 65537 discard 4; END"},
	{name: "select whose loser is given up by its owner", text: "MAIN; poll+ 1; poll- 1 P; submit 65536 1 read 3; submit 65537 1 read 4; cqe 65537 4 0; wake 1 op queued; wake 1 sync merged; poll+ 1; won 9 2 3 1 1; reap 65537 discard 4; orphan 65536 await; ccl 65536; poll- 1 R; drop+ 1; cqe 65536 -125 0; reap 65536 discard -125; drop- 1; rootdone 0; stopacc; DONE"},
	{name: "race given up within a race", text: "MAIN; poll+ 1; poll- 1 P; submit 65536 1 read 3; wake 1 sync queued; poll+ 1; won 9 1 2 1; orphan 65536 await; ccl 65536; won 8 1 2 1; poll- 1 R; drop+ 1; cqe 65536 -125 0; reap 65536 discard -125; drop- 1; rootdone 0; stopacc; DONE"},
}

func TestSched(t *testing.T) {
	checkBad(t, schedBad, schedRules())
	checkGood(t, schedGood)
}
