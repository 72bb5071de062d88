package spec

import "testing"

// Triggers have the ids from 200 on, combined tokens those from 300 on.
var tokenBad = []badTrace{
	{id: "SC6", name: "either fires with nobody", text: "MAIN; poll+ 1; tokin 300 200 any; trigger 300 any; END"},
	{id: "SC6", name: "either does not fire", text: "MAIN; poll+ 1; tokin 300 200 any; tokin 300 201 any; trigger 201 api; END"},
	{id: "SC6", name: "set fires with its first member", text: "MAIN; poll+ 1; tokin 300 200 all; tokin 300 201 all; trigger 200 api; trigger 300 all; END"},
	{id: "SC6", name: "set does not fire", text: "MAIN; poll+ 1; tokin 300 200 all; tokin 300 201 all; trigger 200 api; trigger 201 api; END"},
	{id: "SC6", name: "member had fired", text: "MAIN; poll+ 1; trigger 200 api; tokin 300 200 all; END"},
	{id: "SC6", name: "empty set", text: "MAIN; poll+ 1; trigger 300 all; END"},
	{id: "SC6", name: "late member", text: "MAIN; poll+ 1; tokin 300 200 all; trigger 200 api; trigger 300 all; tokin 300 201 all; END"},
	{id: "SC6", name: "fired by hand", text: "MAIN; poll+ 1; tokin 300 200 all; trigger 300 api; END"},
	{id: "SC6", name: "member of itself", text: "MAIN; poll+ 1; tokin 300 300 all; END"},
	{id: "SC6", name: "cycle", text: "MAIN; poll+ 1; tokin 300 301 all; tokin 301 302 any; tokin 302 300 all; END"},
	{id: "SC6", name: "any and all", text: "MAIN; poll+ 1; tokin 300 200 all; tokin 300 201 any; END"},
	{id: "SC6", name: "chain breaks", text: "MAIN; poll+ 1; tokin 300 100 any; tokin 301 300 all; poll- 1 R; drop+ 1; drop- 1; rootdone 0; stopacc; trigger 100 root; trigger 300 any; frozen 0; exit 0"},
}

var tokenGood = []goodTrace{
	{name: "either", text: "MAIN; poll+ 1; tokin 300 200 any; tokin 300 201 any; trigger 201 api; trigger 300 any; trigger 200 api; END"},
	{name: "set", text: "MAIN; poll+ 1; tokin 300 200 all; tokin 300 201 all; trigger 200 api; trigger 201 api; trigger 300 all; END"},
	{name: "added together", text: "MAIN; poll+ 1; trigger 200 api; tokin 300 200 all; tokin 300 201 all; poll- 1 P; idle 5; @5 wake 1 ext queued; poll+ 1; END"},
	{name: "has fired before", text: "MAIN; poll+ 1; trigger 200 api; tokin 300 200 all; trigger 300 all; tokin 301 201 any; tokin 301 200 any; trigger 301 any; END"},
	{name: "closed", text: "MAIN; poll+ 1; tokin 300 200 all; tokin 301 300 any; link 60 301 1; poll- 1 P; spawn 2 0; poll+ 2; trigger 300 close; trigger 301 any; pass+ 301; fire 60; unlink 60 UF; wake 1 token queued; pass- 301; poll- 2 R; drop+ 2; drop- 2; poll+ 1; END"},
	{name: "set of eithers, with scopes", text: "MAIN; poll+ 1; scope+ 101 100 1; tokin 300 101 any; tokin 300 200 any; tokin 301 300 all; tokin 301 200 all; trigger 101 api; trigger 300 any; scopeclose 101 0; scope- 101; trigger 200 api; trigger 301 all; END"},
}

func TestTokens(t *testing.T) {
	checkBad(t, tokenBad, tokenRules())
	checkGood(t, tokenGood)
}

var throttleBad = []badTrace{
	{id: "T8", name: "two at once", text: "MAIN; poll+ 1; lap 9 1 50 1; lap 9 1 50 1; END"},
	{id: "T8", name: "burst after burst", text: "MAIN; poll+ 1; lap 9 2 50 1; lap 9 2 50 1; poll- 1 P; idle 20; @20 wake 1 ext queued; poll+ 1; lap 9 2 50 1; lap 9 2 50 1; END"},
	{id: "T8", name: "a little too often", text: "MAIN; poll+ 1; lap 9 1 50 1; poll- 1 P; idle 49; @49 wake 1 ext queued; poll+ 1; lap 9 1 50 1; poll- 1 P; idle 98; @98 wake 1 ext queued; poll+ 1; lap 9 1 50 1; poll- 1 P; idle 100; @100 wake 1 ext queued; poll+ 1; lap 9 1 50 1; END"},
	{id: "T8", name: "another rate", text: "MAIN; poll+ 1; lap 9 1 50 1; poll- 1 P; idle 90; @90 wake 1 ext queued; poll+ 1; lap 9 1 40 1; END"},
	{id: "T8", name: "no rate", text: "MAIN; poll+ 1; lap 9 0 50 1; END"},
}

var throttleGood = []goodTrace{
	{name: "one by one", text: "MAIN; poll+ 1; lap 9 1 50 1; lap 8 1 50 1; poll- 1 P; idle 50; @50 wake 1 ext queued; poll+ 1; lap 9 1 50 1; poll- 1 P; idle 100; @100 wake 1 ext queued; poll+ 1; lap 9 1 50 1; END"},
	{name: "bursts", text: "MAIN; poll+ 1; lap 9 3 50 1; lap 9 3 50 1; lap 9 3 50 1; poll- 1 P; idle 50; @50 wake 1 ext queued; poll+ 1; lap 9 3 50 1; lap 9 3 50 1; lap 9 3 50 1; END"},
}

func TestThrottle(t *testing.T) {
	checkBad(t, throttleBad, throttleRules())
	checkGood(t, throttleGood)
}
