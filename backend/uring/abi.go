//go:build linux

package uring

import "golang.org/x/sys/unix"

// The numbers and structures of this file are the kernel's, from include/uapi/linux/io_uring.h of Linux 6.18. They are part
// of its stable interface; golang.org/x/sys/unix has the system call numbers and nothing else of it. Names follow the header
// without its prefixes.

// Opcodes, IORING_OP_*.
const (
	opNop           = 0
	opReadv         = 1
	opWritev        = 2
	opFsync         = 3
	opReadFixed     = 4
	opWriteFixed    = 5
	opPollAdd       = 6
	opPollRemove    = 7
	opSendmsg       = 9
	opRecvmsg       = 10
	opTimeout       = 11
	opTimeoutRemove = 12
	opAccept        = 13
	opAsyncCancel   = 14
	opLinkTimeout   = 15
	opConnect       = 16
	opFallocate     = 17
	opOpenat        = 18
	opClose         = 19
	opStatx         = 21
	opRead          = 22
	opWrite         = 23
	opSend          = 26
	opRecv          = 27
	opSplice        = 30
	opShutdown      = 34
	opRenameat      = 35
	opUnlinkat      = 36
	opMkdirat       = 37
	opMsgRing       = 40
	opSocket        = 45 // Linux 5.19
	opSendZC        = 47 // Linux 6.0
	opSendmsgZC     = 48 // Linux 6.1
	opFtruncate     = 55 // Linux 6.9
	opBind          = 56 // Linux 6.11
	opListen        = 57 // Linux 6.11
)

// Flags of a submission entry, IOSQE_*.
const (
	sqeFixedFile    = 1 << 0
	sqeIODrain      = 1 << 1
	sqeIOLink       = 1 << 2
	sqeIOHardlink   = 1 << 3
	sqeAsync        = 1 << 4
	sqeBufferSelect = 1 << 5
	sqeCQESkip      = 1 << 6
)

// Flags of single operations.
const (
	fsyncDatasync = 1 << 0

	timeoutAbs          = 1 << 0
	timeoutBoottime     = 1 << 2
	timeoutRealtime     = 1 << 3
	timeoutETimeSuccess = 1 << 5
	timeoutMultishot    = 1 << 6 // Linux 6.4

	pollAddMulti = 1 << 0

	cancelAll      = 1 << 0
	cancelFD       = 1 << 1
	cancelAny      = 1 << 2
	cancelFDFixed  = 1 << 3
	cancelUserdata = 1 << 4 // Linux 6.6
	cancelOp       = 1 << 5 // Linux 6.6

	recvSendPollFirst = 1 << 0
	recvMultishot     = 1 << 1
	recvSendFixedBuf  = 1 << 2
	sendZCReportUsage = 1 << 3

	acceptMultishot = 1 << 0

	msgRingCQESkip   = 1 << 0
	msgRingFlagsPass = 1 << 1 // Linux 6.3
)

// Flags of a completion entry, IORING_CQE_F_*. With cqeFBuffer the upper 16 bits are the buffer's id.
const (
	cqeFBuffer       = 1 << 0
	cqeFMore         = 1 << 1
	cqeFSockNonempty = 1 << 2
	cqeFNotif        = 1 << 3
	cqeFBufMore      = 1 << 4 // Linux 6.12
	cqeBufferShift   = 16
)

// Setup flags, IORING_SETUP_*.
const (
	setupCQSize       = 1 << 3
	setupSubmitAll    = 1 << 7  // Linux 5.18
	setupCoopTaskrun  = 1 << 8  // Linux 5.19
	setupTaskrunFlag  = 1 << 9  // Linux 5.19
	setupSingleIssuer = 1 << 12 // Linux 6.0
	setupDeferTaskrun = 1 << 13 // Linux 6.1
	setupNoSQArray    = 1 << 16 // Linux 6.6
)

// Features that setup reports, IORING_FEAT_*.
const (
	featSingleMmap   = 1 << 0
	featNodrop       = 1 << 1
	featSubmitStable = 1 << 2
	featFastPoll     = 1 << 5
	featExtArg       = 1 << 8  // Linux 5.11
	featCQESkip      = 1 << 11 // Linux 5.17
	featMinTimeout   = 1 << 15 // Linux 6.12
	featNoIowait     = 1 << 17 // Linux 6.15
)

