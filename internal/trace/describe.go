package trace

import (
	"fmt"
	"strings"

	"github.com/tripoint-go/tripoint/backend"
)

// Describe returns one line about an event for people:
//
//	#12 1_500_000 ns: task 3 "reader" is woken by op: queued
//
// A lane other than 0 is named. names may be nil.
func Describe(ev *backend.Event, names *Names) string {
	b := fmt.Appendf(nil, "#%d ", ev.Seq)
	b = append(addGrouped(b, int64(ev.Tau)), " ns"...)
	if ev.Lane != 0 {
		b = fmt.Appendf(b, ", lane %d", ev.Lane)
	}
	b = append(b, ": "...)
	kind := kindOf(ev.Kind)
	if kind == nil {
		return string(AppendFields(fmt.Appendf(b, "unknown event %d ", ev.Kind), ev, names))
	}
	for say := kind.Say; say != ""; {
		text, rest, found := strings.Cut(say, "{")
		b = append(b, text...)
		if !found {
			break
		}
		key, after, _ := strings.Cut(rest, "}")
		b = appendSaid(b, ev, key, names)
		say = after
	}
	return string(b)
}

// appendSaid appends a field as it reads best inside a sentence.
func appendSaid(dst []byte, ev *backend.Event, key string, names *Names) []byte {
	i, typ := fieldOf(ev.Kind, key)
	if i < 0 {
		panic("trace: a sentence of the table only names fields of its kind")
	}
	v := ev.Args[i]
	switch {
	case typ == asOwner && v < 0:
		return fmt.Appendf(dst, "scope %d", -uint64(v))
	case (typ == asTask || typ == asOwner) && v == 0:
		return append(dst, "nobody"...)
	case typ == asTask || typ == asOwner:
		dst = append(dst, "task "...)
		dst = typ.add(dst, v, names)
		if text := names.Task(v); text != "" {
			dst = fmt.Appendf(dst, " %q", text)
		}
		return dst
	case ev.Kind == backend.EvPollEnd && typ == asPollEnd && v == backend.PollPending:
		return append(dst, "Pending"...)
	case ev.Kind == backend.EvPollEnd && typ == asPollEnd && v == backend.PollReady:
		return append(dst, "Ready"...)
	}
	return typ.add(dst, v, names)
}
