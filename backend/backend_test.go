package backend_test

import (
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/tripoint-go/tripoint/backend"
	"github.com/tripoint-go/tripoint/vclock"
)

// Every code has a text of its own that names it; codes that nobody knows have one too.
func TestErrnoTexts(t *testing.T) {
	names := map[backend.Errno]string{
		backend.EPERM:           "EPERM",
		backend.ENOENT:          "ENOENT",
		backend.EINTR:           "EINTR",
		backend.EIO:             "EIO",
		backend.ENXIO:           "ENXIO",
		backend.EBADF:           "EBADF",
		backend.EAGAIN:          "EAGAIN",
		backend.ENOMEM:          "ENOMEM",
		backend.EACCES:          "EACCES",
		backend.EFAULT:          "EFAULT",
		backend.EBUSY:           "EBUSY",
		backend.EEXIST:          "EEXIST",
		backend.EXDEV:           "EXDEV",
		backend.ENODEV:          "ENODEV",
		backend.ENOTDIR:         "ENOTDIR",
		backend.EISDIR:          "EISDIR",
		backend.EINVAL:          "EINVAL",
		backend.ENFILE:          "ENFILE",
		backend.EMFILE:          "EMFILE",
		backend.EFBIG:           "EFBIG",
		backend.ENOSPC:          "ENOSPC",
		backend.ESPIPE:          "ESPIPE",
		backend.EROFS:           "EROFS",
		backend.EMLINK:          "EMLINK",
		backend.EPIPE:           "EPIPE",
		backend.ENAMETOOLONG:    "ENAMETOOLONG",
		backend.ENOTEMPTY:       "ENOTEMPTY",
		backend.ELOOP:           "ELOOP",
		backend.ETIME:           "ETIME",
		backend.EOVERFLOW:       "EOVERFLOW",
		backend.EBADFD:          "EBADFD",
		backend.ENOTSOCK:        "ENOTSOCK",
		backend.EDESTADDRREQ:    "EDESTADDRREQ",
		backend.EMSGSIZE:        "EMSGSIZE",
		backend.EPROTOTYPE:      "EPROTOTYPE",
		backend.ENOPROTOOPT:     "ENOPROTOOPT",
		backend.ESOCKTNOSUPPORT: "ESOCKTNOSUPPORT",
		backend.EPROTONOSUPPORT: "EPROTONOSUPPORT",
		backend.EOPNOTSUPP:      "EOPNOTSUPP",
		backend.EAFNOSUPPORT:    "EAFNOSUPPORT",
		backend.EADDRINUSE:      "EADDRINUSE",
		backend.EADDRNOTAVAIL:   "EADDRNOTAVAIL",
		backend.ENETUNREACH:     "ENETUNREACH",
		backend.ECONNABORTED:    "ECONNABORTED",
		backend.ECONNRESET:      "ECONNRESET",
		backend.ENOBUFS:         "ENOBUFS",
		backend.EISCONN:         "EISCONN",
		backend.ENOTCONN:        "ENOTCONN",
		backend.ETIMEDOUT:       "ETIMEDOUT",
		backend.ECONNREFUSED:    "ECONNREFUSED",
		backend.EHOSTUNREACH:    "EHOSTUNREACH",
		backend.EALREADY:        "EALREADY",
		backend.EINPROGRESS:     "EINPROGRESS",
		backend.EDQUOT:          "EDQUOT",
		backend.ECANCELED:       "ECANCELED",
	}
	seen := map[string]backend.Errno{}
	for i := range 256 {
		e := backend.Errno(i)
		text := e.Error()
		if !strings.HasPrefix(text, "backend: ") {
			t.Errorf("the text of %d is %q, without the package", i, text)
		}
		name, known := names[e]
		switch {
		case known && !strings.HasSuffix(text, " ("+name+")"):
			t.Errorf("the text of %d is %q, without the name %s", i, text, name)
		case !known && e != backend.OK && text != "backend: unknown error":
			t.Errorf("the text of %d is %q, and this test does not know the code", i, text)
		case known || e == backend.OK:
			if other, twice := seen[text]; twice {
				t.Errorf("%d and %d share the text %q", i, other, text)
			}
			seen[text] = e
		}
	}
}

func TestErrnoAsErrorDoesNotAllocate(t *testing.T) {
	var err error
	if n := testing.AllocsPerRun(100, func() { err = backend.EIO; _ = err.Error() }); n != 0 {
		t.Errorf("%v allocations, want 0", n)
	}
}

