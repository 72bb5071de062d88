package chaos

import (
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"

	"github.com/tripoint-go/tripoint/backend"
)

// TapeVersion is the version of the tape format. It rises with every change of meaning.
const TapeVersion = 1

// TapeBytesMax is the size of a tape as text, beyond which neither reader nor writer goes.
const TapeBytesMax = 16 << 20

// headerValueMax bounds a value of the header.
const headerValueMax = 64 << 10

// Header tells a person and a replay what a tape belongs to. All fields may be empty.
type Header struct {
	Tool        string // the tool that wrote the tape, and its version
	Commit      string // of the program
	Go          string // version
	Platform    string // GOOS/GOARCH
	Scenario    string
	Options     string // of the scenario
	Seed        string // empty if no seed led here, as after shrinking
	Strategy    string // with parameters, such as "pct:3 k=1000"
	Faults      string // the drawn set, as a plan
	Profile     string // figures of the profile run
	Fingerprint string
	Signature   string // of the failure; empty if the run passed
}

// FreeOrder reports whether the run was made in free-order mode, as [Rule.FreeOrder] says for its strategy.
func (h *Header) FreeOrder() bool { return h.Strategy != "fifo" }

// headerKeys are the keys of a tape file in the order in which they are written. "simtape" is the version and comes first;
// "draws" are the counts.
func headerKeys() [14]string {
	return [14]string{
		"simtape", "tool", "commit", "go", "platform", "scenario", "options", "seed", "strategy", "faults", "profile",
		"draws", "fingerprint", "signature",
	}
}

// field returns the place of a key's value, or nil if the key is none of the plain ones.
func (h *Header) field(key string) *string {
	switch key {
	case "tool":
		return &h.Tool
	case "commit":
		return &h.Commit
	case "go":
		return &h.Go
	case "platform":
		return &h.Platform
	case "scenario":
		return &h.Scenario
	case "options":
		return &h.Options
	case "seed":
		return &h.Seed
	case "strategy":
		return &h.Strategy
	case "faults":
		return &h.Faults
	case "profile":
		return &h.Profile
	case "fingerprint":
		return &h.Fingerprint
	case "signature":
		return &h.Signature
	}
	return nil
}

// Recording is a tape as data: what a file holds.
type Recording struct {
	Notes  []string // lines for people, written with '#' in front; a reader drops them
	Header Header
	Counts Counts
	Draws  []Draw // indices rise within each kind
}

// Check returns what makes a recording impossible, or nil: a draw outside its range, indices that do not rise within their
// kind or reach the count of draws, too many draws.
func (r *Recording) Check() error {
	if len(r.Draws) > DrawsMax {
		return fmt.Errorf("chaos: a tape has at most %d draws", DrawsMax)
	}
	if r.Counts[backend.ChoiceInvalid] != 0 {
		return errors.New("chaos: a tape has draws of no kind")
	}
	var next Counts
	for i := range r.Draws {
		if err := checkDraw(&r.Draws[i], &r.Counts, &next); err != nil {
			return fmt.Errorf("chaos: draw %s: %w", &r.Draws[i], err)
		}
	}
	return nil
}

// checkDraw checks one draw and moves next, the lowest index that may follow in each kind.
func checkDraw(d *Draw, counts, next *Counts) error {
	switch {
	case d.Kind == backend.ChoiceInvalid || d.Kind >= backend.ChoiceKinds:
		return errors.New("unknown kind")
	case d.Pick < 1 || d.Pick >= d.N:
		return errors.New("the pick is not from 1 to n-1")
	case d.Index < next[d.Kind]:
		return fmt.Errorf("indices of kind %s do not rise", kindName(d.Kind))
	case d.Index >= counts[d.Kind]:
		return fmt.Errorf("the header counts only %d draws of kind %s", counts[d.Kind], kindName(d.Kind))
	}
	next[d.Kind] = d.Index + 1
	return nil
}

