package trace

import (
	"bufio"
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/tripoint-go/tripoint/backend"
	"github.com/tripoint-go/tripoint/vclock"
)

// TextVersion is the version of the text form. A reader refuses a file that says another one.
const TextVersion = 1

const (
	// LineMax is the longest line in bytes that the readers take.
	LineMax = 1 << 16
	// EventsMax is the number of events that the readers take from one file (1 GiB in memory).
	EventsMax = 1 << 24

	textMark   = "# tripoint trace "
	textHeader = "#  seq             tau lane kind       fields\n"
)

// AppendText appends the text form of one event, without a line end:
//
//	12       1_500_000    0 wake       t=3 src=op eff=queued
//
// The columns are seq, tau in nanoseconds, lane, kind and fields, with fixed widths, so that one event more or less is one
// line in a diff. An argument beyond the fields of its kind is written as x0 to x4 unless it is 0; a kind beyond the
// alphabet as its number.
func AppendText(dst []byte, ev *backend.Event, names *Names) []byte {
	dst = appendPadded(dst, 6, func(b []byte) []byte { return strconv.AppendUint(b, ev.Seq, 10) })
	dst = append(dst, ' ')
	dst = appendPadded(dst, 15, func(b []byte) []byte { return addGrouped(b, int64(ev.Tau)) })
	dst = append(dst, ' ')
	dst = appendPadded(dst, 4, func(b []byte) []byte { return strconv.AppendUint(b, uint64(ev.Lane), 10) })
	dst = append(dst, ' ')
	start := len(dst)
	dst = appendKind(dst, ev.Kind)
	end := len(dst)
	for len(dst) < start+10 {
		dst = append(dst, ' ')
	}
	padded := len(dst)
	dst = AppendFields(append(dst, ' '), ev, names)
	if len(dst) == padded+1 {
		return dst[:end]
	}
	return dst
}

// AppendFields appends the fields of an event as name=value, separated by blanks.
func AppendFields(dst []byte, ev *backend.Event, names *Names) []byte {
	var fields []Field
	if k := kindOf(ev.Kind); k != nil {
		fields = k.Fields
	}
	start := len(dst)
	for i, v := range ev.Args {
		if i >= len(fields) && v == 0 {
			continue
		}
		if len(dst) > start {
			dst = append(dst, ' ')
		}
		if i < len(fields) {
			dst = append(dst, fields[i].Name...)
			dst = fields[i].Type.add(append(dst, '='), v, names)
		} else {
			dst = append(dst, 'x', byte('0'+i), '=')
			dst = strconv.AppendInt(dst, v, 10)
		}
	}
	return dst
}

func appendKind(dst []byte, kind backend.EventKind) []byte {
	if k := kindOf(kind); k != nil {
		return append(dst, k.Name...)
	}
	return strconv.AppendUint(dst, uint64(kind), 10)
}

// appendPadded appends what add appends, moved to the right edge of a column.
func appendPadded(dst []byte, width int, add func([]byte) []byte) []byte {
	var room [32]byte
	s := add(room[:0])
	for n := len(s); n < width; n++ {
		dst = append(dst, ' ')
	}
	return append(dst, s...)
}

// WriteText writes a recording in the text form, after two comment lines: the version and the column heads.
func WriteText(w io.Writer, rec Recording) error {
	out := bufio.NewWriter(w)
	fmt.Fprintf(out, "%s%d\n%s", textMark, TextVersion, textHeader)
	if rec.Dropped > 0 {
		fmt.Fprintf(out, "# %d events of this trace are not recorded\n", rec.Dropped)
	}
	var line []byte
	for i := range rec.Events {
		line = AppendText(line[:0], &rec.Events[i], rec.Names)
		out.Write(append(line, '\n'))
	}
	return out.Flush() // a bufio.Writer keeps its first error
}

// ReadText reads the text form. Empty lines and lines that begin with # are skipped. Columns may have any width, fields
// any order, and fields left out are 0. Errors name the line. Names that occur quoted are known afterwards.
func ReadText(r io.Reader) (Recording, error) {
	rec := Recording{Names: NewNames()}
	err := eachLine(r, func(line string) error {
		if version, ok := strings.CutPrefix(line, textMark); ok && version != strconv.Itoa(TextVersion) {
			return fmt.Errorf("text version %s, this reader takes %d", version, TextVersion)
		}
		if line == "" || line[0] == '#' {
			return nil
		}
		ev, err := parseText(line, rec.Names)
		if err != nil {
			return err
		}
		return rec.add(ev)
	})
	return rec, err
}

