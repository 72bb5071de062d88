// Package loop is the host's end of the firmware that runs portable scenarios on request: one emulator for many runs, two pipes for
// its requests and replies. The wire is described at the firmware, internal/firmware/fw/scenarios.
package loop

import (
	"bufio"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"syscall"
	"time"

	"github.com/tripoint-go/tripoint/backend"
	"github.com/tripoint-go/tripoint/internal/explore"
	"github.com/tripoint-go/tripoint/internal/firmware"
	"github.com/tripoint-go/tripoint/sched"
	"github.com/tripoint-go/tripoint/vclock"
)

// Package is the firmware.
const Package = "./internal/firmware/fw/scenarios"

const (
	eventBytes   = 64
	requestBytes = 24
	exitFor      = 5 * time.Second // for an emulator whose pipe was closed
)

// Board is an emulated board with the firmware. It implements [explore.Machine], and belongs to one goroutine.
type Board struct {
	board firmware.Board
	elf   string
	// command returns an emulator that has these files as descriptors 3 and 4. The end of ctx kills it.
	command func(ctx context.Context, files []*os.File) *exec.Cmd
	// patience is how long a run may take before the emulator is killed.
	patience time.Duration

	cmd     *exec.Cmd // nil: none runs
	stop    context.CancelFunc
	out     *os.File
	pipe    *os.File // that in reads from
	in      *bufio.Reader
	stderr  tail
	events  []backend.Event
	payload []byte
}

// Open builds the firmware for a board. The emulator starts with the first run.
func Open(ctx context.Context, tc *firmware.Toolchain, b firmware.Board) (*Board, error) {
	elf, err := tc.Build(ctx, firmware.Firmware{Package: Package, Board: b})
	if err != nil {
		return nil, err
	}
	return New(tc, b, elf), nil
}

// New is Open for a firmware that was built by somebody else.
func New(tc *firmware.Toolchain, b firmware.Board, elf string) *Board {
	return &Board{
		board: b, elf: elf, patience: explore.SiliconPatience,
		command: func(ctx context.Context, files []*os.File) *exec.Cmd {
			return tc.Command(ctx, b, elf, firmware.Options{ExtraFiles: files})
		},
	}
}

// Close ends the emulator. The error says how it ended if not as it was asked to.
func (b *Board) Close() error {
	if b.cmd == nil {
		return nil
	}
	b.out.Close()
	timer := time.AfterFunc(exitFor, b.stop)
	defer timer.Stop()
	err := b.cmd.Wait()
	b.pipe.Close()
	b.stop()
	b.cmd = nil
	if err != nil {
		return fmt.Errorf("the emulator of %s ended with %w%s", b.board.Name, err, b.stderr.text())
	}
	return nil
}

// kill ends the emulator of a program that has died or hangs. The next run starts another.
func (b *Board) kill() {
	if b.cmd == nil {
		return
	}
	b.stop()
	b.out.Close()
	_ = b.cmd.Wait()
	b.pipe.Close()
	b.cmd = nil
}

func (b *Board) start() error {
	requestR, requestW, err := os.Pipe()
	if err != nil {
		return err
	}
	replyR, replyW, err := os.Pipe()
	if err != nil {
		requestR.Close()
		requestW.Close()
		return err
	}
	ctx, stop := context.WithCancel(context.Background())
	b.stderr.bytes = b.stderr.bytes[:0]
	cmd := b.command(ctx, []*os.File{requestR, replyW})
	cmd.Stderr = &b.stderr
	err = cmd.Start()
	requestR.Close()
	replyW.Close()
	if err != nil {
		stop()
		requestW.Close()
		replyR.Close()
		return err
	}
	b.cmd, b.stop, b.out, b.pipe, b.in = cmd, stop, requestW, replyR, bufio.NewReaderSize(replyR, 1<<16)
	return nil
}

// Run implements [explore.Machine].
func (b *Board) Run(program int, seed uint64, grace vclock.Duration, told explore.Told) (explore.End, error) {
	if b.cmd == nil {
		if err := b.start(); err != nil {
			return explore.End{}, err
		}
	}
	timer := time.AfterFunc(b.patience, b.stop) // which ends the reads below
	end, err := b.exchange(program, seed, grace, told)
	late := !timer.Stop()
	if end.Died == "" && err == nil && !late {
		return end, nil
	}
	b.kill()
	switch {
	case err == nil:
		return end, nil
	case late:
		return explore.End{Died: fmt.Sprintf("the emulator has not answered after %s", b.patience), Hung: true}, nil
	case errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, syscall.EPIPE):
		return explore.End{Died: "the emulator has ended in the middle of a run" + b.stderr.text()}, nil
	}
	return end, err
}

