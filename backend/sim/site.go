package sim

import "github.com/tripoint-go/tripoint/backend"

// The sites of the simulated kernel. Their numbers are part of traces and tapes, so sites are only ever added at the end.
const (
	SiteDelay        backend.Site = 1 + iota // latency of an op, or of a cancel that has to wait
	SiteReorder                              // which matured completion is reported next
	SiteCancel                               // who wins, cancel or completion
	SiteShort                                // a short count
	SiteEINTR                                // an op that was interrupted
	SiteEAGAIN                               // an op that has to be tried again
	SitePartial                              // a submission that takes only a prefix
	SiteDiskEIO                              // a failing transfer
	SiteDiskENOSPC                           // a full disk
	SiteDiskFsync                            // a failing fsync
	SiteIRQSpurious                          // an interrupt without a request
	SiteIRQStorm                             // a line that is requested again at once
	SiteIRQEarly                             // a request that comes before its time
	SiteSignalEarly                          // a signal that comes before its time
	SiteTaskSpurious                         // a wake nobody asked for
	SiteMultishot                            // an early end of a multishot op
	SiteNoFD                                 // a full table of descriptors
	SiteNoBuffers                            // an empty buffer group
	SitePeerReset                            // a connection that breaks
)

// Sites lists the sites in the order of their numbers. It allocates.
func Sites() []backend.SiteInfo {
	return []backend.SiteInfo{
		{Site: SiteDelay, Name: "ring.delay", Kind: backend.ChoiceDelay,
			Doc: "duty 1: an op takes its base latency, none, or about 2, 10, 100 times as long"},
		{Site: SiteReorder, Name: "ring.reorder", Kind: backend.ChoiceOrder,
			Doc: "duty 1: completions that are due are reported in any order"},
		{Site: SiteCancel, Name: "ring.cancel", Kind: backend.ChoiceCancel,
			Doc: "duty 4: the cancel wins, comes too late, or makes the op finish at once; or the op ends with EINTR"},
		{Site: SiteShort, Name: "ring.short", Kind: backend.ChoiceShort,
			Doc: "duty 9: a transfer moves fewer bytes than it could, at least 1"},
		{Site: SiteEINTR, Name: "ring.eintr", Kind: backend.ChoiceShort,
			Doc: "duty 9: a transfer ends with EINTR and has no effect"},
		{Site: SiteEAGAIN, Name: "ring.eagain", Kind: backend.ChoiceShort,
			Doc: "duty 9: a transfer ends with EAGAIN and has no effect"},
		{Site: SitePartial, Name: "submit.partial", Kind: backend.ChoiceFault,
			Doc: "duty 3: Submit takes only a prefix, possibly nothing, at most 3 times in a row"},
		{Site: SiteDiskEIO, Name: "disk.eio", Kind: backend.ChoiceFault,
			Doc: "duty 9: a read or write of a file ends with EIO and has no effect"},
		{Site: SiteDiskENOSPC, Name: "disk.enospc", Kind: backend.ChoiceFault,
			Doc: "duty 9: a write of a file ends with ENOSPC and has no effect"},
		{Site: SiteDiskFsync, Name: "disk.fsync", Kind: backend.ChoiceFault,
			Doc: "duty 9: an fsync fails with EIO, and what was unsynced then never becomes durable"},
		{Site: SiteIRQSpurious, Name: "irq.spurious", Kind: backend.ChoiceIRQ,
			Doc: "duty 7: an enabled line reports an interrupt nobody requested"},
		{Site: SiteIRQStorm, Name: "irq.storm", Kind: backend.ChoiceIRQ,
			Doc: "duty 7: a line is requested again as soon as it was reported"},
		{Site: SiteIRQEarly, Name: "irq.early", Kind: backend.ChoiceIRQ,
			Doc: "duty 7: a scheduled request arrives now, between any two steps"},
		{Site: SiteSignalEarly, Name: "signal.early", Kind: backend.ChoiceExt,
			Doc: "duty 7: a scheduled signal arrives now"},
		{Site: SiteTaskSpurious, Name: "task.spurious", Kind: backend.ChoiceSpurious,
			Doc: "duty 7: a report that wakes a task although nothing happened"},
		{Site: SiteMultishot, Name: "ring.multishot", Kind: backend.ChoiceShort,
			Doc: "duty 1: a multishot op ends with a success, after 1, 2, 4 or 8 reports"},
		{Site: SiteNoFD, Name: "fd.emfile", Kind: backend.ChoiceFault,
			Doc: "duty 9: an open, accept or socket ends with EMFILE; a connection stays in the backlog"},
		{Site: SiteNoBuffers, Name: "ring.enobufs", Kind: backend.ChoiceFault,
			Doc: "duty 9: an op that picks its buffer ends with ENOBUFS and has no effect"},
		{Site: SitePeerReset, Name: "net.reset", Kind: backend.ChoiceFault,
			Doc: "duty 9: an IPv4 or IPv6 stream is reset: both ends see ECONNRESET, and bytes on their way are lost"},
	}
}
