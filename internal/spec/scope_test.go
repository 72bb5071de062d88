package spec

import "testing"

// scope101 is root, in its first poll, with scope 101 and its members 2 and 3.
const scope101 = "MAIN; poll+ 1; scope+ 101 100 1; spawn 2 1; member 101 2; hatt 2 -101; spawn 3 1; member 101 3; hatt 3 -101; " +
	"wake 1 self noted; poll- 1 P; poll+ 2; poll- 2 P; poll+ 3; poll- 3 P; poll+ 1; "

// bothEnd ends the members of scope101 by a cancel through the scope, and then the scope.
const (
	cancelBoth = "hdrop 3 1; cancelreq 3 handle; hdrop 2 1; cancelreq 2 handle; "
	bothEnd    = "drop+ 3; drop- 3; drop+ 2; drop- 2; scope- 101; wake 1 sync queued; poll+ 1; END"
)

var scopeBad = []badTrace{
	{id: "SC1", name: "no reason above", text: "MAIN; poll+ 1; scope+ 101 100 1; trigger 101 parent; scopeclose 101 0; scope- 101; END"},
	{id: "SC1", name: "not closed", text: "MAIN; poll+ 1; scope+ 101 100 1; trigger 101 close; scopeclose 101 0; scope- 101; END"},
	{id: "SC1", name: "a reason of the root's", text: "MAIN; poll+ 1; scope+ 101 100 1; trigger 101 bysignal; scopeclose 101 0; scope- 101; END"},
	{id: "SC1", name: "with a member", text: "MAIN; poll+ 1; scope+ 101 100 1; trigger 200 api; trigger 101 any; scopeclose 101 0; scope- 101; END", also: "SC6"},
	{id: "SC2", name: "parent fires", text: "MAIN; poll+ 1; scope+ 101 100 1; scope+ 102 101 1; trigger 102 api; trigger 101 parent; scopeclose 102 0; scope- 102; scopeclose 101 0; scope- 101; END"},
	{id: "SC2", name: "sibling fires", text: "MAIN; poll+ 1; scope+ 101 100 1; scope+ 102 100 1; scopeclose 101 0; trigger 101 close; trigger 102 close; scope- 101; scopeclose 102 0; scope- 102; END"},
	{id: "SC2", name: "sibling's members", text: scope101 + "scope+ 102 100 1; scopeclose 102 0; trigger 102 close; " + cancelBoth + "scope- 102; scopeclose 101 0; trigger 101 close; poll- 1 P; " + bothEnd},
	{id: "SC3", name: "live member", text: scope101 + "scopeclose 101 0; trigger 101 close; " + cancelBoth + "scope- 101; poll- 1 P; drop+ 3; drop- 3; drop+ 2; drop- 2; wake 1 sync queued; poll+ 1; END"},
	{id: "SC3", name: "open child", text: "MAIN; poll+ 1; scope+ 101 100 1; scope+ 102 101 1; scopeclose 101 0; trigger 101 close; trigger 102 parent; scope- 101; scopeclose 102 0; scope- 102; END"},
	{id: "SC4", name: "not triggered", text: "MAIN; poll+ 1; scope+ 101 100 1; scopeclose 101 0; poll- 1 P; scope- 101; wake 1 sync queued; poll+ 1; END"},
	{id: "SC4", name: "too early", text: scope101 + "scopeclose 101 50; trigger 101 close; " + cancelBoth + "poll- 1 P; " + bothEnd},
	{id: "SC4", name: "spawn order", text: scope101 + "scopeclose 101 0; trigger 101 close; hdrop 2 1; cancelreq 2 handle; hdrop 3 1; cancelreq 3 handle; poll- 1 P; drop+ 2; drop- 2; drop+ 3; drop- 3; scope- 101; wake 1 sync queued; poll+ 1; END"},
	{id: "SC4", name: "member forgotten", text: scope101 + "scopeclose 101 0; trigger 101 close; hdrop 3 1; cancelreq 3 handle; poll- 1 P; drop+ 3; drop- 3; idle forever; @9 wake 2 ext queued; poll+ 2; poll- 2 R; drop+ 2; drop- 2; scope- 101; wake 1 sync queued; poll+ 1; END"},
	{id: "SC4", name: "open scope", text: scope101 + "poll- 1 P; " + cancelBoth + "drop+ 3; drop- 3; drop+ 2; drop- 2; scopeclose 101 0; trigger 101 close; scope- 101; wake 1 sync queued; poll+ 1; END"},
	{id: "SC5", name: "owner first", text: "MAIN; poll+ 1; scope+ 101 100 1; poll- 1 R; drop+ 1; scopeclose 101 0; trigger 101 close; drop- 1; scope- 101; rootdone 0; stopacc; DONE"},
	{id: "BR1", name: "nil too soon", text: scope101 + "bjoin 101 0; scopeclose 101 0; trigger 101 close; " + cancelBoth + "poll- 1 P; " + bothEnd},
	{id: "BR1", name: "nil after a cancel", text: scope101 + "cancelreq 3 call; wake 2 sync queued; poll- 1 P; drop+ 3; drop- 3; poll+ 2; poll- 2 R; drop+ 2; drop- 2; wake 1 sync queued; poll+ 1; bjoin 101 0; scopeclose 101 0; trigger 101 close; scope- 101; END"},
	{id: "BR1", name: "failure without error", text: scope101 + "poll- 1 P; wake 2 sync queued; poll+ 2; poll- 2 R; drop+ 2; drop- 2; wake 1 sync queued; poll+ 1; bjoin 101 2 0; scopeclose 101 0; trigger 101 close; hdrop 3 1; cancelreq 3 handle; poll- 1 P; drop+ 3; drop- 3; scope- 101; wake 1 sync queued; poll+ 1; END"},
	{id: "BR2", name: "stranger", text: scope101 + "bjoin 101 1 77; scopeclose 101 0; trigger 101 close; " + cancelBoth + "poll- 1 P; " + bothEnd},
	{id: "BR2", name: "live", text: scope101 + "bjoin 101 2 77; scopeclose 101 0; trigger 101 close; " + cancelBoth + "poll- 1 P; " + bothEnd},
	{id: "BR2", name: "second failure", text: scope101 + "cancelreq 3 call; wake 2 sync queued; poll- 1 P; drop+ 3; drop- 3; bfail 101 3 5; poll+ 2; poll- 2 R; drop+ 2; drop- 2; bfail 101 2 77; wake 1 sync queued; poll+ 1; bjoin 101 2 77; scopeclose 101 0; trigger 101 close; scope- 101; END"},
	{id: "BR3", name: "member forgotten", text: scope101 + "poll- 1 P; wake 2 sync queued; poll+ 2; poll- 2 R; drop+ 2; drop- 2; bfail 101 2 77; wake 1 sync queued; poll+ 1; bjoin 101 2 77; scopeclose 101 0; trigger 101 close; poll- 1 P; idle forever; @9 wake 3 ext queued; poll+ 3; poll- 3 R; drop+ 3; drop- 3; scope- 101; wake 1 sync queued; poll+ 1; END"},
	{id: "BR1", name: "nil after a failure", text: scope101 + "wake 2 sync queued; wake 3 sync queued; poll- 1 P; poll+ 2; poll- 2 R; drop+ 2; drop- 2; bfail 101 2 77; poll+ 3; poll- 3 R; drop+ 3; drop- 3; wake 1 join queued; poll+ 1; bjoin 101 0; scopeclose 101 0; trigger 101 close; scope- 101; END"},
	{id: "BR2", name: "nobody has failed", text: scope101 + "poll- 1 P; wake 2 sync queued; poll+ 2; poll- 2 R; drop+ 2; drop- 2; wake 1 sync queued; poll+ 1; bjoin 101 2 77; scopeclose 101 0; trigger 101 close; hdrop 3 1; cancelreq 3 handle; poll- 1 P; drop+ 3; drop- 3; scope- 101; wake 1 sync queued; poll+ 1; END"},
	{id: "BR2", name: "another error", text: scope101 + "poll- 1 P; wake 2 sync queued; poll+ 2; poll- 2 R; drop+ 2; drop- 2; bfail 101 2 78; wake 1 sync queued; poll+ 1; bjoin 101 2 77; scopeclose 101 0; trigger 101 close; hdrop 3 1; cancelreq 3 handle; poll- 1 P; drop+ 3; drop- 3; scope- 101; wake 1 sync queued; poll+ 1; END"},
	{id: "BR2", name: "failure of the living", text: scope101 + "bfail 101 2 77; scopeclose 101 0; trigger 101 close; " + cancelBoth + "poll- 1 P; " + bothEnd},
	{id: "BR4", name: "the others are asked to stop", text: scope101 + "poll- 1 P; wake 2 sync queued; poll+ 2; poll- 2 R; drop+ 2; drop- 2; bfail 101 2 77; trigger 101 api; wake 1 sync queued; poll+ 1; bjoin 101 2 77; scopeclose 101 0; hdrop 3 1; cancelreq 3 handle; poll- 1 P; drop+ 3; drop- 3; scope- 101; wake 1 sync queued; poll+ 1; END"},
	{id: "BR4", name: "the others are asked to stop first", text: scope101 + "poll- 1 P; wake 2 sync queued; poll+ 2; poll- 2 R; drop+ 2; drop- 2; trigger 101 api; bfail 101 2 77; wake 1 sync queued; poll+ 1; bjoin 101 2 77; scopeclose 101 0; hdrop 3 1; cancelreq 3 handle; poll- 1 P; drop+ 3; drop- 3; scope- 101; wake 1 sync queued; poll+ 1; END"},
	{id: "BR4", name: "the others are cancelled", text: scope101 + "poll- 1 P; wake 2 sync queued; poll+ 2; poll- 2 R; drop+ 2; drop- 2; bfail 101 2 77; hdrop 3 1; cancelreq 3 handle; wake 1 sync queued; drop+ 3; drop- 3; poll+ 1; bjoin 101 2 77; scopeclose 101 0; trigger 101 close; scope- 101; END"},
	{id: "BR4", name: "a member that runs already", text: "MAIN; poll+ 1; spawn 2 1; scope+ 101 100 1; member 101 2; hatt 2 -101; wake 1 self noted; poll- 1 P; poll+ 2; poll- 2 R; drop+ 2; drop- 2; bfail 101 2 77; poll+ 1; bjoin 101 2 77; scopeclose 101 0; trigger 101 close; scope- 101; END"},
	{id: "BR5", name: "one failure twice", text: scope101 + "poll- 1 P; wake 2 sync queued; poll+ 2; poll- 2 R; drop+ 2; drop- 2; bfail 101 2 77; bfail 101 2 77; wake 1 sync queued; poll+ 1; scopeclose 101 0; trigger 101 close; hdrop 3 1; cancelreq 3 handle; poll- 1 P; drop+ 3; drop- 3; scope- 101; wake 1 sync queued; poll+ 1; END"},
	{id: "BR5", name: "another failure", text: scope101 + "poll- 1 P; wake 2 sync queued; wake 3 sync queued; poll+ 2; poll- 2 R; drop+ 2; drop- 2; bfail 101 2 77; poll+ 3; poll- 3 R; drop+ 3; drop- 3; bfail 101 3 78; wake 1 sync queued; poll+ 1; bjoin 101 2 77; bjoin 101 3 78; scopeclose 101 0; trigger 101 close; scope- 101; END"},
}

