package firmware

import (
	"debug/dwarf"
	"debug/elf"
	"fmt"
	"path/filepath"
	"strings"
)

// Line returns the place in the source that the instruction at pc comes from, such as "backend/cortexm/clock.go:42": what a report
// of a fault shows. Files of the module are named from its root. Where the place is in TinyGo's code that was inlined into ours, as
// the end of a panic is, ours counts. Where the compiler has made one instruction of several lines, as it does of all panics of a
// function, the place is "scenarios/portable/hello.go, in github.com/…/portable.helloRoot".
func Line(file string, pc uint32) (string, error) {
	f, err := elf.Open(file)
	if err != nil {
		return "", fmt.Errorf("firmware: %w", err)
	}
	defer f.Close()
	d, err := f.DWARF()
	if err != nil {
		return "", fmt.Errorf("firmware: %s: %w", file, err)
	}
	units := d.Reader()
	for {
		unit, err := units.Next()
		if err != nil {
			return "", fmt.Errorf("firmware: %s: %w", file, err)
		}
		if unit == nil {
			return "", fmt.Errorf("firmware: %s has no line for %#x", filepath.Base(file), pc)
		}
		units.SkipChildren()
		lines, err := d.LineReader(unit)
		if err != nil || lines == nil {
			continue
		}
		at, found := find(lines, uint64(pc&^1))
		if !found {
			continue
		}
		if !at.ours() {
			calls := callsAround(d, unit, lines.Files(), uint64(pc&^1))
			for len(calls) > 0 && !at.ours() {
				at, calls = calls[len(calls)-1], calls[:len(calls)-1]
			}
		}
		if at.line == 0 {
			return at.file + ", in " + function(f, pc&^1), nil
		}
		return fmt.Sprintf("%s:%d", at.file, at.line), nil
	}
}

// place is a line of a file; 0 stands for several.
type place struct {
	file string
	line int
}

// ours reports whether the file is one of the module.
func (p place) ours() bool { return !filepath.IsAbs(p.file) }

// callsAround lists the calls that the compiler has inlined around an instruction, the outermost first.
func callsAround(d *dwarf.Data, unit *dwarf.Entry, files []*dwarf.LineFile, pc uint64) []place {
	var calls []place
	entries := d.Reader()
	entries.Seek(unit.Offset)
	if _, err := entries.Next(); err != nil {
		return nil
	}
	for {
		e, err := entries.Next()
		if err != nil || e == nil || e.Tag == dwarf.TagCompileUnit {
			return calls
		}
		switch e.Tag {
		case dwarf.TagSubprogram, dwarf.TagInlinedSubroutine, dwarf.TagLexDwarfBlock:
			if !covers(d, e, pc) {
				entries.SkipChildren()
			}
		}
		file, _ := e.Val(dwarf.AttrCallFile).(int64)
		line, _ := e.Val(dwarf.AttrCallLine).(int64)
		if e.Tag == dwarf.TagInlinedSubroutine && covers(d, e, pc) && 0 <= file && file < int64(len(files)) && files[file] != nil {
			calls = append(calls, place{fromRoot(files[file].Name), int(line)})
		}
	}
}

func covers(d *dwarf.Data, e *dwarf.Entry, pc uint64) bool {
	ranges, err := d.Ranges(e)
	for _, r := range ranges {
		if err == nil && r[0] <= pc && pc < r[1] {
			return true
		}
	}
	return false
}

// function returns the name of the function that an address is in.
func function(f *elf.File, pc uint32) string {
	symbols, _ := f.Symbols() // without any, the function is not known
	for _, s := range symbols {
		if start := s.Value &^ 1; elf.ST_TYPE(s.Info) == elf.STT_FUNC && start <= uint64(pc) && uint64(pc) < start+s.Size {
			return s.Name
		}
	}
	return "an unknown function"
}

// find looks for the row of a line table that covers an address. Tables of functions that the linker has dropped start at 0, where
// no function can be: that is where the vector table is, or nothing.
func find(lines *dwarf.LineReader, pc uint64) (at place, found bool) {
	var start, last dwarf.LineEntry
	first := true
	for {
		var row dwarf.LineEntry
		if err := lines.Next(&row); err != nil { // io.EOF, or a table that cannot be read
			return place{}, false
		}
		if first {
			start = row
		} else if start.Address != 0 && last.Address <= pc && pc < row.Address {
			return place{fromRoot(last.File.Name), last.Line}, true
		}
		first, last = row.EndSequence, row
	}
}

// fromRoot cuts off where the copy of the module was that a firmware was built from.
func fromRoot(name string) string {
	if _, rest, ok := strings.Cut(filepath.ToSlash(name), "/.toolchain/trees/"); ok {
		_, rest, _ = strings.Cut(rest, "/")
		return rest
	}
	return name
}
