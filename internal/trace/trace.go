// Package trace stores, prints, reads, compares and draws traces: the sequences of [backend.Event] that every backend
// produces. It belongs to the host; nothing that runs inside a simulated program imports it.
//
//	rec := trace.NewRecorder(1<<16, trace.KeepLast)
//	var hash trace.Hash
//	sink := trace.NewTee(rec, &hash)            // hand sink to the executor, run, then:
//	err := trace.WriteText(os.Stdout, rec.Recording())
//	fmt.Println("fingerprint", &hash)
//
// Terms. A recording is a stretch of a trace with the names that occur in it. A name is interned: events carry its digest,
// the sink is told the text. The text form is the source of truth, one event a line; JSONL and Chrome JSON are made from
// the same recording. One table ([Legend]) says for each event kind what its fields are called and how they are written;
// printers, parsers, sentences and docs/TRACE.md all follow it.
//
// Promises. Equal recordings give equal bytes in every format. Text and JSONL lead back to the same events. The
// fingerprint of a trace is the same on every architecture. Nothing here reads a clock or starts a goroutine.
package trace

import "github.com/tripoint-go/tripoint/backend"

// Recording is a stretch of one trace and the names in it. Events are in order; if Dropped is not 0, that many events of
// the trace are not in it, and Names may still know tasks that were spawned in the missing part.
type Recording struct {
	Events  []backend.Event
	Names   *Names // never nil in what this package returns; nil means that no name is known
	Dropped int64
}

// NamesMax is the number of texts, and separately of tasks, that a [Names] holds.
const NamesMax = 1 << 16

// Names knows the texts of interned ids and which task has which name. It holds at most [NamesMax] texts, the first ones,
// and the names of the last NamesMax tasks. A nil *Names knows nothing. It is not safe for concurrent use.
type Names struct {
	texts map[int64]string
	tasks map[int64]int64 // task id to name id
	order []int64         // ring of the task ids in tasks, oldest at next once it is full
	next  int
}

// NewNames returns an empty set of names.
func NewNames() *Names { return &Names{texts: map[int64]string{}, tasks: map[int64]int64{}} }

// Add says that id stands for text. Adding an id again changes nothing.
func (n *Names) Add(id int64, text string) {
	if _, known := n.texts[id]; !known && len(n.texts) < NamesMax {
		n.texts[id] = text
	}
}

// Text returns the text behind an interned id, and whether it is known.
func (n *Names) Text(id int64) (string, bool) {
	if n == nil {
		return "", false
	}
	text, known := n.texts[id]
	return text, known
}

// Task returns the name of a task, empty if it is not known.
func (n *Names) Task(t int64) string {
	if n == nil {
		return ""
	}
	text, _ := n.Text(n.tasks[t])
	return text
}

// Observe learns the names of the tasks that are spawned in the events.
func (n *Names) Observe(events []backend.Event) {
	for i := range events {
		if ev := &events[i]; ev.Kind == backend.EvSpawn {
			n.nameTask(ev.Args[0], ev.Args[3])
		}
	}
}

func (n *Names) nameTask(t, name int64) {
	if _, known := n.tasks[t]; !known {
		if len(n.order) < NamesMax {
			n.order = append(n.order, t)
		} else {
			delete(n.tasks, n.order[n.next])
			n.order[n.next] = t
			n.next = (n.next + 1) % NamesMax
		}
	}
	n.tasks[t] = name
}

// quotable returns the text of an id if the text alone leads back to the id.
func (n *Names) quotable(id int64) (string, bool) {
	text, known := n.Text(id)
	return text, known && text != "" && backend.Digest(text) == id
}
