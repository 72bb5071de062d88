package firmware

import (
	"debug/dwarf"
	"debug/elf"
	"fmt"
	"io"
	"path/filepath"
	"strings"
)

// Sizes of a firmware in bytes. It occupies Text + Data of flash and Stack + Data + BSS of RAM.
type Sizes struct {
	Text  int // vector table, code and constants
	Data  int // variables with a value
	BSS   int // variables that start as zero
	Stack int // the main stack, which handlers run on too
}

// Size measures an ELF file.
func Size(file string) (Sizes, error) {
	f, err := elf.Open(file)
	if err != nil {
		return Sizes{}, fmt.Errorf("firmware: %w", err)
	}
	defer f.Close()
	var s Sizes
	for _, section := range f.Sections {
		n := int(section.Size)
		switch {
		case section.Flags&elf.SHF_ALLOC == 0:
		case section.Name == ".stack":
			s.Stack += n
		case section.Type == elf.SHT_NOBITS && section.Flags&elf.SHF_WRITE == 0: // addresses without memory: see sections.ld
		case section.Type == elf.SHT_NOBITS:
			s.BSS += n
		case section.Flags&elf.SHF_WRITE != 0:
			s.Data += n
		default:
			s.Text += n
		}
	}
	return s, nil
}

// Symbol returns the address of a function, a variable or a name of the linker script. Go's have their package in front, such as
// "main.main"; functions that were inlined everywhere have none. The bit that marks Thumb code is cleared.
func Symbol(file, name string) (uint32, error) {
	f, err := elf.Open(file)
	if err != nil {
		return 0, fmt.Errorf("firmware: %w", err)
	}
	defer f.Close()
	symbols, err := f.Symbols()
	if err != nil {
		return 0, fmt.Errorf("firmware: %s: %w", file, err)
	}
	for _, s := range symbols {
		if s.Name != name {
			continue
		}
		if elf.ST_TYPE(s.Info) == elf.STT_FUNC {
			return uint32(s.Value) &^ 1, nil
		}
		return uint32(s.Value), nil
	}
	return 0, fmt.Errorf("firmware: %s has no symbol %s", filepath.Base(file), name)
}

// Line returns the place in the source that the instruction at pc comes from, such as "backend/cortexm/clock.go:42": what a report
// of a fault shows. Files of the module are named from its root.
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
		if place := find(lines, uint64(pc&^1)); place != "" {
			return place, nil
		}
	}
}

// find looks for the row of a line table that covers an address. Tables of functions that the linker has dropped start at 0, where
// no function can be: that is where the vector table is, or nothing.
func find(lines *dwarf.LineReader, pc uint64) string {
	var start, at dwarf.LineEntry
	first := true
	for {
		var row dwarf.LineEntry
		if err := lines.Next(&row); err == io.EOF {
			return ""
		} else if err != nil {
			return ""
		}
		if first {
			start = row
		} else if start.Address != 0 && at.Address <= pc && pc < row.Address {
			return fmt.Sprintf("%s:%d", fromRoot(at.File.Name), at.Line)
		}
		first, at = row.EndSequence, row
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