// Flags of io_uring_enter, and the flag word that lives in the ring.
const (
	enterGetEvents = 1 << 0
	enterExtArg    = 1 << 3

	sqCQOverflow = 1 << 1
	sqTaskrun    = 1 << 2
)

// Offsets for mmap, IORING_OFF_*.
const (
	offSQRing = 0
	offSQEs   = 0x10000000
)

// Operations of io_uring_register.
const (
	registerBuffersOp    = 0
	unregisterBuffersOp  = 1
	registerProbeOp      = 8
	registerPbufRingOp   = 22 // Linux 5.19
	unregisterPbufRingOp = 23 // Linux 5.19
	registerSyncCancelOp = 24 // Linux 6.0
	registerSendMsgRing  = 31 // Linux 6.13
)

// ringEntriesMax is the largest SQ, and the largest buffer ring, that the kernel makes. A CQ may have twice as many.
const ringEntriesMax = 32768

// cqe is struct io_uring_cqe of 16 bytes: the report on the entry that carried userData. It is always a copy.
type cqe struct {
	userData uint64
	res      int32
	flags    uint32
}

// bufferID returns the id of the provided buffer that the completion used, and whether it used one.
func (c *cqe) bufferID() (uint16, bool) {
	return uint16(c.flags >> cqeBufferShift), c.flags&cqeFBuffer != 0
}

// sqOffsets is struct io_sqring_offsets.
type sqOffsets struct {
	head, tail, ringMask, ringEntries, flags, dropped, array, resv1 uint32
	userAddr                                                        uint64
}

// cqOffsets is struct io_cqring_offsets.
type cqOffsets struct {
	head, tail, ringMask, ringEntries, overflow, cqes, flags, resv1 uint32
	userAddr                                                        uint64
}

// ringParams is struct io_uring_params.
type ringParams struct {
	sqEntries, cqEntries, flags, sqThreadCPU, sqThreadIdle, features, wqFD uint32
	resv                                                                   [3]uint32
	sqOff                                                                  sqOffsets
	cqOff                                                                  cqOffsets
}

// kernelTimespec is struct __kernel_timespec, which has 64-bit seconds on every machine.
type kernelTimespec struct{ sec, nsec int64 }

// timespecOf splits nanoseconds, which are not negative.
func timespecOf(ns int64) kernelTimespec { return kernelTimespec{ns / 1e9, ns % 1e9} }

// getEventsArg is struct io_uring_getevents_arg, the argument of enter with EXT_ARG. ts is the address of a kernelTimespec.
type getEventsArg struct {
	sigmask                 uint64
	sigmaskSize, minWaitUse uint32
	ts                      uint64
}

// probeOp is struct io_uring_probe_op.
type probeOp struct {
	op, resv uint8
	flags    uint16
	resv2    uint32
}

// probeReply is struct io_uring_probe with room for every opcode that a byte can name.
type probeReply struct {
	lastOp, opsLen uint8
	resv           uint16
	resv2          [3]uint32
	ops            [256]probeOp
}

// probeOpSupported is IO_URING_OP_SUPPORTED.
const probeOpSupported = 1 << 0

// bufReg is struct io_uring_buf_reg.
type bufReg struct {
	ringAddr    uint64
	ringEntries uint32
	group       uint16
	flags       uint16
	resv        [3]uint64
}

// bufEntry is struct io_uring_buf. In entry 0 of a ring resv is the tail of the ring.
type bufEntry struct {
	addr uint64
	len  uint32
	bid  uint16
	resv uint16
}

// syncCancelReg is struct io_uring_sync_cancel_reg. A timeout of -1, -1 waits for ever.
type syncCancelReg struct {
	addr    uint64
	fd      int32
	flags   uint32
	timeout kernelTimespec
	opcode  uint8
	pad     [7]uint8
	pad2    [3]uint64
}

// errTimeout is what wait returns when the time passed and nothing was there.
const errTimeout = unix.ETIME
