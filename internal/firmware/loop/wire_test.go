package loop

import (
	"bufio"
	"encoding/binary"
	"errors"
	"io"
	"os"
	"slices"
	"strings"
	"testing"
	"unsafe"

	"github.com/tripoint-go/tripoint/backend"
	"github.com/tripoint-go/tripoint/internal/explore"
	"github.com/tripoint-go/tripoint/sched"
	"github.com/tripoint-go/tripoint/vclock"
)

// notes keeps what it is told.
type notes struct {
	events     []backend.Event
	names      map[int64]string
	failed     string
	got, want  int64
	conditions map[string]bool
}

func (n *notes) Events(batch []backend.Event) bool {
	n.events = append(n.events, batch...)
	return true
}

func (n *notes) Name(id int64, text string) { n.names[id] = text }

func (n *notes) Fail(property string, got, want int64) { n.failed, n.got, n.want = property, got, want }

func (n *notes) Sometimes(name string, cond bool) { n.conditions[name] = cond }

func newNotes() *notes { return &notes{names: map[int64]string{}, conditions: map[string]bool{}} }

// frame returns the bytes of a frame, whose parts are uint32, uint64, a byte or a string.
func frame(kind byte, parts ...any) string {
	var p []byte
	for _, part := range parts {
		switch v := part.(type) {
		case byte:
			p = append(p, v)
		case uint32:
			p = binary.LittleEndian.AppendUint32(p, v)
		case uint64:
			p = binary.LittleEndian.AppendUint64(p, v)
		case string:
			p = append(p, v...)
		default:
			panic("loop: no such part of a frame")
		}
	}
	return string(binary.LittleEndian.AppendUint16([]byte{kind, 0}, uint16(len(p)))) + string(p)
}

// hear has a board read a reply, and returns the request that it sent as well.
func hear(t *testing.T, reply string, told explore.Told) (explore.End, []byte, error) {
	t.Helper()
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	b := &Board{out: w, in: bufio.NewReader(strings.NewReader(reply))}
	end, err := b.exchange(3, 0x0102030405060708, 9*vclock.Second, told)
	w.Close()
	request, errRead := io.ReadAll(r)
	if r.Close(); errRead != nil {
		t.Fatal(errRead)
	}
	return end, request, err
}

func last() string {
	exit := uint64(1<<64 - 7)
	return frame('x', exit, uint32(sched.ErrStalled), uint32(68), uint64(12), uint64(99))
}

// Events come as they lie in the memory of a board, whose compiler checks the same numbers: see wire.go of the firmware.
func TestEvents(t *testing.T) {
	var ev backend.Event
	for _, c := range []struct {
		what      string
		got, want uintptr
	}{
		{"size", unsafe.Sizeof(ev), eventBytes},
		{"tau", unsafe.Offsetof(ev.Tau), 8},
		{"args", unsafe.Offsetof(ev.Args), 16},
		{"kind", unsafe.Offsetof(ev.Kind), 56},
		{"lane", unsafe.Offsetof(ev.Lane), 57},
	} {
		if c.got != c.want {
			t.Errorf("%s: got %d, want %d", c.what, c.got, c.want)
		}
	}
	ev = backend.Event{Seq: 1 << 63, Tau: -2, Args: [5]int64{1, -1, 3, 1 << 40, -5}, Kind: backend.EvExit, Lane: 7}
	other := backend.Event{Seq: 2, Kind: backend.EvBoot}
	n := newNotes()
	if _, _, err := hear(t, frame('e', wire(&ev)+wire(&other))+frame('e', wire(&ev))+last(), n); err != nil {
		t.Fatal(err)
	}
	if want := []backend.Event{ev, other, ev}; !slices.Equal(n.events, want) {
		t.Errorf("got %+v, want %+v", n.events, want)
	}
}

// wire returns the bytes of an event.
func wire(ev *backend.Event) string {
	p := binary.LittleEndian.AppendUint64(nil, ev.Seq)
	p = binary.LittleEndian.AppendUint64(p, uint64(ev.Tau))
	for _, v := range ev.Args {
		p = binary.LittleEndian.AppendUint64(p, uint64(v))
	}
	return string(append(p, byte(ev.Kind), ev.Lane, 0, 0, 0, 0, 0, 0))
}

func TestFrames(t *testing.T) {
	n := newNotes()
	minus := uint64(1<<64 - 1)
	end, request, err := hear(t, frame('e')+frame('n', uint64(5), "five")+frame('n', minus, "")+frame('s', byte(1), "often")+
		frame('s', byte(0), "never")+frame('f', minus, uint64(4), "it holds")+last(), n)
	if err != nil {
		t.Fatal(err)
	}
	if want := (explore.End{Exit: -7, Err: sched.ErrStalled, Stack: 68, Steps: 12, Now: 99}); end != want {
		t.Errorf("got the end %+v, want %+v", end, want)
	}
	if five, empty := n.names[5], n.names[-1]; five != "five" || empty != "" || len(n.names) != 2 {
		t.Errorf("got the names %v", n.names)
	}
	if n.failed != "it holds" || n.got != -1 || n.want != 4 || !n.conditions["often"] || n.conditions["never"] || len(n.conditions) != 2 {
		t.Errorf("got %+v", n)
	}
	const want = "\x03\x00\x00\x00\x00\x00\x00\x00" + "\x08\x07\x06\x05\x04\x03\x02\x01" + "\x00\x1a\x71\x18\x02\x00\x00\x00"
	if string(request) != want {
		t.Errorf("got the request %x, want %x", request, want)
	}
}

// Whatever is wrong with a reply is an error, and never a verdict.
func TestBrokenFrames(t *testing.T) {
	const language = "do not speak the same language"
	for name, c := range map[string]struct {
		reply string
		want  string // in the error; empty: the end of the reply is
	}{
		"nothing":             {"", ""},
		"half a head":         {"e\x00", ""},
		"no payload":          {frame('x', uint64(0))[:4], ""},
		"half a payload":      {last()[:20], ""},
		"no end":              {frame('s', byte(1), "often"), ""},
		"unknown kind":        {frame('?') + last(), language},
		"short end":           {frame('x', uint64(0), uint64(0), uint64(0)), language},
		"short name":          {frame('n', uint32(0)) + last(), language},
		"short failure":       {frame('f', uint64(0)) + last(), language},
		"no condition":        {frame('s') + last(), language},
		"half an event":       {frame('e', strings.Repeat("x", eventBytes*3/2)) + last(), language},
		"short death":         {frame('d', uint32(3)), language},
		"text of an emulator": {"qemu-system-arm: cannot do that\n" + last(), ""},
	} {
		end, _, err := hear(t, c.reply, newNotes())
		eof := errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF)
		if err == nil || end != (explore.End{}) || c.want == "" && !eof || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: got %+v, error %v, want an error with %q", name, end, err, c.want)
		}
	}
}

// A death is told even if nothing else is known of it.
func TestDeath(t *testing.T) {
	for _, c := range []struct{ reply, want string }{
		{frame('d', uint32(3), uint32(0), uint32(0)), "exception 3"},
		{frame('d', uint32(3), uint32(0x1234), uint32(0)), "exception 3 at 0x1234"}, // there is no ELF file
		{frame('d', uint32(6), uint32(0), uint32(1), "root"), `task "root": a stack has overflowed`},
	} {
		if end, _, err := hear(t, frame('s', byte(1), "often")+c.reply, newNotes()); err != nil || end != (explore.End{Died: c.want}) {
			t.Errorf("got %+v, error %v, want %q", end, err, c.want)
		}
	}
}
