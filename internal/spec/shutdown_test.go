package spec

import "testing"

var shutdownBad = []badTrace{
	{id: "SD1", name: "twice", text: "MAIN; poll+ 1; trigger 100 api; END"},
	{id: "SD2", name: "child forgotten", text: "MAIN; poll+ 1; scope+ 101 100 1; trigger 100 api; poll- 1 R; drop+ 1; scopeclose 101 0; trigger 101 close; scope- 101; drop- 1; rootdone 0; stopacc; frozen 0; exit 0"},
	{id: "SD2", name: "wait for a trigger goes on", text: "MAIN; poll+ 1; link 60 200 1; trigger 200 api; poll- 1 P; idle 5; @5 wake 1 ext queued; poll+ 1; unlink 60 UD; END"},
	{id: "SD2", name: "wait for a combined token goes on", text: "MAIN; poll+ 1; tokin 300 200 any; link 60 300 1; trigger 200 api; trigger 300 any; poll- 1 P; idle 5; @5 wake 1 ext queued; poll+ 1; unlink 60 UD; END"},
	{id: "SD2", name: "wait begins too late", text: "MAIN; poll+ 1; trigger 200 api; link 60 200 1; poll- 1 P; idle 5; @5 wake 1 ext queued; poll+ 1; unlink 60 UD; END"},
	{id: "SD2", name: "wait goes on", text: "MAIN; poll+ 1; scope+ 101 100 1; link 60 101 1; trigger 101 api; poll- 1 P; idle 5; @5 wake 1 ext queued; poll+ 1; unlink 60 UD; scopeclose 101 0; scope- 101; END"},
	{id: "SD3", name: "cancel at the end of root", text: "MAIN; spawn 2 0; poll+ 1; poll- 1 R; drop+ 1; drop- 1; rootdone 0; stopacc; trigger 100 root; cancelreq 2 call; frozen 1; exit 0"},
	{id: "SD3", name: "cancel of members", text: "MAIN; poll+ 1; scope+ 101 100 1; spawn 2 1; member 101 2; hatt 2 -101; trigger 101 api; hdrop 2 1; cancelreq 2 handle; wake 1 self noted; poll- 1 P; drop+ 2; drop- 2; poll+ 1; scopeclose 101 0; scope- 101; END",
		incomplete: true},
	{id: "SD3", name: "op given up", text: "MAIN; poll+ 1; poll- 1 P; submit 65536 1 read 3; tok+ 90 100 0; signal 2 triggers; trigger 100 bysignal; ccl 65536; cqe 65536 -125 0; wake 1 op queued; poll+ 1; reap 65536 deliver -125; tok- 90; poll- 1 R; drop+ 1; drop- 1; rootdone 0; stopacc; frozen 0; exit 0"},
	{id: "SD3", name: "gate", text: "MAIN; poll+ 1; trigger 100 api; gate; poll- 1 R; drop+ 1; drop- 1; rootdone 0; stopacc; frozen 0; exit 0"},
	{id: "SD4", name: "root not triggered", text: "MAIN; poll+ 1; ROOTENDS; frozen 0; exit 0"},
	{id: "SD4", name: "exit without rootdone", text: "MAIN; poll+ 1; poll- 1 P; frozen 1; exit 0"},
	{id: "SD4", name: "token not waited for", text: "MAIN; spawn 2 0; poll+ 1; wake 1 self noted; poll- 1 P; poll+ 2; tok+ 90 100 2; poll- 2 P; poll+ 1; ROOTENDS; trigger 100 root; frozen 1; exit 0"},
	{id: "SD4", name: "late", text: "MAIN; spawn 2 0; poll+ 1; wake 1 self noted; poll- 1 P; poll+ 2; tok+ 90 100 2; poll- 2 P; poll+ 1; ROOTENDS; trigger 100 root; idle 1000; @10 wake 2 ext queued; poll+ 2; tok- 90; timer+ 1 2 1 11; poll- 2 P; idle 11; @11 expire 1 1; wake 2 timer queued; poll+ 2; poll- 2 P; frozen 1; exit 0"},
	{id: "SD4", name: "after the grace", text: "MAIN; spawn 2 0; poll+ 1; wake 1 self noted; poll- 1 P; poll+ 2; tok+ 90 100 2; poll- 2 P; poll+ 1; ROOTENDS; trigger 100 root; idle 1200; @1200 frozen 1; exit 0"},
	{id: "SD4", name: "gate cuts the grace", text: "boot 1 0 1 mainstop; scope+ 100 0 0; spawn 1 0; spawn 2 0; poll+ 1; wake 1 self noted; poll- 1 P; poll+ 2; tok+ 90 100 2; poll- 2 P; poll+ 1; ROOTENDS; trigger 100 root; gate; wake 2 ext queued; poll+ 2; tok- 90; poll- 2 R; drop+ 2; drop- 2; exit 0"},
	{id: "SD5", name: "other value", text: "MAIN; poll+ 1; poll- 1 R; drop+ 1; drop- 1; rootdone 3; stopacc; trigger 100 root; frozen 0; exit 0"},
	{id: "SD6", name: "default although a token was taken", text: "MAIN; poll+ 1; tok+ 90 100 1; poll- 1 P; signal 2 default; exit -18"},
	{id: "SD6", name: "trigger although no token was taken", text: "MAIN; poll+ 1; poll- 1 P; signal 2 triggers; trigger 100 bysignal; wake 1 ext queued; poll+ 1; poll- 1 R; drop+ 1; drop- 1; rootdone 0; stopacc; frozen 0; exit 0"},
	{id: "SD6", name: "second only triggers", text: "MAIN; poll+ 1; tok+ 90 100 1; poll- 1 P; signal 2 triggers; trigger 100 bysignal; signal 15 triggers; wake 1 ext queued; poll+ 1; tok- 90; poll- 1 R; drop+ 1; drop- 1; rootdone 0; stopacc; frozen 0; exit 0"},
	{id: "SD6", name: "no trigger", text: "MAIN; poll+ 1; tok+ 90 100 1; poll- 1 P; signal 2 triggers; wake 1 ext queued; poll+ 1; tok- 90; poll- 1 R; drop+ 1; drop- 1; rootdone 0; stopacc; trigger 100 root; frozen 0; exit 0"},
	{id: "SD6", name: "another signal asks", text: "MAIN; poll+ 1; tok+ 90 100 1; poll- 1 P; signal 1 triggers; trigger 100 bysignal; wake 1 ext queued; poll+ 1; tok- 90; poll- 1 R; drop+ 1; drop- 1; rootdone 0; stopacc; frozen 0; exit 0"},
	{id: "SD6", name: "default goes on", text: "MAIN; poll+ 1; poll- 1 P; signal 2 default; wake 1 ext queued; poll+ 1; exit -18"},
	{id: "SD6", name: "default with another code", text: "MAIN; poll+ 1; poll- 1 P; signal 2 default; exit 0"},
	{id: "SD9", name: "wait does not wait", text: "WAIT; spawn 2 0; poll+ 1; wake 1 self noted; poll- 1 P; poll+ 2; poll- 2 P; poll+ 1; ROOTENDS; exit 0"},
	{id: "SD9", name: "wait hangs", text: "WAIT; poll+ 1; ROOTENDS; idle forever; @5 exit 0"},
	{id: "SD9", name: "silent hang", text: "WAIT; spawn 2 0; poll+ 1; wake 1 self noted; poll- 1 P; poll+ 2; poll- 2 P; poll+ 1; ROOTENDS; idle forever"},
	{id: "SD9", name: "stop without gate", text: "STOP; poll+ 1; ROOTENDS; exit 0"},
	{id: "SD9", name: "stop with an op", text: "STOP; poll+ 1; poll- 1 P; submit 65536 1 read 3; wake 1 ext queued; poll+ 1; poll- 1 R; drop+ 1; orphan 65536 2; ccl 65536; drop- 1; rootdone 0; stopacc; gate; exit 0"},
	{id: "SD9", name: "gate in another mode", text: "WAIT; poll+ 1; ROOTENDS; gate; exit 0"},
	{id: "SD9", name: "detach is late", text: "RUN; spawn 2 0; poll+ 1; wake 1 self noted; poll- 1 P; poll+ 2; timer+ 1 2 5 5; poll- 2 P; poll+ 1; ROOTENDS; idle 5; @5 frozen 1; exit 0"},
	{id: "SD9", name: "detach goes on", text: "RUN; spawn 2 0; poll+ 1; ROOTENDS; poll+ 2; poll- 2 P; frozen 1; exit 0"},
	{id: "SD9", name: "stall with a timer", text: "WAIT; poll+ 1; timer+ 1 1 5 5; poll- 1 P; stalled 1; exit -2"},
	{id: "SD9", name: "stall ignored", text: "WAIT; spawn 2 0; poll+ 1; wake 1 self noted; poll- 1 P; poll+ 2; poll- 2 P; poll+ 1; ROOTENDS; idle forever; stalled 1; wake 2 ext queued; poll+ 2; poll- 2 R; drop+ 2; drop- 2; exit 0"},
	{id: "SD10", name: "spawn from outside", text: "WAIT; poll+ 1; ROOTENDS; spawn 2 0; poll+ 2; poll- 2 R; drop+ 2; drop- 2; exit 0"},
	{id: "SD11", name: "cleanup task not waited for", text: "MAIN; poll+ 1; spawn 2 1 cleanup; ROOTENDS; trigger 100 root; frozen 1; exit 0"},
	{id: "SD11", name: "gate cuts a cleanup task", text: "boot 1 0 1 mainstop; scope+ 100 0 0; spawn 1 0; poll+ 1; spawn 2 1 cleanup; ROOTENDS; trigger 100 root; gate; poll+ 2; poll- 2 R; drop+ 2; drop- 2; exit 0"},
}

