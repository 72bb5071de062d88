package spec

import "testing"

// service201 is root, in its first poll, with service 201, whose body is task 2; root301 has root 301 besides, whose member 201 is,
// with a grace of 50, and service 202 without a body.
const (
	service201 = "MAIN; poll+ 1; spawn 2 1; svc 201 loading 1 2; svcall 201 loading 201; "
	root301    = service201 + "svc 202 loading 1; svcall 202 loading 202; svc 301 ready 1; svcall 301 ready 301; " +
		"svcdep 301 201 top 301; svc 301 ready 2; svcall 301 loading 201; svcdep 301 202 top 301; svc 301 ready 3; svcall 301 loading 201; "
	runs   = "wake 1 self noted; poll- 1 P; poll+ 2; "
	ends   = "poll- 2 R; drop+ 2; drop- 2; poll+ 1; "
	done   = "svc 201 done 2 2; svcall 201 done 201; "
	broken = "svc 201 permanent 2 2 77; svcall 201 permanent 201; "
	fails  = broken + "svc 301 stopping 4 0 50; svcall 301 permanent 201; trigger 301 api; trigger 202 api; svc 202 stopping 2; svcall 202 stopping 202; svc 301 stopping 5 0 50; svcall 301 permanent 201; "
)

var serviceBad = []badTrace{
	{id: "MT1", name: "better than its tree", text: root301 + "svc 301 ready 4; svcall 301 ready 301; " + runs + done + ends + "END"},
	{id: "MT1", name: "worse than its tree", text: service201 + runs + "svc 201 ready 2 2; svcall 201 stopping 201; svc 201 done 3 2; svcall 201 done 201; " + ends + "END"},
	{id: "MT2", name: "version twice", text: service201 + "svc 201 ready 1 2; svcall 201 ready 201; " + runs + done + ends + "END"},
	{id: "MT2", name: "old version", text: service201 + "svcsee 201 1 400 1 401; svc 201 ready 2 2; svcall 201 ready 201; svcsee 201 2 400 1 401; svcsee 201 1 400 1 401; " + runs + "svc 201 done 3 2; svcall 201 done 201; " + ends + "END"},
	{id: "MT2", name: "version that is not there", text: service201 + "svcsee 201 2 400 1 401; " + runs + done + ends + "END"},
	{id: "MT2", name: "waits beside a version", text: service201 + "svcsee 201 1 400 1 401; " + runs + done + "link 500 401 1; fire 500; unlink 500 UF; " + ends + "END"},
	{id: "MT2", name: "sleeps through the last version", text: service201 + "svcsee 201 1 400 1 401; link 500 401 1; wake 1 self noted; poll- 1 P; poll+ 2; " + done + "poll- 2 R; drop+ 2; drop- 2; poll+ 1; unlink 500 UD; END"},
	{id: "MT3", name: "error is done", text: service201 + runs + "svc 201 done 2 2 77; svcall 201 done 201; " + ends + "END"},
	{id: "MT3", name: "failure without error", text: service201 + runs + "svc 201 permanent 2 2; svcall 201 permanent 201; " + ends + "END"},
	{id: "MT3", name: "no end", text: service201 + runs + ends + "END"},
	{id: "MT3", name: "after the end", text: service201 + runs + done + "svc 201 ready 3 2; " + ends + "END"},
	{id: "MT3", name: "end without the body", text: service201 + done + runs + ends + "END"},
	{id: "MT3", name: "does not say that it stops", text: service201 + "trigger 201 api; " + runs + done + ends + "END"},
	{id: "MT3", name: "ready again", text: service201 + "trigger 201 api; svc 201 stopping 2 2; svcall 201 stopping 201; svc 201 ready 3 2; svcall 201 ready 201; svc 201 stopping 4 2; svcall 201 stopping 201; " + runs + "svc 201 done 5 2; svcall 201 done 201; " + ends + "END"},
	{id: "MT4", name: "root goes on", text: root301 + runs + broken + "svc 301 ready 4; svcall 301 permanent 201; " + ends + "poll- 1 P; idle 9; @9 wake 1 ext queued; poll+ 1; trigger 301 api; svc 301 stopping 5 0 50; svcall 301 permanent 201; trigger 202 api; svc 202 done 2; svcall 202 done 202; svc 301 permanent 6 0 201; svcall 301 permanent 201; END"},
	{id: "MT4", name: "grace cut short", text: root301 + runs + fails + ends + "poll- 1 P; idle 9; @9 wake 1 ext queued; poll+ 1; svc 301 permanent 6 0 201; svcall 301 permanent 201; END"},
	{id: "SD7", name: "needed", text: service201 + "svc 202 ready 1; svcall 202 ready 202; svcdep 202 201 needs 203; svc 202 ready 2; svcall 202 loading 201; trigger 201 api; svc 201 stopping 2 2; svcall 201 stopping 201; svc 202 ready 3; svcall 202 stopping 201; " +
		runs + "svc 201 done 3 2; svcall 201 done 201; svc 202 ready 4; svcall 202 ready 202; svc 202 done 5; svcall 202 done 202; " + ends + "END"},
	{id: "SD7", name: "its root was not told", text: root301 + "trigger 201 api; svc 201 stopping 2 2; svcall 201 stopping 201; svc 301 ready 4; svcall 301 stopping 201; " + runs + "svc 201 done 3 2; svcall 201 done 201; svc 301 ready 5; svcall 301 loading 202; " + ends + "END"},
	{id: "SD7", name: "registered too late", text: service201 + "svc 202 ready 1; svcall 202 ready 202; trigger 201 api; svc 201 stopping 2 2; svcall 201 stopping 201; svcdep 202 201 needs 203; " + runs + "svc 201 done 3 2; svcall 201 done 201; " + ends + "END"},
	{id: "SD7", name: "registered by who has ended", text: service201 + "svc 202 done 1; svcall 202 done 202; svcdep 202 201 needs 203; " + runs + done + ends + "END"},
	{id: "SD7", name: "cycle", text: service201 + "svc 202 ready 1; svcall 202 ready 202; svcdep 202 201 needs 203; svcdep 201 202 needs 204; " + runs + "svc 201 done 2 2; svcall 201 done 201; " + ends + "END"},
	{id: "SD8", name: "done in spite of a failure", text: root301 + runs + fails + "svc 202 done 3; svcall 202 done 202; svc 301 done 6; svcall 301 done 301; " + ends + "END"},
	{id: "SD8", name: "done too early", text: root301 + "svc 301 done 4; svcall 301 done 301; " + runs + done + ends + "END"},
	{id: "SD8", name: "somebody else's name", text: root301 + runs + fails + "svc 202 permanent 3 0; svcall 202 permanent 202; svc 301 permanent 6 0 202; svcall 301 permanent 202; " + ends + "END"},
	{id: "SD8", name: "nobody's name", text: root301 + runs + fails + "svc 202 done 3; svcall 202 done 202; svc 301 permanent 6; svcall 301 permanent 301; " + ends + "END"},
}

