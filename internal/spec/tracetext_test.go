package spec

import (
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/tripoint-go/tripoint/backend"
	"github.com/tripoint-go/tripoint/vclock"
)

// The hand-written traces of the scheduling, cancel, time, shutdown and scope groups are texts: events separated by ";" or
// by line ends, each a kind as in the specification followed by its arguments, numbers or words. Missing arguments are 0.
// "@100" in front of an event sets the clock for it and all that follow, "/1" the lane for it alone. Words of textMacros
// stand for whole passages.

var textKinds = map[string]backend.EventKind{
	"boot": backend.EvBoot, "spawn": backend.EvSpawn, "poll+": backend.EvPollBegin, "poll-": backend.EvPollEnd,
	"wake": backend.EvWake, "hatt": backend.EvHAttach, "hdrop": backend.EvHDrop, "cancelreq": backend.EvCancelReq,
	"drop+": backend.EvDropBegin, "drop-": backend.EvDropEnd, "joined": backend.EvJoined, "cancelres": backend.EvCancelRes,
	"panic": backend.EvPanic, "fatal": backend.EvFatal, "submit": backend.EvSubmit, "refuse": backend.EvRefuse,
	"ccl": backend.EvCancelOp, "orphan": backend.EvOrphan, "cqe": backend.EvComplete, "reap": backend.EvReap,
	"timer+": backend.EvTimerStart, "expire": backend.EvExpire, "timer-": backend.EvTimerStop, "line+": backend.EvLineOn,
	"line-": backend.EvLineOff, "link": backend.EvLink, "fire": backend.EvFire, "unlink": backend.EvUnlink,
	"pass+": backend.EvPassBegin, "pass-": backend.EvPassEnd, "acq": backend.EvAcquire, "rel": backend.EvRelease,
	"enter": backend.EvEnter, "leave": backend.EvLeave, "poison": backend.EvPoison, "unpoison": backend.EvUnpoison,
	"put": backend.EvPut, "take": backend.EvTake, "scope+": backend.EvScopeOpen, "member": backend.EvMember,
	"scopeclose": backend.EvScopeClose, "scope-": backend.EvScopeGone, "bjoin": backend.EvBundleJoin,
	"tok+": backend.EvTokenTake, "tok-": backend.EvTokenDrop, "trigger": backend.EvTrigger, "signal": backend.EvSignal,
	"won": backend.EvWon, "choice": backend.EvChoice, "idle": backend.EvIdle, "rootdone": backend.EvRootDone,
	"stopacc": backend.EvStopAccept, "gate": backend.EvGate, "frozen": backend.EvFrozen, "stalled": backend.EvStalled,
	"exit": backend.EvExit, "tokin": backend.EvTokenIn, "lap": backend.EvLap, "bfail": backend.EvBundleFail,
	"svc": backend.EvService, "svcall": backend.EvServiceAll, "svcdep": backend.EvServiceDep, "svcsee": backend.EvServiceSee,
}

var textWords = map[string]int64{
	"P": backend.PollPending, "R": backend.PollReady, "normal": backend.ClassNormal, "cleanup": backend.ClassCleanup,
	"op": backend.WakeOp, "timer": backend.WakeTimer, "sync": backend.WakeSync, "chan": backend.WakeChan, "self": backend.WakeSelf, "ext": backend.WakeExt,
	"chaos": backend.WakeChaos, "join": backend.WakeJoin, "token": backend.WakeToken, "queued": backend.EffQueued, "noted": backend.EffNoted, "merged": backend.EffMerged,
	"void": backend.EffVoid, "call": backend.CancelCall, "handle": backend.CancelHandle, "await": backend.OrphanAwait,
	"deliver": backend.ReapDeliver, "discard": backend.ReapDiscard, "UF": backend.UnlinkFire, "UD": backend.UnlinkDrop,
	"x": backend.LockExclusive, "api": backend.TriggerAPI, "bysignal": backend.TriggerSignal, "parent": backend.TriggerParent,
	"close": backend.TriggerClose, "root": backend.TriggerRootDone, "any": backend.TriggerAny, "all": backend.TriggerAll, "triggers": backend.SignalTrigger,
	"default": backend.SignalDefault, "receiver": backend.SignalDeliver, "optimer": int64(backend.OpTimer),
	"read": int64(backend.OpRead), "forever": int64(vclock.Forever),
	"done": backend.ServiceDone, "ready": backend.ServiceReady, "loading": backend.ServiceLoading,
	"stopping": backend.ServiceStopping, "temporary": backend.ServiceTemporaryFailure, "permanent": backend.ServicePermanentFailure,
	"needs": backend.DepRequired, "group": backend.DepMember, "left": backend.DepLeft, "top": backend.DepRoot,
	"detach": backend.ModeDetach, "wait": backend.ModeWait, "stop": backend.ModeStop,
	"main": backend.ModeDetach + backend.ModeMain, "mainwait": backend.ModeWait + backend.ModeMain, "mainstop": backend.ModeStop + backend.ModeMain,
}

