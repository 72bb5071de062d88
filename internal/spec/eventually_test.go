package spec

import "testing"

// Value 80 has its waiters on list 80.
func valueCases() []opsCase {
	const wait = "run 2; link 10 80 2; pend 2; "
	return []opsCase{
		{"EV1", "set twice", "run 2; set 80 7; set 80 8"},
		{"EV1", "another value", "run 2; set 80 7; get 80 8 2"},
		{"EV1", "read before it is set", "run 2; get 80 7 2"},
		{"EV2", "not woken", wait + "run 3; set 80 7; pend 3; stalled 4"},
		{"EV2", "waits after it is set", "run 3; set 80 7; pend 3; " + wait + "stalled 4"},

		{"", "before and after", wait + "run 3; set 80 7; pass+ 80; fire 10; unlink 10 UF; wake 2 sync queued; pass- 80; get 80 7 3; pend 3; run 2; get 80 7 2; pend 2; stalled 4"},
		{"", "given up", wait + "cancelreq 2; drop+ 2; unlink 10 UD; drop- 2; run 3; set 80 7; pend 3; stalled 3"},
		{"", "given up when it came", wait + "run 3; set 80 7; pass+ 80; fire 10; unlink 10 UF; wake 2 sync queued; pass- 80; pend 3; cancelreq 2; drop+ 2; drop- 2; stalled 3"},
		{"", "never set", wait + "stalled 4"},
		{"", "two values", "run 2; set 80 7; set 81 8; get 80 7 2; get 81 8 2; pend 2"},
	}
}

func TestValues(t *testing.T) { checkOps(t, valueRules(), valueCases()) }
