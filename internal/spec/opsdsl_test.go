package spec

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/tripoint-go/tripoint/backend"
)

// The traces of the groups ops, locks, channels and waiters are texts in the language of tracetext_test.go, with all kinds
// of events and a few more words. They start with a boot and four tasks, 1 to 4, unless they begin with "boot". Short forms:
// "run t" is poll+ t, "pend t" is poll- t P, "end t" is the rest of t's last poll, and its teardown.

var opsKinds = map[string]backend.EventKind{
	"lend": backend.EvLend, "return": backend.EvReturn, "stall": backend.EvStall, "hopen": backend.EvHOpen,
	"hclose": backend.EvHClose, "pos": backend.EvPos, "irq": backend.EvIRQ, "swpend": backend.EvSwPend,
	"bounce": backend.EvBounce, "chan": backend.EvChan, "chclose": backend.EvChClose, "cork": backend.EvCork,
	"notify": backend.EvNotify, "set": backend.EvSet, "get": backend.EvGet,
	"want": backend.EvWant, "lower": backend.EvLower, "cond": backend.EvCond,
}

var opsWords = map[string]int64{
	"line": backend.WakeLine, "chan": backend.WakeChan, "join": backend.WakeJoin, "odetach": backend.OrphanDetach,
	"dispose": backend.ReapDispose, "borrowed": backend.LendBorrowed, "owned": backend.LendOwned,
	"nop": int64(backend.OpNop), "write": int64(backend.OpWrite), "fsync": int64(backend.OpFsync),
	"open": int64(backend.OpOpen), "accept": int64(backend.OpAccept), "opclose": int64(backend.OpClose),
	"ECANCELED": -int64(backend.ECANCELED), "refused": int64(backend.ECANCELED), "EIO": -int64(backend.EIO),
	"r": backend.LockRead, "u": backend.LockUpgradeable, "unsent": backend.BounceUnsent, "closed": backend.BounceClosed,
	"tx": backend.SideTx, "rx": backend.SideRx, "stream": backend.HandleStream, "file": backend.HandleFile,
	"recv": int64(backend.OpRecv), "send": int64(backend.OpSend), "sendzc": int64(backend.OpSendZC),
	"one": backend.NotifyOne, "all": backend.NotifyAll, "passed": backend.NotifyPassed, "closes": backend.NotifyClose,
	"inOnePoll": inOnePoll, "ownPosition": ownPosition, "irqs": int64(backend.ChoiceIRQ),
}

// parseOpsTrace turns a text into a trace.
func parseOpsTrace(t *testing.T, text string) []backend.Event {
	t.Helper()
	if !strings.HasPrefix(text, "boot") {
		text = "boot 1 0 1 detach; spawn 1 0; spawn 2 1; spawn 3 1; spawn 4 1; " + text
	}
	words, names := maps.Clone(textWords), maps.Clone(textKinds)
	maps.Copy(words, opsWords)
	maps.Copy(names, opsKinds)
	var evs []backend.Event
	add := func(part string) {
		ev := backend.Event{Seq: uint64(len(evs)) + 1}
		n := 0
		for _, word := range strings.Fields(part) {
			switch v, isWord := words[word]; {
			case word[0] == '/':
				ev.Lane = uint8(textNumber(t, word[1:]))
			case ev.Kind == backend.EvInvalid:
				if ev.Kind = names[word]; ev.Kind == backend.EvInvalid {
					t.Fatalf("unknown event %q", word)
				}
			default:
				if !isWord {
					v = textNumber(t, word)
				}
				ev.Args[n] = v
				n++
			}
		}
		evs = append(evs, ev)
	}
	for _, part := range strings.FieldsFunc(text, func(r rune) bool { return r == ';' || r == '\n' }) {
		f := strings.Fields(part)
		lane := ""
		if len(f) > 1 && f[0][0] == '/' {
			lane, f = f[0]+" ", f[1:]
		}
		switch {
		case len(f) == 0:
		case f[0] == "run":
			add(lane + "poll+ " + f[1])
		case f[0] == "pend":
			add(lane + "poll- " + f[1] + " P")
		case f[0] == "end":
			add("poll- " + f[1] + " R")
			add("drop+ " + f[1])
			add("drop- " + f[1])
		default:
			add(part)
		}
	}
	return evs
}

type opsCase struct{ id, name, text string } // id empty: a good trace

// judgeOps runs the groups ops, locks, channels and waiters over a trace.
func judgeOps(t *testing.T, text string) ([]Violation, []backend.Event) {
	t.Helper()
	evs := parseOpsTrace(t, text)
	c := newChecker(Options{Simulated: true, Complete: strings.Contains(text, "exit")}, []func(*Checker){installOps, installWaiting})
	c.Events(evs)
	return c.Finish(), evs
}

// checkOps judges every case: a bad trace is named with exactly its ID and with evidence from the trace, a good one with
// nothing. Every rule needs a bad trace, and every table a good one.
func checkOps(t *testing.T, rules []Rule, cases []opsCase) {
	shown := map[string]bool{}
	for _, tc := range cases {
		shown[tc.id] = true
		t.Run(strings.TrimPrefix(tc.id+"/"+tc.name, "/"), func(t *testing.T) {
			found, evs := judgeOps(t, tc.text)
			var got []string
			for _, v := range found {
				got = append(got, v.ID)
				if len(v.Events) == 0 {
					t.Errorf("%s carries no events", v.ID)
				}
				for i, ev := range v.Events {
					if !slices.Contains(evs, ev) {
						t.Errorf("%s carries an event that is not in the trace: %+v", v.ID, ev)
					}
					if i > 0 && v.Events[i-1].Seq >= ev.Seq {
						t.Errorf("%s: the events are not in trace order: %v", v.ID, v.Events)
					}
				}
			}
			var want []string
			if tc.id != "" {
				want = []string{tc.id}
			}
			if got = slices.Compact(got); !slices.Equal(got, want) {
				t.Errorf("got %v, want %v\n%s\n%v", got, want, tc.text, found)
			}
		})
	}
	for _, r := range rules {
		if !shown[r.ID] {
			t.Errorf("no bad trace for %s", r.ID)
		}
	}
	if !shown[""] {
		t.Error("no good trace")
	}
}