func (b *Board) exchange(program int, seed uint64, grace vclock.Duration, told explore.Told) (explore.End, error) {
	var req [requestBytes]byte
	binary.LittleEndian.PutUint32(req[0:], uint32(program))
	binary.LittleEndian.PutUint64(req[8:], seed)
	binary.LittleEndian.PutUint64(req[16:], uint64(grace))
	if _, err := b.out.Write(req[:]); err != nil {
		return explore.End{}, err
	}
	for {
		kind, p, err := b.frame()
		if err != nil {
			return explore.End{}, err
		}
		end, err := b.take(kind, p, told)
		if end != nil || err != nil {
			if end == nil {
				end = &explore.End{}
			}
			return *end, err
		}
	}
}

// frame reads one frame. Its payload is valid until the next call.
func (b *Board) frame() (kind byte, payload []byte, err error) {
	var head [4]byte
	if _, err := io.ReadFull(b.in, head[:]); err != nil {
		return 0, nil, err
	}
	n := int(binary.LittleEndian.Uint16(head[2:]))
	if cap(b.payload) < n {
		b.payload = make([]byte, n)
	}
	b.payload = b.payload[:n]
	_, err = io.ReadFull(b.in, b.payload)
	return head[0], b.payload, err
}

// least is the shortest payload of each kind of frame.
func least(kind byte) (n int, known bool) {
	switch kind {
	case 'e':
		return 0, true
	case 'n':
		return 8, true
	case 'f':
		return 16, true
	case 's':
		return 1, true
	case 'd':
		return 12, true
	case 'x':
		return 32, true
	}
	return 0, false
}

// take acts on a frame. An end is the last frame of a run.
func (b *Board) take(kind byte, p []byte, told explore.Told) (*explore.End, error) {
	if n, known := least(kind); !known || len(p) < n || kind == 'e' && len(p)%eventBytes != 0 {
		return nil, fmt.Errorf("the firmware and this program do not speak the same language: frame %q of %d bytes", kind, len(p))
	}
	u32 := binary.LittleEndian.Uint32
	u64 := func(at int) int64 { return int64(binary.LittleEndian.Uint64(p[at:])) }
	switch kind {
	case 'e':
		told.Events(b.decode(p))
	case 'n':
		told.Name(u64(0), string(p[8:]))
	case 'f':
		told.Fail(string(p[16:]), u64(0), u64(8))
	case 's':
		told.Sometimes(string(p[1:]), p[0] != 0)
	case 'd':
		return &explore.End{Died: b.died(int(u32(p)), u32(p[4:]), u32(p[8:]) != 0, string(p[12:]))}, nil
	case 'x':
		return &explore.End{
			Exit: u64(0), Err: sched.Error(u32(p[8:])), Stack: int(u32(p[12:])), Steps: u64(16), Now: vclock.Instant(u64(24)),
		}, nil
	}
	return nil, nil
}

// died says what has ended the program.
func (b *Board) died(exception int, pc uint32, overflow bool, task string) string {
	text := fmt.Sprintf("exception %d", exception)
	if overflow {
		text = "a stack has overflowed"
	}
	if pc != 0 {
		if line, err := firmware.Line(b.elf, pc); err == nil {
			text += " at " + line
		} else {
			text += fmt.Sprintf(" at %#x", pc)
		}
	}
	if task != "" {
		return fmt.Sprintf("task %q: %s", task, text)
	}
	return text
}

// decode turns bytes into events, in memory that the next call uses again.
func (b *Board) decode(p []byte) []backend.Event {
	b.events = b.events[:0]
	for ; len(p) > 0; p = p[eventBytes:] {
		u64 := func(at int) uint64 { return binary.LittleEndian.Uint64(p[at:]) }
		ev := backend.Event{Seq: u64(0), Tau: vclock.Instant(u64(8)), Kind: backend.EventKind(p[56]), Lane: p[57]}
		for i := range ev.Args {
			ev.Args[i] = int64(u64(16 + 8*i))
		}
		b.events = append(b.events, ev)
	}
	return b.events
}

// tail keeps the first words of what an emulator complains about.
type tail struct{ bytes []byte }

const tailMax = 2048

func (t *tail) Write(p []byte) (int, error) {
	t.bytes = append(t.bytes, p[:min(len(p), tailMax-len(t.bytes))]...)
	return len(p), nil
}

func (t *tail) text() string {
	if len(t.bytes) == 0 {
		return ""
	}
	return "; it said: " + string(t.bytes)
}