// An id gives its slot back, fits a trace field, and is different for each slot and generation.
func TestOpIDPacking(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		slot, gen := rapid.IntRange(0, 65535).Draw(t, "slot"), rapid.Uint64Range(1, 1<<46-1).Draw(t, "gen")
		id := backend.MakeOpID(slot, gen)
		if id.Slot() != slot || uint64(id)>>16 != gen || id == 0 || id>>62 != 0 {
			t.Fatalf("slot %d, generation %d: id %d has slot %d, generation %d", slot, gen, id, id.Slot(), uint64(id)>>16)
		}
	})
}

// What each kind is: every kind but the invalid one is in a full set, and no kind both detaches and borrows or returns.
func TestOpKinds(t *testing.T) {
	var none backend.OpSet
	for k := backend.OpInvalid; k < backend.OpKinds; k++ {
		if none.Has(k) || !backend.OpSet(1<<k).Has(k) || (^(backend.OpSet(1) << k)).Has(k) {
			t.Errorf("membership of kind %d is wrong", k)
		}
		if k.Detaches() && (k.LendsMemory() || k.ReturnsFD()) {
			t.Errorf("kind %d can be left to itself although it borrows memory or returns a descriptor", k)
		}
	}
}

// keeper is a sink that keeps what it gets.
type keeper struct {
	events []backend.Event
	names  map[int64]string
	stop   bool
}

func (k *keeper) Events(batch []backend.Event) bool {
	k.events = append(k.events, batch...)
	return !k.stop
}

func (k *keeper) Name(id int64, text string) { k.names[id] = text }

// A sink gets every event once, in order, with dense numbers and the stamps of the moment.
func TestTraceToSink(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var tr backend.Trace
		sink := &keeper{names: map[int64]string{}}
		tr.Init(make([]backend.Event, rapid.IntRange(2, 9).Draw(t, "buffer")), sink)
		n := rapid.IntRange(0, 40).Draw(t, "events")
		for i := range n {
			tr.Tau, tr.Lane = vclock.Instant(10*i), uint8(i%3)
			tr.Emit(backend.EvWake, int64(i), 2, 3, 4, 5)
			if rapid.IntRange(0, 9).Draw(t, "flush") == 0 {
				tr.Flush()
			}
		}
		tr.Flush()
		tr.Flush()
		if len(sink.events) != n || tr.Seq() != uint64(n) || len(tr.Buffered()) != 0 {
			t.Fatalf("%d events arrived, %d are numbered, %d are left, want %d", len(sink.events), tr.Seq(), len(tr.Buffered()), n)
		}
		for i, ev := range sink.events {
			want := backend.Event{Seq: uint64(i + 1), Tau: vclock.Instant(10 * i), Lane: uint8(i % 3), Kind: backend.EvWake, Args: [5]int64{int64(i), 2, 3, 4, 5}}
			if ev != want {
				t.Fatalf("event %d is %+v, want %+v", i, ev, want)
			}
		}
	})
}

// A full buffer without a sink keeps the first events and says how many are missing: all events are kept or counted.
func TestFullTraceSaysLost(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		size := rapid.IntRange(2, 9).Draw(t, "buffer")
		n := rapid.IntRange(0, 30).Draw(t, "events")
		var tr backend.Trace
		tr.Init(make([]backend.Event, size), nil)
		for i := range n {
			tr.Emit(backend.EvWake, int64(i), 0, 0, 0, 0)
			if rapid.IntRange(0, 5).Draw(t, "flush") == 0 {
				tr.Flush()
			}
		}
		tr.Flush()
		got := tr.Buffered()
		if len(got) != min(n, size) {
			t.Fatalf("%d events are kept of %d, with room for %d", len(got), n, size)
		}
		for i, ev := range got {
			switch {
			case n > size && i == size-1:
				if ev.Kind != backend.EvLost || ev.Args[0] != int64(n-size+1) || ev.Seq != uint64(size) {
					t.Fatalf("the last record is %+v, want EvLost of %d", ev, n-size+1)
				}
			case ev.Kind != backend.EvWake || ev.Args[0] != int64(i) || ev.Seq != uint64(i+1):
				t.Fatalf("record %d is %+v", i, ev)
			}
		}
	})
}