var scopeGood = []goodTrace{
	{name: "close at once", text: scope101 + "scopeclose 101 0; trigger 101 close; " + cancelBoth + "poll- 1 P; " + bothEnd},
	{name: "close with grace", text: scope101 + "scopeclose 101 50; trigger 101 close; timer+ 1 1 50 50; poll- 1 P; idle 50; @20 wake 2 token queued; poll+ 2; poll- 2 R; drop+ 2; drop- 2; idle 50; @50 expire 1 1; wake 1 timer queued; poll+ 1; hdrop 3 1; cancelreq 3 handle; poll- 1 P; drop+ 3; drop- 3; scope- 101; wake 1 sync queued; poll+ 1; END"},
	{name: "grace cut short by the owner's end", text: "MAIN; spawn 4 0; poll+ 1; wake 1 self noted; poll- 1 P; poll+ 4; scope+ 101 100 4; spawn 2 4; member 101 2; hatt 2 -101; scopeclose 101 500; trigger 101 close; poll- 4 P; poll+ 1; wake 1 self noted; poll- 1 P; poll+ 2; poll- 2 P; poll+ 1; cancelreq 4 call; wake 1 self noted; poll- 1 P; drop+ 4; scopeclose 101 0; hdrop 2 1; cancelreq 2 handle; poll+ 1; poll- 1 P; drop+ 2; drop- 2; scope- 101; drop- 4; wake 1 ext queued; poll+ 1; END"},
	{name: "grace cut short by the gate", text: "STOP; poll+ 1; spawn 4 1; wake 1 self noted; poll- 1 P; poll+ 4; scope+ 101 100 4; spawn 2 4; member 101 2; hatt 2 -101; scopeclose 101 500; trigger 101 close; timer+ 1 4 500 500; poll- 4 P; poll+ 1; wake 1 self noted; poll- 1 P; poll+ 2; poll- 2 P; poll+ 1; ROOTENDS; gate; expire 1 0; wake 4 timer queued; poll+ 4; hdrop 2 1; cancelreq 2 handle; poll- 4 P; drop+ 2; drop- 2; scope- 101; wake 4 sync queued; poll+ 4; poll- 4 R; drop+ 4; drop- 4; exit 0"},
	{name: "trigger reaches the child", text: "MAIN; poll+ 1; scope+ 101 100 1; scope+ 102 101 1; scope+ 103 100 1; scopeclose 101 0; trigger 101 close; trigger 102 parent; scopeclose 102 0; scope- 102; scope- 101; scopeclose 103 0; trigger 103 close; scope- 103; END"},
	{name: "triggered, then closed", text: "MAIN; poll+ 1; scope+ 101 100 1; trigger 101 api; scopeclose 101 5; scope- 101; END"},
	{name: "detached member stays", text: scope101 + "hdrop 2 0; scopeclose 101 0; trigger 101 close; hdrop 3 1; cancelreq 3 handle; poll- 1 P; drop+ 3; drop- 3; scope- 101; wake 1 sync queued; wake 2 ext queued; poll+ 1; wake 1 self noted; poll- 1 P; poll+ 2; poll- 2 R; drop+ 2; drop- 2; poll+ 1; END"},
	{name: "member released by hand", text: scope101 + "hdrop 2 1; cancelreq 2 handle; poll- 1 P; drop+ 2; drop- 2; wake 1 ext queued; poll+ 1; scopeclose 101 0; trigger 101 close; hdrop 3 1; cancelreq 3 handle; poll- 1 P; drop+ 3; drop- 3; scope- 101; wake 1 sync queued; poll+ 1; END"},
	{name: "late member of a closing scope", text: scope101 + "scopeclose 101 0; trigger 101 close; hdrop 3 1; cancelreq 3 handle; hdrop 2 1; cancelreq 2 handle; poll- 1 P; drop+ 3; spawn 4 3 cleanup; member 101 4; hatt 4 -101; hdrop 4 1; cancelreq 4 handle; drop- 3; drop+ 2; drop- 2; drop+ 4; drop- 4; scope- 101; wake 1 sync queued; poll+ 1; END"},
	{name: "bundle succeeds", text: scope101 + "wake 2 sync queued; wake 3 sync queued; poll- 1 P; poll+ 2; poll- 2 R; drop+ 2; drop- 2; poll+ 3; poll- 3 R; drop+ 3; drop- 3; wake 1 join queued; poll+ 1; bjoin 101 0; bjoin 101 0; scopeclose 101 0; trigger 101 close; scope- 101; END"},
	{name: "bundle fails and goes on", text: scope101 + "wake 2 sync queued; poll- 1 P; poll+ 2; poll- 2 R; drop+ 2; drop- 2; bfail 101 2 77; wake 1 join queued; poll+ 1; bjoin 101 2 77; scopeclose 101 0; trigger 101 close; hdrop 3 1; cancelreq 3 handle; poll- 1 P; drop+ 3; drop- 3; scope- 101; wake 1 sync queued; poll+ 1; bjoin 101 2 77; END"},
	{name: "bundle of the cancelled", text: scope101 + "cancelreq 3 call; poll- 1 P; drop+ 3; drop- 3; bfail 101 3 5; wake 1 join queued; poll+ 1; bjoin 101 3 5; scopeclose 101 0; trigger 101 close; hdrop 2 1; cancelreq 2 handle; poll- 1 P; drop+ 2; drop- 2; scope- 101; wake 1 sync queued; poll+ 1; END"},
	{name: "members are added to a bundle that has failed", text: scope101 + "poll- 1 P; wake 2 sync queued; poll+ 2; poll- 2 R; drop+ 2; drop- 2; bfail 101 2 77; wake 1 join queued; poll+ 1; bjoin 101 2 77; spawn 4 1; member 101 4; hatt 4 -101; trigger 101 api; poll- 1 P; poll+ 4; poll- 4 R; drop+ 4; drop- 4; bfail 101 4 78; wake 1 join queued; poll+ 1; scopeclose 101 0; hdrop 3 1; cancelreq 3 handle; poll- 1 P; drop+ 3; drop- 3; scope- 101; wake 1 sync queued; poll+ 1; END"},
	{name: "a failure in a bundle that closes", text: scope101 + "scopeclose 101 50; trigger 101 close; timer+ 1 1 50 50; poll- 1 P; idle 50; @20 wake 2 token queued; poll+ 2; poll- 2 R; drop+ 2; drop- 2; bfail 101 2 77; idle 50; @50 expire 1 1; wake 1 timer queued; poll+ 1; hdrop 3 1; cancelreq 3 handle; poll- 1 P; drop+ 3; drop- 3; bfail 101 3 5; scope- 101; wake 1 sync queued; poll+ 1; bjoin 101 2 77; END"},
	{name: "a grace ends right behind a failure", text: scope101 + "timer+ 1 1 0 0; poll- 1 P; wake 2 sync queued; poll+ 2; poll- 2 R; drop+ 2; drop- 2; bfail 101 2 77; expire 1 1; wake 1 timer queued; scopeclose 101 0; trigger 101 close; hdrop 3 1; cancelreq 3 handle; poll+ 1; poll- 1 P; drop+ 3; drop- 3; bfail 101 3 5; scope- 101; wake 1 sync queued; poll+ 1; bjoin 101 2 77; END"},
	{name: "empty bundle", text: "MAIN; poll+ 1; scope+ 101 100 1; bjoin 101 0; scopeclose 101 0; trigger 101 close; scope- 101; END"},
}

func TestScope(t *testing.T) {
	checkBad(t, scopeBad, scopeRules())
	checkGood(t, scopeGood)
}