var serviceGood = []goodTrace{
	{name: "a body ends", text: service201 + runs + done + ends + "END"},
	{name: "a body fails", text: service201 + runs + broken + ends + "END"},
	{name: "told to stop", text: service201 + "trigger 201 api; svc 201 stopping 2 2; svcall 201 stopping 201; " + runs + "svc 201 done 3 2; svcall 201 done 201; " + ends + "END"},
	{name: "a dependency stops after who needs it", text: service201 + "svc 202 ready 1; svcall 202 ready 202; svcdep 202 201 needs 203; svc 202 ready 2; svcall 202 loading 201; svc 202 done 3; svcall 202 done 202; trigger 202 close; trigger 203 api; trigger 201 api; svc 201 stopping 2 2; svcall 201 stopping 201; " + runs + "svc 201 done 3 2; svcall 201 done 201; " + ends + "END"},
	{name: "a failure, and the others drain", text: root301 + runs + fails + "svc 202 done 3; svcall 202 done 202; svc 301 permanent 6 0 201; svcall 301 permanent 201; " + ends + "END"},
	{name: "a failure, and the grace is over", text: root301 + runs + fails + ends + "poll- 1 P; idle 50; @50 wake 1 ext queued; poll+ 1; svc 301 permanent 6 0 201; svcall 301 permanent 201; END"},
	{name: "the grace is over", text: root301 + "trigger 301 api; svc 301 stopping 4 0 50; svcall 301 stopping 301; trigger 201 api; svc 201 stopping 2 2; svcall 201 stopping 201; trigger 202 api; svc 202 stopping 2; svcall 202 stopping 202; svc 301 stopping 5 0 50; svcall 301 stopping 301; " +
		"wake 1 self noted; poll- 1 P; poll+ 2; poll- 2 P; poll+ 1; poll- 1 P; idle 50; @50 wake 1 ext queued; poll+ 1; svc 301 permanent 6; svcall 301 permanent 301; poll- 1 R; drop+ 1; drop- 1; rootdone 0; stopacc; trigger 100 root; frozen 1; exit 0"},
	{name: "what is left behind is waited for", text: root301 + "svc 203 ready 1; svcall 203 ready 203; svcdep 202 203 needs 204; svc 202 loading 2; svcall 202 loading 202; svc 202 done 3; svcall 202 done 202; svcdep 301 203 left; svc 301 ready 4; svcall 301 loading 201; trigger 202 close; trigger 204 api; trigger 203 api; svc 203 stopping 2; svcall 203 stopping 203; svc 301 ready 5; svcall 301 stopping 203; svc 203 done 3; svcall 203 done 203; svc 301 ready 6; svcall 301 loading 201; " +
		runs + done + "svc 301 done 7; svcall 301 done 301; " + ends + "END"},
	{name: "a subscriber skips versions", text: service201 + "svcsee 201 1 400 1 401; svc 201 ready 2 2; svcall 201 ready 201; svc 201 loading 3 2; svcall 201 loading 201; svcsee 201 3 400 1 401; link 500 401 1; wake 1 self noted; poll- 1 P; poll+ 2; svc 201 done 4 2; svcall 201 done 201; pass+ 401; fire 500; unlink 500 UF; wake 1 sync merged; pass- 401; " +
		"poll- 2 R; drop+ 2; drop- 2; poll+ 1; svcsee 201 4 400 1 401; END"},
}

func TestService(t *testing.T) {
	checkBad(t, serviceBad, serviceRules())
	checkGood(t, serviceGood)
}