func TestTraceEdges(t *testing.T) {
	var off *backend.Trace
	off.Emit(backend.EvWake, 1, 2, 3, 4, 5)
	off.Flush()
	if off.Stopped() || off.Intern("x") != 0 {
		t.Error("a trace that is off does something")
	}
	var tr backend.Trace
	sink := &keeper{names: map[int64]string{}, stop: true}
	tr.Init(make([]backend.Event, 2), sink)
	if id := tr.Intern("hello"); id != backend.Digest("hello") || sink.names[id] != "hello" || tr.Intern("") != 0 {
		t.Errorf("the sink knows %v", sink.names)
	}
	if tr.Stopped() {
		t.Error("the trace is stopped before the sink has seen anything")
	}
	tr.Emit(backend.EvIdle, 0, 0, 0, 0, 0)
	if tr.Flush(); !tr.Stopped() {
		t.Error("the sink's request to stop is lost")
	}
	tr.Init(make([]backend.Event, 2), nil)
	if tr.Seq() != 0 || tr.Stopped() {
		t.Error("Init does not begin anew")
	}
	wantPanic(t, "a buffer of one record", func() { tr.Init(make([]backend.Event, 1), nil) })
	if n := testing.AllocsPerRun(100, func() { tr.Emit(backend.EvIdle, 1, 2, 3, 4, 5) }); n != 0 {
		t.Errorf("Emit allocates %v times", n)
	}
}

// A digest is never negative, and 0 for the empty text only where it is interned.
func TestDigest(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.String().Draw(t, "text")
		if id := backend.Digest(text); id <= 0 || id != backend.Digest(strings.Clone(text)) {
			t.Fatalf("the digest of %q is %d", text, id)
		}
	})
	if id := backend.Digest("a"); id != 0xaf63dc4c8601ec8c&(1<<63-1) {
		t.Errorf("the digest of %q is %#x: not FNV-1a", "a", id)
	}
}

// fixed answers every draw with the same number.
type fixed struct{ answer, asked int }

func (f *fixed) Choose(backend.ChoiceKind, backend.Site, int) int { f.asked++; return f.answer }
func (f *fixed) Pick([]uint32) int                                { f.asked++; return f.answer }
func (f *fixed) Spawned(uint32)                                   {}

func TestDraws(t *testing.T) {
	for _, n := range []int{-1, 0, 1, 2, 3} {
		for answer := -1; answer <= 3; answer++ {
			var tr backend.Trace
			tr.Init(make([]backend.Event, 8), nil)
			f := &fixed{answer: answer}
			d := backend.Draws{Chooser: f, Trace: &tr}
			ready := make([]uint32, max(n, 0))
			if n >= 2 && (answer < 0 || answer >= n) {
				wantPanic(t, "an answer outside the range", func() { d.Draw(backend.ChoiceDelay, 4, n, 9) })
				wantPanic(t, "a pick outside the range", func() { d.DrawTask(ready) })
				if len(tr.Buffered()) != 0 {
					t.Error("an answer outside the range is in the trace")
				}
				continue
			}
			got, pick := d.Draw(backend.ChoiceDelay, 4, n, 9), d.DrawTask(ready)
			if n < 2 {
				if got != 0 || pick != 0 || f.asked != 0 || len(tr.Buffered()) != 0 {
					t.Errorf("with %d continuations there is nothing to decide: %d, %d, asked %d times", n, got, pick, f.asked)
				}
				continue
			}
			want := [][5]int64{{int64(backend.ChoiceDelay), int64(n), int64(answer), 4, 9}, {int64(backend.ChoicePick), int64(n), int64(answer), 0, 0}}
			var args [][5]int64
			for _, ev := range tr.Buffered() {
				if ev.Kind != backend.EvChoice {
					t.Errorf("a draw writes kind %d", ev.Kind)
				}
				args = append(args, ev.Args)
			}
			if got != answer || pick != answer || !slices.Equal(args, want) {
				t.Errorf("%d continuations, answer %d: got %d and %d, trace %v, want %v", n, answer, got, pick, args, want)
			}
		}
	}
	var nobody backend.Draws
	if nobody.Draw(backend.ChoiceDelay, 0, 5, 0) != 0 || nobody.DrawTask(make([]uint32, 5)) != 0 {
		t.Error("without a chooser every answer is 0")
	}
}

func wantPanic(t *testing.T, what string, f func()) {
	t.Helper()
	defer func() {
		if text, _ := recover().(string); !strings.HasPrefix(text, "backend: ") {
			t.Errorf("%s: it panics with %q, want a text of the package", what, text)
		}
	}()
	f()
}
