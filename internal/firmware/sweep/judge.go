package main

import (
	"encoding/binary"
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/tripoint-go/tripoint/backend"
	"github.com/tripoint-go/tripoint/internal/firmware"
	"github.com/tripoint-go/tripoint/internal/firmware/inject"
	"github.com/tripoint-go/tripoint/internal/spec"
	"github.com/tripoint-go/tripoint/vclock"
)

const (
	// slack is how late a timer may come: a tick of the clock, and the instructions up to the executor's look at it.
	slack = 100 * vclock.Microsecond
	// eventBytes is the size of an event in memory of a 32-bit processor.
	eventBytes = 64
	// eventsMax is how many the firmware has room for.
	eventsMax = 100
)

// broken is the verdict's code of a run that the monitors object to. The firmware has others.
const broken = 9

// checkers are used again: making one takes longer than judging a run.
var checkers = sync.Pool{New: func() any { return spec.New(spec.Options{}) }}

// monitors returns the judge of runs of a firmware. A run that the firmware itself calls bad is bad whatever they say.
func monitors(elf string) (inject.Judge, error) {
	recorded, err := firmware.Symbol(elf, "main.recorded")
	if err != nil {
		return nil, err
	}
	records, err := firmware.Symbol(elf, "main.records")
	if err != nil {
		return nil, err
	}
	return func(code int, why string, read func(uint32, int) ([]byte, error)) (int, string, error) {
		b, err := read(recorded, 4)
		if err != nil {
			return 0, "", err
		}
		n := binary.LittleEndian.Uint32(b)
		if n == 0 || n > eventsMax {
			return 0, "", fmt.Errorf("the firmware says that it has recorded %d events", n)
		}
		if b, err = read(records, int(n)*eventBytes); err != nil {
			return 0, "", err
		}
		if ids, text := judge(events(b)); text != "" {
			return broken, strings.Join(ids, " ") + ": " + text + also(why), nil
		}
		if code != 0 && why == "" {
			why = fmt.Sprintf("the firmware says %d", code)
		}
		return code, why, nil
	}, nil
}

func also(why string) string {
	if why == "" {
		return ""
	}
	return " (" + why + ")"
}

// judge returns the invariants that a trace breaks, each once, and what the first one says; no text if there are none.
func judge(trace []backend.Event) (ids []string, text string) {
	c := checkers.Get().(*spec.Checker)
	defer checkers.Put(c)
	c.Reset(spec.Options{Slack: slack, Complete: true})
	c.Events(trace)
	for _, v := range c.Finish() {
		if text == "" {
			text = v.Text
		}
		if !slices.Contains(ids, v.ID) {
			ids = append(ids, v.ID)
		}
	}
	return ids, text
}

// events decodes what lies in the firmware's memory.
func events(b []byte) []backend.Event {
	out := make([]backend.Event, 0, len(b)/eventBytes)
	word := func(i int) int64 { return int64(binary.LittleEndian.Uint64(b[8*i:])) }
	for ; len(b) >= eventBytes; b = b[eventBytes:] {
		out = append(out, backend.Event{
			Seq: uint64(word(0)), Tau: vclock.Instant(word(1)),
			Args: [5]int64{word(2), word(3), word(4), word(5), word(6)}, Kind: backend.EventKind(b[56]), Lane: b[57],
		})
	}
	return out
}