// Root is task 1 and the root scope is 100 in all of them. END ends root and, in Main, the run.
var textMacros = strings.NewReplacer(
	"MAIN", "boot 1 0 1 main; scope+ 100 0 0; spawn 1 0",
	"RUN", "boot 1 0 1 detach; scope+ 100 0 0; spawn 1 0",
	"WAIT", "boot 1 0 1 wait; scope+ 100 0 0; spawn 1 0",
	"STOP", "boot 1 0 1 stop; scope+ 100 0 0; spawn 1 0",
	"LANES2", "boot 1 0 2 main; scope+ 100 0 0; spawn 1 0",
	"FREE", "boot 1 0 1 main 1; scope+ 100 0 0; spawn 1 0",
	"ROOTENDS", "poll- 1 R; drop+ 1; drop- 1; rootdone 0; stopacc",
	"END", "poll- 1 R; drop+ 1; drop- 1; rootdone 0; stopacc; trigger 100 root; frozen 0; exit 0",
	"DONE", "trigger 100 root; frozen 0; exit 0",
)

// parseTrace turns a text into a trace. A text it does not understand is a bug of the test.
func parseTrace(t *testing.T, text string) []backend.Event {
	t.Helper()
	var evs []backend.Event
	var tau vclock.Instant
	text = textMacros.Replace(text)
	for _, part := range strings.FieldsFunc(text, func(r rune) bool { return r == ';' || r == '\n' }) {
		ev := backend.Event{Seq: uint64(len(evs)) + 1}
		n := 0
		for _, word := range strings.Fields(part) {
			switch v, isWord := textWords[word]; {
			case word[0] == '@':
				tau = vclock.Instant(textNumber(t, word[1:]))
			case word[0] == '/':
				ev.Lane = uint8(textNumber(t, word[1:]))
			case ev.Kind == backend.EvInvalid:
				if ev.Kind = textKinds[word]; ev.Kind == backend.EvInvalid {
					t.Fatalf("unknown event %q", word)
				}
			case isWord:
				ev.Args[n] = v
				n++
			default:
				ev.Args[n] = textNumber(t, word)
				n++
			}
		}
		ev.Tau = tau
		if ev.Kind != backend.EvInvalid {
			evs = append(evs, ev)
		}
	}
	return evs
}

func textNumber(t *testing.T, word string) int64 {
	t.Helper()
	v, err := strconv.ParseInt(word, 10, 64)
	if err != nil {
		t.Fatalf("unknown word %q", word)
	}
	return v
}

// badTrace is a trace that breaks the invariant id, and also those named in also.
type badTrace struct {
	id, name, text string
	also           string
	real           bool // time is not virtual
	incomplete     bool // the run did not end by itself
}

type goodTrace struct {
	name, text string
	real       bool
	incomplete bool
}

// groupsHere are the monitors that the bad traces are for: written to break one rule of these groups, they leave out what
// the others would want to see. The good traces satisfy all monitors.
func groupsHere() []func(*Checker) {
	return []func(*Checker){installSched, installNocancel, installTime, installThrottle, installShutdown, installScope, installTokens, installService}
}

func judge(t *testing.T, text string, real, incomplete bool, installs []func(*Checker)) ([]Violation, []backend.Event) {
	t.Helper()
	evs := parseTrace(t, text)
	c := newChecker(Options{Simulated: !real, Complete: !incomplete, Grace: 1000}, installs)
	c.Events(evs)
	return c.Finish(), evs
}

func checkBad(t *testing.T, cases []badTrace, rules []Rule) {
	shown := map[string]bool{}
	for _, tc := range cases {
		shown[tc.id] = true
		t.Run(tc.id+"/"+tc.name, func(t *testing.T) {
			found, evs := judge(t, tc.text, tc.real, tc.incomplete, groupsHere())
			want := append(strings.Fields(tc.also), tc.id)
			var got []string
			for _, v := range found {
				got = append(got, v.ID)
				if len(v.Events) == 0 {
					t.Errorf("%s carries no events", v.ID)
				}
				for _, ev := range v.Events {
					if !slices.Contains(evs, ev) {
						t.Errorf("%s carries an event that is not in the trace: %+v", v.ID, ev)
					}
				}
				if !slices.IsSortedFunc(v.Events, func(a, b backend.Event) int { return int(a.Seq) - int(b.Seq) }) {
					t.Errorf("%s: the events are not in trace order: %v", v.ID, v.Events)
				}
			}
			slices.Sort(want)
			slices.Sort(got)
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
}

func checkGood(t *testing.T, cases []goodTrace) {
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			found, _ := judge(t, tc.text, tc.real, tc.incomplete, monitors())
			for _, v := range found {
				t.Errorf("got %s: %s\n%v", v.ID, v.Text, v.Events)
			}
		})
	}
}
