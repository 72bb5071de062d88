package trace

import (
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/tripoint-go/tripoint/backend"
	"github.com/tripoint-go/tripoint/vclock"
)

// FieldType says how the integers of a field are written. Every type writes every int64 so that it can be read back.
type FieldType struct {
	Name   string  // in the legend
	Doc    string  // one sentence
	Values []Value // of an enumeration; any other value is written as a plain integer

	json jsonForm
	add  func(dst []byte, v int64, names *Names) []byte
	read func(text string, names *Names) (int64, error)
}

// Value is one spelled-out value of an enumeration.
type Value struct {
	V    int64
	Text string
}

// jsonForm says when a field is a JSON number and when a string.
type jsonForm uint8

const (
	jsonNumber jsonForm = iota // always a number
	jsonText                   // always a string: the text form
	jsonEnum                   // a string if the value is spelled out, else a number
	jsonName                   // the text itself if it is known, else the id as a number
)

var errNotInteger = errors.New("not an integer")

func addInt(dst []byte, v int64, _ *Names) []byte { return strconv.AppendInt(dst, v, 10) }

// readInt reads a decimal integer; underscores between digits are for the reader's eye.
func readInt(text string, _ *Names) (int64, error) {
	v, err := strconv.ParseInt(strings.ReplaceAll(text, "_", ""), 10, 64)
	if err != nil {
		return 0, errNotInteger
	}
	return v, nil
}

// addGrouped writes an integer with an underscore between groups of three digits: 1_500_000.
func addGrouped(dst []byte, v int64) []byte {
	var digits [20]byte
	s := strconv.AppendInt(digits[:0], v, 10)
	if s[0] == '-' {
		dst = append(dst, '-')
		s = s[1:]
	}
	for i, c := range s {
		if i > 0 && (len(s)-i)%3 == 0 {
			dst = append(dst, '_')
		}
		dst = append(dst, c)
	}
	return dst
}

func addTime(dst []byte, v int64, _ *Names) []byte {
	if v == int64(vclock.Forever) {
		return append(dst, "forever"...)
	}
	return addGrouped(dst, v)
}

func readTime(text string, names *Names) (int64, error) {
	if text == "forever" {
		return int64(vclock.Forever), nil
	}
	return readInt(text, names)
}

func addUnsigned(dst []byte, v int64, _ *Names) []byte { return strconv.AppendUint(dst, uint64(v), 10) }

func readUnsigned(text string, names *Names) (int64, error) {
	if v, err := strconv.ParseUint(text, 10, 64); err == nil {
		return int64(v), nil
	}
	return readInt(text, names)
}

// idForm is slot.generation with the slot in the low bits. A generation equal to short is left out.
type idForm struct {
	bits  uint
	short int64
}

func (f idForm) add(dst []byte, v int64, _ *Names) []byte {
	if v <= 0 {
		return strconv.AppendInt(dst, v, 10)
	}
	dst = strconv.AppendInt(dst, v&(1<<f.bits-1), 10)
	if gen := v >> f.bits; gen != f.short {
		dst = append(dst, '.')
		dst = strconv.AppendInt(dst, gen, 10)
	}
	return dst
}

func (f idForm) read(text string, names *Names) (int64, error) {
	slotText, genText, dotted := strings.Cut(text, ".")
	slot, err := readInt(slotText, names)
	if err != nil || slot <= 0 && !dotted {
		return slot, err
	}
	gen := f.short
	if dotted {
		if gen, err = readInt(genText, names); err != nil {
			return 0, err
		}
	}
	if slot < 0 || slot >= 1<<f.bits || gen < 0 || gen > math.MaxInt64>>f.bits {
		return 0, errors.New("slot or generation out of range")
	}
	return gen<<f.bits | slot, nil
}

func addOwner(dst []byte, v int64, names *Names) []byte {
	if v >= 0 {
		return taskForm.add(dst, v, names)
	}
	return strconv.AppendUint(append(dst, 's'), -uint64(v), 10)
}

func readOwner(text string, names *Names) (int64, error) {
	scope, ok := strings.CutPrefix(text, "s")
	if !ok {
		return taskForm.read(text, names)
	}
	v, err := strconv.ParseUint(scope, 10, 64)
	if err != nil || v == 0 || v > 1<<63 {
		return 0, errors.New("not a scope id")
	}
	return -int64(v), nil
}

// addLineIn writes a line number that is stored plus 1, so that 0 can stand for no line.
func addLineIn(dst []byte, v int64, _ *Names) []byte {
	if v == 0 {
		return append(dst, '-')
	}
	return strconv.AppendInt(dst, v-1, 10) // wraps at the least integer, and back when it is read
}