var shutdownGood = []goodTrace{
	{name: "grace until the token goes", text: "MAIN; spawn 2 0; poll+ 1; wake 1 self noted; poll- 1 P; poll+ 2; tok+ 90 100 2; poll- 2 P; poll+ 1; ROOTENDS; trigger 100 root; idle 1000; @10 wake 2 ext queued; poll+ 2; tok- 90; poll- 2 P; frozen 1; exit 0"},
	{name: "the whole grace", text: "MAIN; spawn 2 0; poll+ 1; wake 1 self noted; poll- 1 P; poll+ 2; tok+ 90 100 2; poll- 2 P; poll+ 1; ROOTENDS; trigger 100 root; idle 1000; @1000 frozen 1; exit 0"},
	{name: "token again at the same instant", text: "MAIN; spawn 2 0; poll+ 1; wake 1 self noted; poll- 1 P; poll+ 2; tok+ 90 100 2; poll- 2 P; poll+ 1; ROOTENDS; trigger 100 root; idle 1000; @10 wake 2 ext queued; poll+ 2; tok- 90; tok+ 91 100 2; poll- 2 P; idle 1000; @20 wake 2 ext queued; poll+ 2; tok- 91; poll- 2 R; drop+ 2; drop- 2; frozen 0; exit 0"},
	{name: "cleanup task spawns another", text: "MAIN; poll+ 1; spawn 2 1 cleanup; ROOTENDS; trigger 100 root; poll+ 2; spawn 3 2 cleanup; poll- 2 R; drop+ 2; drop- 2; poll+ 3; timer+ 1 3 5 5; poll- 3 P; idle 5; @5 expire 1 1; wake 3 timer queued; poll+ 3; poll- 3 R; drop+ 3; drop- 3; frozen 0; exit 0"},
	{name: "yield steps over the end of the grace", text: "MAIN; spawn 2 0; poll+ 1; wake 1 self noted; poll- 1 P; poll+ 2; tok+ 90 100 2; wake 2 self noted; poll- 2 P; poll+ 1; ROOTENDS; trigger 100 root; poll+ 2; wake 2 self noted; poll- 2 P; @700 poll+ 2; wake 2 self noted; poll- 2 P; @1600 poll+ 2; wake 2 self noted; poll- 2 P; frozen 1; exit 0"},
	{name: "signal, then the end of root", text: "MAIN; poll+ 1; tok+ 90 100 1; scope+ 101 100 1; poll- 1 P; signal 2 triggers; trigger 100 bysignal; trigger 101 parent; wake 1 token queued; poll+ 1; tok- 90; scopeclose 101 0; scope- 101; poll- 1 R; drop+ 1; drop- 1; rootdone 0; stopacc; frozen 0; exit 0"},
	{name: "second signal", text: "MAIN; poll+ 1; tok+ 90 100 1; poll- 1 P; signal 2 triggers; trigger 100 bysignal; signal 15 default; exit -31"},
	{name: "first signal during the grace", text: "MAIN; spawn 2 0; poll+ 1; wake 1 self noted; poll- 1 P; poll+ 2; tok+ 90 100 2; poll- 2 P; poll+ 1; ROOTENDS; trigger 100 root; idle 1000; @10 signal 2 triggers; idle 1000; @20 signal 2 default; exit -18"},
	{name: "second signal freezes during the grace", text: "MAIN; spawn 2 0; poll+ 1; wake 1 self noted; poll- 1 P; poll+ 2; tok+ 90 100 2; poll- 2 P; poll+ 1; ROOTENDS; trigger 100 root; idle 1000; @10 signal 2 triggers; idle 1000; @20 signal 15 default; frozen 1; exit -31"},
	{name: "another signal without a receiver", text: "MAIN; poll+ 1; tok+ 90 100 1; poll- 1 P; signal 1 default; exit -17"},
	{name: "signal to a receiver, then default", text: "MAIN; poll+ 1; poll- 1 P; signal 2 receiver; wake 1 ext queued; poll+ 1; poll- 1 P; signal 15 default; exit -31"},
	{name: "run ignores tokens", text: "RUN; poll+ 1; tok+ 90 100 1; wake 1 self noted; poll- 1 P; poll+ 1; tok- 90; ROOTENDS; frozen 0; exit 0"},
	{name: "run freezes at once", text: "RUN; spawn 2 0; poll+ 1; ROOTENDS; frozen 1; exit 0"},
	{name: "wait", text: "WAIT; spawn 2 0; poll+ 1; wake 1 self noted; poll- 1 P; poll+ 2; timer+ 1 2 5 5; poll- 2 P; poll+ 1; ROOTENDS; idle 5; @5 expire 1 1; wake 2 timer queued; poll+ 2; spawn 3 2; poll- 2 R; drop+ 2; drop- 2; poll+ 3; poll- 3 R; drop+ 3; drop- 3; exit 0"},
	{name: "wait stalls", text: "WAIT; spawn 2 0; poll+ 1; wake 1 self noted; poll- 1 P; poll+ 2; poll- 2 P; poll+ 1; ROOTENDS; idle forever; stalled 1; exit -2"},
	{name: "stop", text: "STOP; spawn 2 0; poll+ 1; wake 1 self noted; poll- 1 P; poll+ 2; poll- 2 P; submit 65536 2 read 3; poll+ 1; ROOTENDS; gate; ccl 65536; idle forever; @5 cqe 65536 -125 0; wake 2 op queued; poll+ 2; reap 65536 deliver -125; poll- 2 R; drop+ 2; drop- 2; exit 0"},
	{name: "main stops after the grace", text: "boot 1 0 1 mainstop; scope+ 100 0 0; spawn 1 0; spawn 2 0; poll+ 1; wake 1 self noted; poll- 1 P; poll+ 2; tok+ 90 100 2; poll- 2 P; poll+ 1; ROOTENDS; trigger 100 root; idle 1000; @1000 gate; wake 2 ext queued; poll+ 2; tok- 90; poll- 2 R; drop+ 2; drop- 2; exit 0"},
	{name: "main waits after the grace", text: "boot 1 0 1 mainwait; scope+ 100 0 0; spawn 1 0; spawn 2 0; poll+ 1; wake 1 self noted; poll- 1 P; poll+ 2; poll- 2 P; poll+ 1; ROOTENDS; trigger 100 root; idle forever; @3000 wake 2 ext queued; poll+ 2; tok+ 90 100 2; tok- 90; poll- 2 R; drop+ 2; drop- 2; exit 0"},
	{name: "refusal loop", text: "STOP; spawn 2 0; poll+ 1; ROOTENDS; gate; poll+ 2; refuse 2 optimer 125; poll- 2 P; exit -3"},
	{name: "real exits take time", real: true, text: "MAIN; poll+ 1; ROOTENDS; trigger 100 root; @90 frozen 0; exit 0"},
}

func TestShutdown(t *testing.T) {
	checkBad(t, shutdownBad, shutdownRules())
	checkGood(t, shutdownGood)
}
