package backend

// StatBytes is the size of the buffer of [OpStat]: struct statx of Linux.
const StatBytes = 256

// Bits of [Stat.Mode] that tell what a file is.
const (
	ModeTypeMask  uint32 = 0o170000
	ModeSocket    uint32 = 0o140000
	ModeRegular   uint32 = 0o100000
	ModeDirectory uint32 = 0o040000
	ModePipe      uint32 = 0o010000
)

// Stat is what [OpStat] tells of a file.
type Stat struct {
	Size  int64  // bytes
	Inode uint64 // number of the file in its file system
	Mode  uint32 // type and permission bits
	Links uint32 // names
}

// ParseStat reads what OpStat wrote. The buffer has at least StatBytes bytes. The layout is that of statx(2).
func ParseStat(buf []byte) Stat {
	_ = buf[StatBytes-1]
	return Stat{
		Links: uint32(le(buf[16:20])), Mode: uint32(le(buf[28:30])), Inode: le(buf[32:40]), Size: int64(le(buf[40:48])),
	}
}

// PutStat writes s as OpStat does: for backends that model it. The buffer has at least StatBytes bytes.
func PutStat(buf []byte, s Stat) {
	clear(buf[:StatBytes])
	putLE(buf[0:4], 0x7ff) // stx_mask: the basic fields
	putLE(buf[16:20], uint64(s.Links))
	putLE(buf[28:30], uint64(s.Mode))
	putLE(buf[32:40], s.Inode)
	putLE(buf[40:48], uint64(s.Size))
}

func le(b []byte) uint64 {
	var v uint64
	for i := len(b) - 1; i >= 0; i-- {
		v = v<<8 | uint64(b[i])
	}
	return v
}

func putLE(b []byte, v uint64) {
	for i := range b {
		b[i] = byte(v >> (8 * i))
	}
}
