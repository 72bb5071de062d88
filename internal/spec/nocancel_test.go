package spec

import "testing"

var nocancelBad = []badTrace{
	{id: "NC1", name: "torn down for no reason", text: "MAIN; spawn 2 0; poll+ 1; poll- 1 P; drop+ 2; drop- 2; wake 1 ext queued; poll+ 1; END"},
	{id: "NC1", name: "handle never attached", text: "MAIN; poll+ 1; spawn 2 1; cancelreq 2 handle; wake 1 self noted; poll- 1 P; drop+ 2; drop- 2; poll+ 1; END"},
	{id: "NC1", name: "handle never released", text: "MAIN; poll+ 1; spawn 2 1; hatt 2 1; cancelreq 2 handle; poll- 1 P; drop+ 2; drop- 2; idle 5; @5 wake 1 ext queued; poll+ 1; END"},
	{id: "NC1", name: "parent's cancel request", text: "MAIN; poll+ 1; spawn 2 1; wake 1 self noted; poll- 1 P; poll+ 2; spawn 3 2; hatt 3 2; poll- 2 P; poll+ 1; cancelreq 2 call; hdrop 3 1; cancelreq 3 handle; wake 1 self noted; poll- 1 P; drop+ 3; drop- 3; drop+ 2; drop- 2; poll+ 1; END"},
	{id: "NC1", name: "in a pass", text: "MAIN; spawn 2 0; poll+ 1; pass+ 50; cancelreq 2 call; pass- 50; wake 1 self noted; poll- 1 P; drop+ 2; drop- 2; poll+ 1; END"},
	{id: "NC2", name: "cancelled after detach", text: "MAIN; poll+ 1; spawn 2 1; hdrop 2 0; cancelreq 2 call; wake 1 self noted; poll- 1 P; drop+ 2; drop- 2; poll+ 1; END"},
	{id: "NC2", name: "released after detach", text: "MAIN; poll+ 1; spawn 2 1; hatt 2 1; hdrop 2 0; hdrop 2 1; cancelreq 2 handle; wake 1 self noted; poll- 1 P; drop+ 2; drop- 2; poll+ 1; END"},
	{id: "NC2", name: "cut off", also: "SD9", text: "WAIT; poll+ 1; spawn 2 1; hdrop 2 0; poll- 1 P; poll+ 2; poll- 2 P; wake 1 ext queued; poll+ 1; ROOTENDS; exit 0"},
	{id: "NC3", name: "joiner gives up", text: "MAIN; poll+ 1; spawn 2 1; wake 1 self noted; poll- 1 P; poll+ 2; spawn 3 2; poll- 2 P; poll+ 1; cancelreq 2 call; wake 1 self noted; poll- 1 P; poll+ 3; poll- 3 P; drop+ 2; unlink 60 UD; hdrop 3 0; cancelreq 3 call; drop- 2; poll+ 1; poll- 1 P; drop+ 3; drop- 3; wake 1 ext queued; poll+ 1; END"},
	{id: "NC3", name: "torn down with its joiner", text: "MAIN; poll+ 1; spawn 2 1; poll- 1 P; poll+ 2; poll- 2 P; wake 1 ext queued; poll+ 1; unlink 60 UD; hdrop 2 0; poll- 1 P; drop+ 2; drop- 2; wake 1 ext queued; poll+ 1; END"},
	{id: "NC4", name: "joined twice", text: "MAIN; spawn 2 0; poll+ 1; wake 1 self noted; poll- 1 P; poll+ 2; poll- 2 R; drop+ 2; drop- 2; poll+ 1; joined 2 7; joined 2 7; END"},
	{id: "NC4", name: "joined and cancelled", text: "MAIN; spawn 2 0; poll+ 1; wake 1 self noted; poll- 1 P; poll+ 2; poll- 2 R; drop+ 2; drop- 2; poll+ 1; joined 2 7; cancelres 2 1 7; END"},
	{id: "NC4", name: "before the end", text: "MAIN; spawn 2 0; poll+ 1; wake 1 self noted; poll- 1 P; poll+ 2; poll- 2 R; drop+ 2; joined 2 7; drop- 2; poll+ 1; END"},
	{id: "NC4", name: "value from nowhere", text: "MAIN; spawn 2 0; poll+ 1; cancelreq 2 call; wake 1 self noted; poll- 1 P; drop+ 2; drop- 2; poll+ 1; joined 2 7; END"},
	{id: "NC4", name: "value withheld", text: "MAIN; spawn 2 0; poll+ 1; wake 1 self noted; poll- 1 P; poll+ 2; cancelreq 2 call; poll- 2 R; drop+ 2; drop- 2; poll+ 1; cancelres 2 0; END"},
	{id: "NC5", name: "request swallowed", also: "S9", text: "MAIN; poll+ 1; spawn 2 1; poll- 1 P; poll+ 2; poll- 2 P; wake 1 ext queued; poll+ 1; cancelreq 2 call; poll- 1 P; idle forever; stalled 2; exit -2"},
	{id: "NC5", name: "teardown stuck", text: "MAIN; poll+ 1; spawn 2 1; cancelreq 2 call; poll- 1 P; drop+ 2; idle forever; stalled 2; exit -2"},
	{id: "NC5", name: "two polls end", also: "S1", text: "MAIN; poll+ 1; spawn 2 1; wake 1 self noted; poll- 1 P; poll+ 2; cancelreq 2 call; poll- 2 P; poll- 2 P; poll+ 1; wake 1 self noted; poll- 1 P; drop+ 2; drop- 2; poll+ 1; END"},
	{id: "NC6", name: "live", text: "MAIN; spawn 2 0; poll+ 1; spawn 2 1; wake 1 self noted; poll- 1 P; poll+ 2; poll- 2 R; drop+ 2; drop- 2; poll+ 1; END"},
	{id: "NC6", name: "ended", text: "MAIN; spawn 2 0; poll+ 1; wake 1 self noted; poll- 1 P; poll+ 2; poll- 2 R; drop+ 2; drop- 2; poll+ 1; spawn 2 1; wake 1 self noted; poll- 1 P; poll+ 2; poll- 2 R; drop+ 2; drop- 2; poll+ 1; END"},
	{id: "NC7", name: "cancel after the freeze", text: "MAIN; spawn 2 0; poll+ 1; poll- 1 R; drop+ 1; drop- 1; rootdone 0; stopacc; trigger 100 root; frozen 1; cancelreq 2 call; exit 0"},
	{id: "NC7", name: "release at exit", also: "NC1", text: "MAIN; spawn 2 0; poll+ 1; poll- 1 R; drop+ 1; drop- 1; rootdone 0; stopacc; trigger 100 root; frozen 1; drop+ 2; drop- 2; exit 0"},
	{id: "NC7", name: "poll after the freeze", text: "MAIN; spawn 2 0; poll+ 1; poll- 1 R; drop+ 1; drop- 1; rootdone 0; stopacc; trigger 100 root; frozen 1; poll+ 2; exit 0"},
	{id: "NC7", name: "miscounted", text: "MAIN; spawn 2 0; poll+ 1; poll- 1 R; drop+ 1; drop- 1; rootdone 0; stopacc; trigger 100 root; frozen 0; exit 0"},
	{id: "NC8", name: "handed on in flux", text: "MAIN; spawn 2 0; poll+ 1; wake 1 self noted; poll- 1 P; poll+ 2; acq 70 2 x; enter 70 2; poll- 2 R; drop+ 2; rel 70 2; acq 70 1 x; poison 70 2; drop- 2; unpoison 70 1; poll+ 1; END"},
	{id: "NC8", name: "not poisoned", text: "MAIN; spawn 2 0; poll+ 1; wake 1 self noted; poll- 1 P; poll+ 2; acq 70 2 x; enter 70 2; poll- 2 R; drop+ 2; rel 70 2; drop- 2; poll+ 1; END"},
	{id: "NC8", name: "entered while poisoned", text: "MAIN; poll+ 1; acq 70 1 x; enter 70 1; poison 70 1; rel 70 1; acq 70 1 x; enter 70 1; leave 70 1; rel 70 1; END"},
	{id: "NC9", name: "submit", text: "MAIN; poll+ 1; poll- 1 R; drop+ 1; submit 65536 1 read 3; cqe 65536 1 0; reap 65536 discard; drop- 1; rootdone 0; stopacc; DONE"},
	{id: "NC9", name: "lock", text: "MAIN; poll+ 1; poll- 1 R; drop+ 1; acq 70 1 x; rel 70 1; drop- 1; rootdone 0; stopacc; DONE"},
	{id: "NC9", name: "timer", text: "MAIN; poll+ 1; poll- 1 R; drop+ 1; timer+ 1 1 5 5; timer- 1; drop- 1; rootdone 0; stopacc; DONE"},
	{id: "NC9", name: "send", text: "MAIN; poll+ 1; poll- 1 R; drop+ 1; put 80 5 1; drop- 1; rootdone 0; stopacc; DONE"},
	{id: "NC9", name: "receive", text: "MAIN; poll+ 1; poll- 1 R; drop+ 1; take 80 5 1; drop- 1; rootdone 0; stopacc; DONE"},
	{id: "NC9", name: "token", text: "MAIN; poll+ 1; poll- 1 R; drop+ 1; tok+ 90 100 1; tok- 90; drop- 1; rootdone 0; stopacc; DONE"},
	{id: "NC9", name: "ordinary task", text: "MAIN; poll+ 1; poll- 1 R; drop+ 1; spawn 2 1 normal; drop- 1; rootdone 0; stopacc; trigger 100 root; frozen 1; exit 0"},
}