// AppendText appends the tape as text: notes, header, draws. Values that are not one printable line are quoted as Go does.
func (r *Recording) AppendText(b []byte) ([]byte, error) {
	if err := r.Check(); err != nil {
		return nil, err
	}
	start := len(b)
	for _, note := range r.Notes {
		for line := range strings.SplitSeq(note, "\n") {
			b = append(b, strings.TrimRight("# "+strings.TrimRight(line, "\r"), " ")...)
			b = append(b, '\n')
		}
	}
	for _, key := range headerKeys() {
		var value string
		switch key {
		case "simtape":
			value = strconv.Itoa(TapeVersion)
		case "draws":
			value = r.Counts.text()
		default:
			value = *r.Header.field(key)
		}
		if len(value) > headerValueMax {
			return nil, fmt.Errorf("chaos: tape header: %s has more than %d bytes", key, headerValueMax)
		}
		if value != "" {
			b = append(b, key+": "+quoteLine(value)+"\n"...)
		}
	}
	for i := range r.Draws {
		b = append(r.Draws[i].appendText(b), '\n')
	}
	if len(b)-start > TapeBytesMax {
		return nil, fmt.Errorf("chaos: the tape has %d bytes, more than %d", len(b)-start, TapeBytesMax)
	}
	return b, nil
}

// String returns the draw as tapes have it, such as "pick@17 2/5".
func (d *Draw) String() string { return string(d.appendText(nil)) }

func (d *Draw) appendText(b []byte) []byte {
	b = append(b, kindName(d.Kind)...)
	b = append(b, '@')
	b = strconv.AppendInt(b, d.Index, 10)
	b = append(b, ' ')
	b = strconv.AppendInt(b, int64(d.Pick), 10)
	b = append(b, '/')
	return strconv.AppendInt(b, int64(d.N), 10)
}

// text returns the counts that are not 0, such as "pick=120 work=3", or "none".
func (c *Counts) text() string {
	var b []byte
	for kind, n := range c {
		if n != 0 {
			if b != nil {
				b = append(b, ' ')
			}
			b = append(b, kindName(backend.ChoiceKind(kind))...)
			b = append(b, '=')
			b = strconv.AppendInt(b, n, 10)
		}
	}
	if b == nil {
		return "none"
	}
	return string(b)
}

func parseCounts(text string) (Counts, error) {
	var c Counts
	if text == "none" {
		return c, nil
	}
	last := backend.ChoiceInvalid
	for part := range strings.SplitSeq(text, " ") {
		name, value, _ := strings.Cut(part, "=")
		kind := kindByName(name)
		n, err := parseNumber(value, math.MaxInt64)
		if kind == backend.ChoiceInvalid || err != nil || n == 0 {
			return Counts{}, fmt.Errorf("draws entry %q is not of the form pick=120", part)
		}
		if kind <= last {
			return Counts{}, fmt.Errorf("draws of kind %s are given twice or out of order", name)
		}
		last = kind
		c[kind] = int64(n)
	}
	return c, nil
}

// quoteLine returns a value as it is if it reads back as one line, else quoted.
func quoteLine(s string) string {
	plain := s == strings.TrimSpace(s) && !strings.HasPrefix(s, `"`)
	if q := strconv.Quote(s); !plain || len(q) != len(s)+2+strings.Count(s, `"`)+strings.Count(s, `\`) {
		return q
	}
	return s
}

// kindName returns the name of a kind of draw on a tape.
func kindName(kind backend.ChoiceKind) string {
	switch kind {
	case backend.ChoicePick:
		return "pick"
	case backend.ChoiceLane:
		return "lane"
	case backend.ChoiceOrder:
		return "order"
	case backend.ChoiceDelay:
		return "delay"
	case backend.ChoiceIRQ:
		return "irq"
	case backend.ChoiceCancel:
		return "cancel"
	case backend.ChoiceShort:
		return "short"
	case backend.ChoiceSpurious:
		return "spurious"
	case backend.ChoiceFault:
		return "fault"
	case backend.ChoiceExt:
		return "ext"
	case backend.ChoiceWork:
		return "work"
	}
	return "invalid"
}

// kindByName is the inverse of kindName; ChoiceInvalid for any other text.
func kindByName(name string) backend.ChoiceKind {
	for kind := backend.ChoiceInvalid + 1; kind < backend.ChoiceKinds; kind++ {
		if kindName(kind) == name {
			return kind
		}
	}
	return backend.ChoiceInvalid
}
