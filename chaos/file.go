package chaos

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/tripoint-go/tripoint/backend"
)

// Write writes the tape to a file, compressed if the name ends in ".gz". It writes a temporary file in the same directory
// and renames it, so a reader sees the old file or the new one, never a part.
func (r *Recording) Write(path string) error {
	text, err := r.AppendText(nil)
	if err != nil {
		return err
	}
	if strings.HasSuffix(path, ".gz") {
		var b bytes.Buffer
		z := gzip.NewWriter(&b)
		// A bytes.Buffer takes everything, so neither call can fail.
		_, _ = z.Write(text)
		_ = z.Close()
		text = b.Bytes()
	}
	f, err := os.CreateTemp(filepath.Dir(path), ".simtape-*")
	if err != nil {
		return fmt.Errorf("chaos: write tape: %w", err)
	}
	_, err = f.Write(text)
	if err == nil {
		err = f.Chmod(0o644)
	}
	if errClose := f.Close(); err == nil {
		err = errClose
	}
	if err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		_ = os.Remove(f.Name()) // the error that counts is the first one
		return fmt.Errorf("chaos: write tape: %w", err)
	}
	return nil
}

// ReadTape reads a tape from a file, compressed if the name ends in ".gz". The error names the file and the line.
func ReadTape(path string) (*Recording, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("chaos: read tape: %w", err)
	}
	defer f.Close()
	var from io.Reader = f
	if strings.HasSuffix(path, ".gz") {
		if from, err = gzip.NewReader(f); err != nil {
			return nil, fmt.Errorf("chaos: read tape %s: %w", path, err)
		}
	}
	text, err := io.ReadAll(io.LimitReader(from, TapeBytesMax+1))
	if err != nil {
		return nil, fmt.Errorf("chaos: read tape %s: %w", path, err)
	}
	rec, err := ParseTape(text)
	if err != nil {
		return nil, fmt.Errorf("chaos: read tape %s: %w", path, err)
	}
	return rec, nil
}

// lineError is what is wrong with a line of a tape. Lines count from 1; 0 is the tape as a whole.
type lineError struct {
	line int
	text string
}

func (e *lineError) Error() string {
	if e.line == 0 {
		return e.text
	}
	return "line " + strconv.Itoa(e.line) + ": " + e.text
}

// tapeParser reads a tape line by line: notes anywhere, then the header, then draws.
type tapeParser struct {
	rec     *Recording
	line    int
	version bool            // the simtape line was read
	seen    map[string]bool // keys of the header
	inBody  bool
	next    Counts
}

// ParseTape reads the text of a tape. Lines that start with '#' and empty lines are skipped. It returns an error of one
// line, with the line's number, for whatever [Recording.AppendText] could not have written in this version.
func ParseTape(text []byte) (*Recording, error) {
	if len(text) > TapeBytesMax {
		return nil, &lineError{0, fmt.Sprintf("no tape: more than %d bytes", TapeBytesMax)}
	}
	p := tapeParser{rec: &Recording{}, seen: make(map[string]bool)}
	for len(text) > 0 {
		line, rest, _ := bytes.Cut(text, []byte("\n"))
		text = rest
		p.line++
		line = bytes.TrimSuffix(line, []byte("\r"))
		if len(line) == 0 || line[0] == '#' {
			continue
		}
		if problem := p.parseLine(string(line)); problem != "" {
			return nil, &lineError{p.line, problem}
		}
	}
	switch {
	case !p.version:
		return nil, &lineError{0, "no tape: there is no line \"simtape: 1\""}
	case !p.seen["draws"]:
		return nil, &lineError{0, "the header has no draws line"}
	}
	return p.rec, nil
}

// parseLine takes a line in and returns what is wrong with it, or "".
func (p *tapeParser) parseLine(line string) string {
	if !p.version {
		return p.parseVersion(line)
	}
	if key, value, ok := strings.Cut(line, ": "); ok {
		return p.parseHeader(key, value)
	}
	if !p.seen["draws"] {
		return fmt.Sprintf("%s is neither a note nor a header line, and the header has no draws line yet", clip(line))
	}
	p.inBody = true
	d, problem := parseDraw(line)
	if problem != "" {
		return problem
	}
	if len(p.rec.Draws) == DrawsMax {
		return fmt.Sprintf("more than %d draws", DrawsMax)
	}
	if err := checkDraw(&d, &p.rec.Counts, &p.next); err != nil {
		return fmt.Sprintf("draw %s: %v", clip(line), err)
	}
	p.rec.Draws = append(p.rec.Draws, d)
	return ""
}

func (p *tapeParser) parseVersion(line string) string {
	value, ok := strings.CutPrefix(line, "simtape: ")
	if !ok {
		return fmt.Sprintf("no tape: it starts with %s, not with \"simtape: 1\"", clip(line))
	}
	if value != strconv.Itoa(TapeVersion) {
		return fmt.Sprintf("tape format version %s is unknown: this tool reads version %d", clip(value), TapeVersion)
	}
	p.version = true
	return ""
}

func (p *tapeParser) parseHeader(key, value string) string {
	field := p.rec.Header.field(key)
	switch {
	case p.inBody:
		return fmt.Sprintf("header line %s after the first draw", clip(key))
	case field == nil && key != "draws":
		return fmt.Sprintf("unknown header key %s", clip(key))
	case p.seen[key]:
		return fmt.Sprintf("header key %s is given twice", key)
	case len(value) > 4*headerValueMax+2: // quoting makes four characters of a byte at most
		return fmt.Sprintf("header value of %s is longer than %d bytes", key, headerValueMax)
	}
	p.seen[key] = true
	if strings.HasPrefix(value, `"`) {
		plain, err := strconv.Unquote(value)
		if err != nil {
			return fmt.Sprintf("header value of %s is badly quoted", key)
		}
		value = plain
	}
	if len(value) > headerValueMax {
		return fmt.Sprintf("header value of %s is longer than %d bytes", key, headerValueMax)
	}
	if key == "draws" {
		counts, err := parseCounts(value)
		if err != nil {
			return err.Error()
		}
		p.rec.Counts = counts
		return ""
	}
	*field = value
	return ""
}

// parseDraw reads a line such as "pick@17 2/5" and returns what is wrong with it, or "".
func parseDraw(line string) (Draw, string) {
	place, share, ok1 := strings.Cut(line, " ")
	name, index, ok2 := strings.Cut(place, "@")
	pick, n, ok3 := strings.Cut(share, "/")
	i, err1 := parseNumber(index, math.MaxInt64)
	k, err2 := parseNumber(pick, math.MaxInt32)
	m, err3 := parseNumber(n, math.MaxInt32)
	if !ok1 || !ok2 || !ok3 || err1 != nil || err2 != nil || err3 != nil {
		return Draw{}, fmt.Sprintf("%s is not a draw such as \"pick@17 2/5\"", clip(line))
	}
	kind := kindByName(name)
	if kind == backend.ChoiceInvalid {
		return Draw{}, fmt.Sprintf("unknown kind of draw %s", clip(name))
	}
	return Draw{Index: int64(i), Pick: int32(k), N: int32(m), Kind: kind}, ""
}

// clip quotes a text for an error and keeps it short.
func clip(s string) string {
	const most = 40
	if len(s) > most {
		return strconv.Quote(s[:most]) + "..."
	}
	return strconv.Quote(s)
}