var nocancelGood = []goodTrace{
	{name: "child cancelled by its owner's end", text: "MAIN; poll+ 1; spawn 2 1; hatt 2 1; wake 1 self noted; poll- 1 P; poll+ 2; poll- 2 P; poll+ 1; poll- 1 R; drop+ 1; hdrop 2 1; cancelreq 2 handle; drop- 1; rootdone 0; stopacc; trigger 100 root; frozen 1; exit 0"},
	{name: "cancel, then release", text: "MAIN; poll+ 1; spawn 2 1; hatt 2 1; cancelreq 2 handle; hdrop 2 1; wake 1 self noted; poll- 1 P; drop+ 2; drop- 2; poll+ 1; END"},
	{name: "teardown waits for an op", text: "MAIN; poll+ 1; spawn 2 1; poll- 1 P; poll+ 2; poll- 2 P; submit 65536 2 read 3; wake 1 ext queued; poll+ 1; cancelreq 2 call; poll- 1 P; drop+ 2; orphan 65536 await; ccl 65536; idle forever; @50 cqe 65536 -125 0; reap 65536 discard -125; drop- 2; wake 1 ext queued; poll+ 1; cancelres 2 0; END"},
	{name: "join of an attached handle is given up", text: "MAIN; poll+ 1; spawn 2 1; spawn 3 1; hatt 3 1; poll- 1 P; poll+ 2; poll- 2 P; wake 2 ext queued; poll+ 3; poll- 3 P; poll+ 2; link 60 55 2; poll- 2 P; wake 1 ext queued; poll+ 1; cancelreq 2 call; poll- 1 P; drop+ 2; unlink 60 UD; hdrop 3 1; cancelreq 3 handle; drop- 2; drop+ 3; drop- 3; wake 1 ext queued; poll+ 1; END"},
	{name: "join is given up, body completes", text: "MAIN; poll+ 1; spawn 2 1; poll- 1 P; poll+ 2; poll- 2 P; wake 1 ext queued; poll+ 1; link 60 55 1; unlink 60 UD; hdrop 2 0; poll- 1 P; wake 2 ext queued; poll+ 2; poll- 2 R; drop+ 2; drop- 2; wake 1 ext queued; poll+ 1; END"},
	{name: "a section of a sync mutex in a teardown", text: "MAIN; spawn 2 0; poll+ 1; wake 1 self noted; poll- 1 P; poll+ 2; poll- 2 R; drop+ 2; acq 71 2 x 1; rel 71 2; drop- 2; poll+ 1; END"},
	{name: "poison and heal", text: "MAIN; spawn 2 0; poll+ 1; wake 1 self noted; poll- 1 P; poll+ 2; acq 70 2 x; enter 70 2; poll- 2 R; drop+ 2; poison 70 2; rel 70 2; drop- 2; poll+ 1; unpoison 70 1; acq 70 1 x; enter 70 1; leave 70 1; rel 70 1; END"},
	{name: "deferred exit in the teardown", text: "MAIN; poll+ 1; acq 70 1 x; enter 70 1; poll- 1 R; drop+ 1; leave 70 1; rel 70 1; spawn 2 1 cleanup; drop- 1; rootdone 0; stopacc; trigger 100 root; poll+ 2; poll- 2 R; drop+ 2; drop- 2; frozen 0; exit 0"},
	{name: "asked twice", text: "MAIN; poll+ 1; spawn 2 1; cancelreq 2 call; cancelreq 2 call; wake 1 self noted; poll- 1 P; drop+ 2; drop- 2; poll+ 1; cancelres 2 0; END"},
	{name: "owner waits for its scope", text: "MAIN; poll+ 1; spawn 2 1; poll- 1 P; poll+ 2; scope+ 101 100 2; spawn 3 2; member 101 3; hatt 3 -101; poll- 2 P; poll+ 3; poll- 3 P; submit 65536 3 read 3; wake 1 ext queued; poll+ 1; cancelreq 2 call; poll- 1 P; drop+ 2; scopeclose 101 0; trigger 101 close; hdrop 3 1; cancelreq 3 handle; drop+ 3; orphan 65536 await; ccl 65536; idle forever; @7 cqe 65536 -125 0; reap 65536 discard -125; drop- 3; scope- 101; drop- 2; wake 1 ext queued; poll+ 1; END"},
	{name: "stalled on an op that never completes", text: "MAIN; poll+ 1; spawn 2 1; poll- 1 P; poll+ 2; poll- 2 P; submit 65536 2 read 3; wake 1 ext queued; poll+ 1; cancelreq 2 call; poll- 1 P; drop+ 2; orphan 65536 await; ccl 65536; idle forever; stalled 2; exit -2"},
}

func TestNocancel(t *testing.T) {
	checkBad(t, nocancelBad, nocancelRules())
	checkGood(t, nocancelGood)
}
