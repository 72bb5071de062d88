package inject

import (
	"debug/dwarf"
	"debug/elf"
	"fmt"
	"path/filepath"
)

// image is what the ELF file says. It is not changed after load: emulators share it.
type image struct {
	from, to, verdict, entry uint32 // without the Thumb bit; to is 0 if it was not named
	functions                []elf.Symbol
	lines                    *dwarf.Data // nil if there are none
	code                     []segment
}

// segment is what the file puts into memory at an address.
type segment struct {
	base  uint32
	bytes []byte
}

func load(file, from, to, verdict string) (*image, error) {
	f, err := elf.Open(file)
	if err != nil {
		return nil, fmt.Errorf("inject: %w", err)
	}
	defer f.Close()
	symbols, err := f.Symbols()
	if err != nil {
		return nil, fmt.Errorf("inject: %s: %w", file, err)
	}
	img := &image{entry: uint32(f.Entry) &^ 1}
	found := map[string]uint32{}
	for _, s := range symbols {
		if elf.ST_TYPE(s.Info) == elf.STT_FUNC {
			img.functions = append(img.functions, s)
			found[s.Name] = uint32(s.Value) &^ 1
		}
	}
	for _, name := range []string{from, to, verdict} {
		if _, ok := found[name]; !ok && name != "" {
			return nil, fmt.Errorf("inject: %s has no function %s: is it exported, and kept from being inlined?", file, name)
		}
	}
	for _, s := range f.Sections {
		if s.Flags&elf.SHF_EXECINSTR == 0 || s.Type == elf.SHT_NOBITS {
			continue
		}
		b, err := s.Data()
		if err != nil {
			return nil, fmt.Errorf("inject: %s: %w", file, err)
		}
		img.code = append(img.code, segment{uint32(s.Addr), b})
	}
	img.from, img.to, img.verdict = found[from], found[to], found[verdict]
	img.lines, _ = f.DWARF() // without line numbers there is still the function
	return img, nil
}

// sleeps reports whether the instruction at an address is WFI.
func (img *image) sleeps(pc uint32) bool {
	for _, s := range img.code {
		if at := pc - s.base; pc >= s.base && at+2 <= uint32(len(s.bytes)) {
			return s.bytes[at] == 0x30 && s.bytes[at+1] == 0xbf
		}
	}
	return false
}

// where names the place of an address: "insert+0xa (list.c:34)", or less where less is known.
func (img *image) where(pc uint32) string {
	place := fmt.Sprintf("%#x", pc)
	for _, s := range img.functions {
		if at := uint32(s.Value) &^ 1; at <= pc && pc < at+uint32(s.Size) {
			place = fmt.Sprintf("%s+%#x", s.Name, pc-at)
		}
	}
	if img.lines == nil {
		return place
	}
	unit, err := img.lines.Reader().SeekPC(uint64(pc))
	if err != nil {
		return place
	}
	lines, err := img.lines.LineReader(unit)
	if err != nil || lines == nil {
		return place
	}
	var entry dwarf.LineEntry
	if lines.SeekPC(uint64(pc), &entry) != nil {
		return place
	}
	return fmt.Sprintf("%s (%s:%d)", place, filepath.Base(entry.File.Name), entry.Line)
}
