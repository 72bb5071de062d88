package trace

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"

	"github.com/tripoint-go/tripoint/backend"
	"github.com/tripoint-go/tripoint/vclock"
)

// JSONLVersion is the version of the JSONL form. A reader refuses a file that says another one.
const JSONLVersion = 1

const jsonlFormat = "tripoint-trace"

// jsonlHead is the first line of a JSONL file.
type jsonlHead struct {
	Format  string `json:"format"`
	Version int    `json:"version"`
	Dropped int64  `json:"dropped"`
}

// WriteJSONL writes a recording as one JSON object a line. The first line is {"format":"tripoint-trace","version":1,
// "dropped":0}. Each further line is an event: seq, tau (ns), lane, ev (the kind), then the fields of the kind by the names
// of the legend. Times, counts and results are numbers; task and op ids and spelled-out values are strings; names are
// strings if their text is known (and is UTF-8), else numbers.
func WriteJSONL(w io.Writer, rec Recording) error {
	out := bufio.NewWriter(w)
	head, err := json.Marshal(jsonlHead{jsonlFormat, JSONLVersion, rec.Dropped})
	if err != nil {
		return err
	}
	out.Write(append(head, '\n'))
	var line []byte
	for i := range rec.Events {
		line = appendJSONL(line[:0], &rec.Events[i], rec.Names)
		out.Write(append(line, '\n'))
	}
	return out.Flush()
}

func appendJSONL(dst []byte, ev *backend.Event, names *Names) []byte {
	dst = fmt.Appendf(dst, `{"seq":%d,"tau":%d,"lane":%d,"ev":"%s"`, ev.Seq, int64(ev.Tau), ev.Lane, appendKind(nil, ev.Kind))
	var fields []Field
	if k := kindOf(ev.Kind); k != nil {
		fields = k.Fields
	}
	for i, v := range ev.Args {
		switch {
		case i < len(fields):
			dst = fmt.Appendf(dst, `,"%s":`, fields[i].Name)
			if s, ok := fields[i].Type.jsonString(v, names); ok {
				dst = appendJSONString(dst, s)
			} else if fields[i].Type == asSeed {
				dst = strconv.AppendUint(dst, uint64(v), 10)
			} else {
				dst = strconv.AppendInt(dst, v, 10)
			}
		case v != 0:
			dst = fmt.Appendf(dst, `,"x%d":%d`, i, v)
		}
	}
	return append(dst, '}')
}

// appendJSONString appends a JSON string without the escapes that only HTML needs.
func appendJSONString(dst []byte, s string) []byte {
	var buf bytes.Buffer
	enc := json.NewEncoder(&buf)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(s); err != nil {
		panic("trace: a string has a JSON form")
	}
	return append(dst, bytes.TrimSuffix(buf.Bytes(), []byte("\n"))...)
}

// ReadJSONL reads what [WriteJSONL] wrote. Fields may come in any order, and fields left out are 0. Errors name the line.
func ReadJSONL(r io.Reader) (Recording, error) {
	rec := Recording{Names: NewNames()}
	first := true
	err := eachLine(r, func(line string) error {
		if first {
			first = false
			return readHead(line, &rec)
		}
		if line == "" {
			return nil
		}
		ev, err := parseJSONL(line, rec.Names)
		if err != nil {
			return err
		}
		return rec.add(ev)
	})
	if err == nil && first {
		err = errors.New("trace: line 1: empty file")
	}
	return rec, err
}

func readHead(line string, rec *Recording) error {
	var head jsonlHead
	if err := json.Unmarshal([]byte(line), &head); err != nil || head.Format != jsonlFormat {
		return fmt.Errorf("not the first line of a %s file", jsonlFormat)
	}
	if head.Version != JSONLVersion {
		return fmt.Errorf("version %d, this reader takes %d", head.Version, JSONLVersion)
	}
	rec.Dropped = head.Dropped
	return nil
}

func parseJSONL(line string, names *Names) (backend.Event, error) {
	var ev backend.Event
	var object map[string]json.RawMessage
	if err := json.Unmarshal([]byte(line), &object); err != nil {
		return ev, err
	}
	var tau int64
	var kind string
	for _, part := range []struct {
		key  string
		into any
	}{{"seq", &ev.Seq}, {"tau", &tau}, {"lane", &ev.Lane}, {"ev", &kind}} {
		raw, ok := object[part.key]
		if !ok {
			return ev, fmt.Errorf("no %q", part.key)
		}
		if err := json.Unmarshal(raw, part.into); err != nil {
			return ev, fmt.Errorf("%q: %w", part.key, err)
		}
		delete(object, part.key)
	}
	ev.Tau = vclock.Instant(tau)
	var err error
	if ev.Kind, err = parseKind(kind); err != nil {
		return ev, err
	}
	keys := make([]string, 0, len(object))
	for key := range object {
		keys = append(keys, key)
	}
	slices.Sort(keys) // the first error must not depend on the order of a map
	for _, key := range keys {
		i, typ := fieldOf(ev.Kind, key)
		if i < 0 {
			return ev, fmt.Errorf("%s has no field %q", kind, key)
		}
		if ev.Args[i], err = typ.fromJSON(object[key], names); err != nil {
			return ev, fmt.Errorf("%q: %w", key, err)
		}
	}
	return ev, nil
}

// fromJSON reads a number or a string.
func (t *FieldType) fromJSON(raw json.RawMessage, names *Names) (int64, error) {
	if raw[0] == '"' {
		var text string
		if err := json.Unmarshal(raw, &text); err != nil {
			return 0, err
		}
		return t.fromJSONString(text, names)
	}
	if t == asSeed {
		return t.read(string(raw), names)
	}
	return readInt(string(raw), names)
}
