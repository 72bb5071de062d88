package trace

import "github.com/tripoint-go/tripoint/backend"

// Keep says what a [Recorder] does with events beyond its limit.
type Keep uint8

// The modes of a recorder. The zero value is the safe default for failure reports.
const (
	KeepLast  Keep = iota // the oldest event makes room
	KeepFirst             // the new event is dropped
)

// Recorder is a [backend.Sink] that keeps events and names in memory, at most a fixed number of events (64 bytes each).
// Memory grows with what is recorded, up to the limit. It never asks for the end of the run.
type Recorder struct {
	limit   int
	keep    Keep
	events  []backend.Event // once full in mode KeepLast: a ring whose oldest event is at head
	head    int
	dropped int64
	names   *Names
}

// NewRecorder returns a recorder that keeps limit events, at least 1.
func NewRecorder(limit int, keep Keep) *Recorder {
	if limit < 1 {
		panic("trace: a recorder keeps at least one event")
	}
	return &Recorder{limit: limit, keep: keep, names: NewNames()}
}

// Name implements [backend.Sink].
func (r *Recorder) Name(id int64, text string) { r.names.Add(id, text) }

// Events implements [backend.Sink]. It copies the batch and returns true.
func (r *Recorder) Events(batch []backend.Event) bool {
	r.names.Observe(batch)
	if room := r.limit - len(r.events); room > 0 {
		n := min(room, len(batch))
		r.events = append(r.events, batch[:n]...)
		batch = batch[n:]
	}
	r.dropped += int64(len(batch))
	if r.keep == KeepFirst {
		return true
	}
	if extra := len(batch) - r.limit; extra > 0 {
		batch = batch[extra:] // a later event of the same batch would overwrite these
	}
	for len(batch) > 0 {
		n := copy(r.events[r.head:], batch)
		r.head = (r.head + n) % r.limit
		batch = batch[n:]
	}
	return true
}

// Recording returns a copy of what is kept, oldest first. The names are shared with the recorder.
func (r *Recorder) Recording() Recording {
	events := make([]backend.Event, 0, len(r.events))
	events = append(events, r.events[r.head:]...)
	events = append(events, r.events[:r.head]...)
	return Recording{Events: events, Names: r.names, Dropped: r.dropped}
}

// Len returns the number of events kept.
func (r *Recorder) Len() int { return len(r.events) }

// Reset forgets everything and keeps the memory for the next run. Recordings taken before stay valid.
func (r *Recorder) Reset() {
	r.events, r.head, r.dropped, r.names = r.events[:0], 0, 0, NewNames()
}

// TeeMax is the number of sinks that a [Tee] can feed.
const TeeMax = 8

// Tee is a [backend.Sink] that feeds several sinks in the order given. It allocates nothing after its construction.
type Tee struct {
	sinks [TeeMax]backend.Sink
	n     int
}

// NewTee returns a sink that feeds all of the given ones; nil ones are left out. More than [TeeMax] sinks are a programmer
// error.
func NewTee(sinks ...backend.Sink) *Tee {
	t := &Tee{}
	for _, s := range sinks {
		if s == nil {
			continue
		}
		if t.n == TeeMax {
			panic("trace: a tee has at most 8 sinks")
		}
		t.sinks[t.n] = s
		t.n++
	}
	return t
}

// Events implements [backend.Sink]. Every sink gets the batch; the result is false if any of them said false.
func (t *Tee) Events(batch []backend.Event) bool {
	ok := true
	for _, s := range t.sinks[:t.n] {
		if !s.Events(batch) {
			ok = false
		}
	}
	return ok
}

// Name implements [backend.Sink].
func (t *Tee) Name(id int64, text string) {
	for _, s := range t.sinks[:t.n] {
		s.Name(id, text)
	}
}
