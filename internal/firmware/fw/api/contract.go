//go:build tinygo && cortexm

package main

import (
	"github.com/tripoint-go/tripoint/backend"
	"github.com/tripoint-go/tripoint/backend/cortexm"
	"github.com/tripoint-go/tripoint/backend/cortexm/semihost"
	"github.com/tripoint-go/tripoint/vclock"
)

func vclockNames() {
	keep(vclock.Instant.Add)
	keep(vclock.Instant.Before)
	keep(vclock.Instant.Sub)
	keep((*vclock.Skewed).Now)
	keep((*vclock.Virtual).AdvanceTo)
	keep((*vclock.Virtual).Now)
	keep((*vclock.Virtual).Reset)
}

// vclockTypes are the types without methods of their own.
type vclockTypes struct {
	_ vclock.Clock
	_ vclock.Duration
}

func backendNames() {
	keep(backend.AddrInet4)
	keep(backend.AddrInet6)
	keep(backend.AddrUnix)
	keep(backend.Digest)
	keep(backend.MakeOpID)
	keep(backend.ParseStat)
	keep(backend.PutStat)
	keep((*backend.Addr).Family)
	keep((*backend.Addr).IP)
	keep((*backend.Addr).Port)
	keep((*backend.Draws).Draw)
	keep((*backend.Draws).DrawTask)
	keep(backend.Errno.Error)
	keep(backend.OpID.Slot)
	keep(backend.OpKind.Detaches)
	keep(backend.OpKind.LendsMemory)
	keep(backend.OpKind.ReturnsFD)
	keep(backend.OpSet.Has)
	keep((*backend.Trace).Buffered)
	keep((*backend.Trace).Emit)
	keep((*backend.Trace).Flush)
	keep((*backend.Trace).Init)
	keep((*backend.Trace).Intern)
	keep((*backend.Trace).Seq)
	keep((*backend.Trace).Stopped)
}

// backendTypes are the types without methods of their own.
type backendTypes struct {
	_ backend.Backend
	_ backend.Caps
	_ backend.ChoiceKind
	_ backend.Chooser
	_ backend.Completion
	_ backend.CompletionKind
	_ backend.Event
	_ backend.EventKind
	_ backend.Handler
	_ backend.Handlers
	_ backend.Lane
	_ backend.Op
	_ backend.OpExt
	_ backend.OpFlags
	_ backend.Parallel
	_ backend.Pools
	_ backend.Sink
	_ backend.Site
	_ backend.SiteInfo
	_ backend.Stack
	_ backend.Stacks
	_ backend.Stat
}

func cortexmNames() {
	keep((*cortexm.Backend).Attach)
	keep((*cortexm.Backend).Cancel)
	keep((*cortexm.Backend).Caps)
	keep((*cortexm.Backend).Close)
	keep((*cortexm.Backend).Dispose)
	keep((*cortexm.Backend).Halt)
	keep((*cortexm.Backend).Init)
	keep((*cortexm.Backend).LineDisable)
	keep((*cortexm.Backend).LineEnable)
	keep((*cortexm.Backend).LinePend)
	keep((*cortexm.Backend).Now)
	keep((*cortexm.Backend).Open)
	keep((*cortexm.Backend).Prepare)
	keep((*cortexm.Backend).Reap)
	keep((*cortexm.Backend).Resume)
	keep((*cortexm.Backend).SignalEnable)
	keep((*cortexm.Backend).Submit)
	keep((*cortexm.Backend).Suspend)
	keep((*cortexm.Backend).Unpark)
	keep((*cortexm.Backend).Used)
	keep((*cortexm.Backend).Wait)
}

// cortexmTypes are the types without methods of their own.
type cortexmTypes struct {
	_ cortexm.Fault
	_ cortexm.Options
}

func semihostNames() {
	keep(semihost.Args)
	keep(semihost.Exit)
	keep(semihost.Open)
	keep(semihost.Print)
	keep(semihost.PrintBytes)
	keep(semihost.File.Read)
	keep(semihost.File.Write)
}
