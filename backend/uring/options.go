package uring

// Limits of [Options].
const (
	LanesMax = 255
	OpsLimit = 65536 // an OpID has 16 bits of slot
	LinesMax = 1024
)

// Options configure a [Backend]. The zero value of a field is its default; a number out of range makes [New] panic.
type Options struct {
	Lanes int // workers that can use it beside each other, 1 to 255, each with a ring of its own; default 1
	Ops   int // op slots: ids that are submitted have lower ones; 1 to 65536, default 4096
	// Owned makes a ring that belongs to one thread, on which the kernel does its work for it in batches: a server of small messages
	// on one lane serves a fifth more. It goes with one lane. All calls but Now, Unpark, Due, Cancel, Help and what is about lines,
	// signals and descriptors then happen inside Run; Close, and set-up of pools, find their way there.
	Owned   bool
	Lines   int // interrupt lines, each an eventfd; 0 to 1024, default 0; FlagDrain goes without lines
	Entries int // submission entries of a ring, 1 to 32768, rounded up to a power of two; default 256
	CQ      int // completion entries of a ring, at least Entries; default 4 times Entries; more is never lost, only slower

	noMessages bool // for tests: as on kernels before 6.13
}

func (o Options) defaulted() Options {
	pick := func(v *int, standard, least, most int, invariant string) {
		if *v == 0 {
			*v = standard
		}
		if *v < least || *v > most {
			panic("uring: " + invariant)
		}
	}
	pick(&o.Lanes, 1, 1, LanesMax, "Options.Lanes is 1 to 255")
	pick(&o.Ops, 4096, 1, OpsLimit, "Options.Ops is 1 to 65536")
	pick(&o.Lines, 0, 0, LinesMax, "Options.Lines is 0 to 1024")
	pick(&o.Entries, 256, 1, 32768, "Options.Entries is 1 to 32768")
	pick(&o.CQ, min(4*o.Entries, 65536), o.Entries, 65536, "Options.CQ is Entries to 65536")
	if o.Owned && o.Lanes != 1 {
		panic("uring: Options.Owned goes with one lane")
	}
	return o
}