func readLineIn(text string, names *Names) (int64, error) {
	if text == "-" {
		return 0, nil
	}
	v, err := readInt(text, names)
	return v + 1, err
}

// errnoName returns the symbol of a failure code, empty for what is none.
func errnoName(v int64) string {
	if v <= 0 || v > math.MaxUint8 {
		return ""
	}
	_, symbol, ok := strings.Cut(backend.Errno(v).Error(), "(")
	if !ok {
		return ""
	}
	return strings.TrimSuffix(symbol, ")")
}

func addErrno(dst []byte, v int64, _ *Names) []byte {
	if s := errnoName(v); s != "" {
		return append(dst, s...)
	}
	return strconv.AppendInt(dst, v, 10)
}

func readErrno(text string, names *Names) (int64, error) {
	if v, err := readInt(text, names); err == nil {
		return v, nil
	}
	for v := int64(1); v <= math.MaxUint8; v++ {
		if errnoName(v) == text {
			return v, nil
		}
	}
	return 0, errors.New("not a failure code")
}

func addResult(dst []byte, v int64, names *Names) []byte {
	if s := errnoName(-v); s != "" {
		return append(append(dst, '-'), s...)
	}
	return strconv.AppendInt(dst, v, 10)
}

func readResult(text string, names *Names) (int64, error) {
	if v, err := readInt(text, names); err == nil {
		return v, nil
	}
	symbol, negative := strings.CutPrefix(text, "-")
	v, err := readErrno(symbol, names)
	if err != nil || !negative {
		return 0, errors.New("not a result")
	}
	return -v, nil
}

func addName(dst []byte, v int64, names *Names) []byte {
	if text, ok := names.quotable(v); ok {
		return strconv.AppendQuote(dst, text)
	}
	if v == 0 {
		return append(dst, `""`...)
	}
	return fmt.Appendf(dst, "#%016x", uint64(v))
}

// readText reads a quoted text, and adds it to the names.
func readText(quoted string, names *Names) (int64, error) {
	text, err := strconv.Unquote(quoted)
	if err != nil || quoted[0] != '"' {
		return 0, errors.New("not a quoted text")
	}
	return internText(text, names), nil
}

func internText(text string, names *Names) int64 {
	if text == "" {
		return 0
	}
	id := backend.Digest(text)
	names.Add(id, text)
	return id
}

func readName(text string, names *Names) (int64, error) {
	if digits, ok := strings.CutPrefix(text, "#"); ok {
		v, err := strconv.ParseUint(digits, 16, 64)
		if err != nil {
			return 0, errors.New("not a name id")
		}
		return int64(v), nil
	}
	return readText(text, names)
}

func addDigest(dst []byte, v int64, names *Names) []byte {
	if text, ok := names.quotable(v); ok {
		return strconv.AppendQuote(dst, text)
	}
	return strconv.AppendInt(dst, v, 10)
}

func readDigest(text string, names *Names) (int64, error) {
	if strings.HasPrefix(text, `"`) {
		return readText(text, names)
	}
	return readInt(text, names)
}

// enum makes the type of a field whose values have names.
func enum(name, doc string, values ...Value) *FieldType {
	return &FieldType{
		Name: name, Doc: doc, Values: values, json: jsonEnum,
		add: func(dst []byte, v int64, _ *Names) []byte {
			for _, value := range values {
				if value.V == v {
					return append(dst, value.Text...)
				}
			}
			return strconv.AppendInt(dst, v, 10)
		},
		read: func(text string, names *Names) (int64, error) {
			for _, value := range values {
				if value.Text == text {
					return value.V, nil
				}
			}
			v, err := readInt(text, names)
			if err != nil {
				return 0, errors.New("not a value of " + name)
			}
			return v, nil
		},
	}
}

// spelled returns the name of an enumeration's value, empty if it has none.
func (t *FieldType) spelled(v int64) string {
	for _, value := range t.Values {
		if value.V == v {
			return value.Text
		}
	}
	return ""
}

// jsonString returns the string that stands for v in JSON, and false if v is written as a number.
func (t *FieldType) jsonString(v int64, names *Names) (string, bool) {
	switch t.json {
	case jsonText:
		return string(t.add(nil, v, names)), true
	case jsonEnum:
		s := t.spelled(v)
		return s, s != ""
	case jsonName:
		text, ok := names.quotable(v)
		return text, ok && utf8.ValidString(text)
	}
	return "", false
}

// fromJSONString reads what jsonString wrote.
func (t *FieldType) fromJSONString(text string, names *Names) (int64, error) {
	if t.json == jsonName {
		return internText(text, names), nil
	}
	return t.read(text, names)
}
