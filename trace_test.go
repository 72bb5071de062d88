//go:build linux

package tripoint

import (
	"bytes"
	"encoding/binary"
	"io"
	"os"

	"github.com/tripoint-go/tripoint/backend"
	"github.com/tripoint-go/tripoint/internal/spec"
	"github.com/tripoint-go/tripoint/vclock"
)

// envTrace names the file for a program's trace.
const envTrace = "TRIPOINT_TEST_TRACE"

// traceFile is a sink that keeps nothing in memory, so that it is complete when the process dies.
type traceFile struct{ *os.File }

func (f traceFile) Events(batch []backend.Event) bool {
	if err := binary.Write(f, binary.LittleEndian, batch); err != nil {
		panic(err)
	}
	return true
}

func (f traceFile) Name(int64, string) {}

// recorded has the run of a program recorded for the monitors of its parent.
func recorded(o Options) Options {
	f, err := os.Create(os.Getenv(envTrace))
	if err == nil {
		err = binary.Write(f, binary.LittleEndian, o.Grace)
	}
	if err != nil {
		panic(err)
	}
	o.Trace = new(backend.Trace)
	o.Trace.Init(make([]backend.Event, 64), traceFile{f})
	return o
}

// judge holds the trace of the program to every invariant, and returns it. A program that died in the middle has no end.
func (c *child) judge() []backend.Event {
	c.t.Helper()
	data, err := os.ReadFile(c.trace)
	if os.IsNotExist(err) && c.untraced {
		return nil
	}
	in := bytes.NewReader(data)
	var grace vclock.Duration
	if err == nil {
		err = binary.Read(in, binary.LittleEndian, &grace)
	}
	var events []backend.Event
	for err == nil {
		var e backend.Event
		if err = binary.Read(in, binary.LittleEndian, &e); err == nil {
			events = append(events, e)
		}
	}
	if err != io.EOF {
		c.t.Fatal("reading the trace: ", err)
	}
	complete := len(events) > 0 && events[len(events)-1].Kind == backend.EvExit
	checker := spec.New(spec.Options{Slack: 500 * vclock.Microsecond, Grace: grace, Complete: complete})
	checker.Events(events)
	for _, v := range checker.Finish() {
		c.t.Errorf("%s: %s: %+v", v.ID, v.Text, v.Events)
	}
	return events
}