// add appends an event that a reader found.
func (rec *Recording) add(ev backend.Event) error {
	if len(rec.Events) == EventsMax {
		return fmt.Errorf("more than %d events", EventsMax)
	}
	rec.Events = append(rec.Events, ev)
	rec.Names.Observe(rec.Events[len(rec.Events)-1:])
	return nil
}

// eachLine calls do for every line, without its surrounding white space, and adds the line number to its error.
func eachLine(r io.Reader, do func(line string) error) error {
	in := bufio.NewScanner(r)
	in.Buffer(nil, LineMax)
	n := 1
	for ; in.Scan(); n++ {
		if err := do(strings.TrimSpace(in.Text())); err != nil {
			return fmt.Errorf("trace: line %d: %w", n, err)
		}
	}
	if err := in.Err(); err != nil {
		return fmt.Errorf("trace: line %d: %w", n, err)
	}
	return nil
}

// parseText parses one line of the text form.
func parseText(line string, names *Names) (backend.Event, error) {
	var ev backend.Event
	var column [4]string
	for i := range column {
		column[i], line, _ = strings.Cut(line, " ")
		line = strings.TrimLeft(line, " ")
		if column[i] == "" {
			return ev, fmt.Errorf("want seq, tau, lane and kind, got %d of them", i)
		}
	}
	seq, err := strconv.ParseUint(column[0], 10, 64)
	if err != nil {
		return ev, fmt.Errorf("seq %q is not a number", column[0])
	}
	tau, err := readInt(column[1], nil)
	if err != nil {
		return ev, fmt.Errorf("tau %q is not a number", column[1])
	}
	lane, err := strconv.ParseUint(column[2], 10, 8)
	if err != nil {
		return ev, fmt.Errorf("lane %q is not a number from 0 to 255", column[2])
	}
	kind, err := parseKind(column[3])
	if err != nil {
		return ev, err
	}
	ev = backend.Event{Seq: seq, Tau: vclock.Instant(tau), Lane: uint8(lane), Kind: kind}
	return ev, parseFields(line, &ev, names)
}

func parseKind(text string) (backend.EventKind, error) {
	if k := kindByName(text); k != backend.EvInvalid {
		return k, nil
	}
	k, err := strconv.ParseUint(text, 10, 8)
	if err != nil || kindOf(backend.EventKind(k)) != nil {
		return 0, fmt.Errorf("unknown event kind %q", text)
	}
	return backend.EventKind(k), nil
}

func parseFields(line string, ev *backend.Event, names *Names) error {
	var seen [len(ev.Args)]bool
	for line != "" {
		key, rest, ok := strings.Cut(line, "=")
		if !ok || rest == "" {
			return fmt.Errorf("want name=value, got %q", line)
		}
		i, typ := fieldOf(ev.Kind, key)
		if i < 0 {
			return fmt.Errorf("%s has no field %q", appendKind(nil, ev.Kind), key)
		}
		if seen[i] {
			return fmt.Errorf("field %s is there twice", key)
		}
		seen[i] = true
		value, err := strconv.QuotedPrefix(rest)
		if err != nil || rest[0] != '"' {
			value, _, _ = strings.Cut(rest, " ")
		}
		if line = rest[len(value):]; line != "" && line[0] != ' ' {
			return fmt.Errorf("want a blank after %s=%s", key, value)
		}
		line = strings.TrimLeft(line, " ")
		if ev.Args[i], err = typ.read(value, names); err != nil {
			return fmt.Errorf("%s=%s: %w", key, value, err)
		}
	}
	return nil
}

// fieldOf returns index and type of a field by its name; x0 to x4 name arguments beyond the fields of the kind. The index
// is -1 if there is no such field.
func fieldOf(kind backend.EventKind, key string) (int, *FieldType) {
	known := 0
	if k := kindOf(kind); k != nil {
		known = len(k.Fields)
		for i := range k.Fields {
			if k.Fields[i].Name == key {
				return i, k.Fields[i].Type
			}
		}
	}
	if len(key) == 2 && key[0] == 'x' {
		if i := int(key[1]) - '0'; i >= known && i < len(backend.Event{}.Args) {
			return i, asNumber
		}
	}
	return -1, nil
}
