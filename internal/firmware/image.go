package firmware

import (
	"debug/elf"
	"fmt"
	"path/filepath"
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
