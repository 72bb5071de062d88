//go:build linux

package uring

import (
	"encoding/hex"
	"fmt"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"unsafe"

	"github.com/tripoint-go/tripoint/internal/require"
)

// abiLines compiles testdata/abi.c, feeds it the arguments and returns what it prints, as words. The test ends on a machine
// without compiler or header.
func abiLines(t *testing.T, sets []encArgs) [][]string {
	t.Helper()
	bin := filepath.Join(t.TempDir(), "abi")
	out, err := exec.Command("cc", "-o", bin, filepath.Join("testdata", "abi.c")).CombinedOutput()
	if err != nil {
		if _, lookErr := exec.LookPath("cc"); lookErr != nil || strings.Contains(string(out), "liburing.h: No such file") {
			require.Lacking(t, require.Uring, "no liburing to compare with: install a C compiler and liburing-dev")
		}
		t.Fatalf("cc testdata/abi.c: %v\n%s", err, out)
	}
	var in strings.Builder
	for _, a := range sets {
		fmt.Fprintln(&in, a.fd, a.fd2, address(a.p), address(a.p2), a.n, a.flags, a.off, a.off2, a.data, a.index)
	}
	cmd := exec.Command(bin)
	cmd.Stdin = strings.NewReader(in.String())
	printed, err := cmd.Output()
	must(t, "abi", err)
	var lines [][]string
	for line := range strings.Lines(string(printed)) {
		lines = append(lines, strings.Fields(line))
	}
	return lines
}

// TestABI compares sizes, offsets, constants and, byte for byte, the entries of all encoders with those of liburing.
func TestABI(t *testing.T) {
	mem := make([]uint64, 256)
	sets, encs := argSets(mem), encoders()
	numbers := abiNumbers()
	entries := 0
	for _, line := range abiLines(t, sets) {
		kind, name, value := line[0], line[1], line[2]
		if kind != "sqe" {
			want, ours := numbers[name]
			if got := strconv.FormatUint(want, 10); !ours || got != value {
				t.Errorf("%s: got %s (known: %t), the header has %s", name, got, ours, value)
			}
			continue
		}
		enc, a := encs[entries%len(encs)], &sets[entries/len(encs)]
		entries++
		if enc.name != name {
			t.Fatalf("entry %d: encoder %s here, %s in testdata/abi.c", entries, enc.name, name)
		}
		e := sqe{userData: a.data}
		enc.encode(&e, a)
		if got := hex.EncodeToString((*[64]byte)(unsafe.Pointer(&e))[:]); got != value {
			t.Errorf("%s%+v:\n got %s\nwant %s", name, *a, got, value)
		}
	}
	if want := len(sets) * len(encs); entries != want {
		t.Errorf("entries compared: got %d, want %d", entries, want)
	}
	runtime.KeepAlive(mem)
}

// abiNumbers returns our sizes, offsets and constants by the names of the header.
func abiNumbers() map[string]uint64 {
	n := map[string]uint64{
		"IORING_SETUP_CQSIZE": setupCQSize, "IORING_SETUP_SUBMIT_ALL": setupSubmitAll, "IORING_SETUP_COOP_TASKRUN": setupCoopTaskrun,
		"IORING_SETUP_TASKRUN_FLAG": setupTaskrunFlag, "IORING_SETUP_SINGLE_ISSUER": setupSingleIssuer,
		"IORING_SETUP_DEFER_TASKRUN": setupDeferTaskrun, "IORING_SETUP_NO_SQARRAY": setupNoSQArray,
		"IORING_FEAT_SINGLE_MMAP": featSingleMmap, "IORING_FEAT_NODROP": featNodrop, "IORING_FEAT_SUBMIT_STABLE": featSubmitStable,
		"IORING_FEAT_FAST_POLL": featFastPoll, "IORING_FEAT_EXT_ARG": featExtArg, "IORING_FEAT_CQE_SKIP": featCQESkip,
		"IORING_FEAT_MIN_TIMEOUT": featMinTimeout, "IORING_FEAT_NO_IOWAIT": featNoIowait,
		"IORING_ENTER_GETEVENTS": enterGetEvents, "IORING_ENTER_EXT_ARG": enterExtArg,
		"IORING_SQ_CQ_OVERFLOW": sqCQOverflow, "IORING_SQ_TASKRUN": sqTaskrun,
		"IORING_OFF_SQ_RING": offSQRing, "IORING_OFF_SQES": offSQEs,
		"IORING_CQE_F_BUFFER": cqeFBuffer, "IORING_CQE_F_MORE": cqeFMore, "IORING_CQE_F_SOCK_NONEMPTY": cqeFSockNonempty,
		"IORING_CQE_F_NOTIF": cqeFNotif, "IORING_CQE_BUFFER_SHIFT": cqeBufferShift,
		"IORING_FSYNC_DATASYNC": fsyncDatasync, "IORING_TIMEOUT_ABS": timeoutAbs, "IORING_TIMEOUT_BOOTTIME": timeoutBoottime,
		"IORING_TIMEOUT_REALTIME": timeoutRealtime, "IORING_TIMEOUT_ETIME_SUCCESS": timeoutETimeSuccess,
		"IORING_TIMEOUT_MULTISHOT": timeoutMultishot,
		"IORING_ASYNC_CANCEL_ALL":  cancelAll, "IORING_ASYNC_CANCEL_FD_FIXED": cancelFDFixed,
		"IORING_RECVSEND_POLL_FIRST": recvSendPollFirst, "IORING_RECVSEND_FIXED_BUF": recvSendFixedBuf,
		"IORING_MSG_RING_CQE_SKIP": msgRingCQESkip, "IORING_MSG_RING_FLAGS_PASS": msgRingFlagsPass,
		"IORING_REGISTER_BUFFERS": registerBuffersOp, "IORING_UNREGISTER_BUFFERS": unregisterBuffersOp,

		"IORING_REGISTER_PROBE": registerProbeOp, "IORING_REGISTER_PBUF_RING": registerPbufRingOp,
		"IORING_UNREGISTER_PBUF_RING": unregisterPbufRingOp, "IORING_REGISTER_SYNC_CANCEL": registerSyncCancelOp,
		"IO_URING_OP_SUPPORTED": probeOpSupported,
	}
	for name, size := range map[string]uintptr{
		"io_uring_sqe": unsafe.Sizeof(sqe{}), "io_uring_cqe": unsafe.Sizeof(cqe{}), "io_uring_params": unsafe.Sizeof(ringParams{}),
		"io_sqring_offsets": unsafe.Sizeof(sqOffsets{}), "io_cqring_offsets": unsafe.Sizeof(cqOffsets{}),
		"io_uring_getevents_arg": unsafe.Sizeof(getEventsArg{}), "io_uring_probe_op": unsafe.Sizeof(probeOp{}),
		"io_uring_probe":   unsafe.Offsetof(probeReply{}.ops), // the header's array has no size
		"io_uring_buf_reg": unsafe.Sizeof(bufReg{}), "io_uring_buf": unsafe.Sizeof(bufEntry{}),
		"io_uring_sync_cancel_reg": unsafe.Sizeof(syncCancelReg{}), "__kernel_timespec": unsafe.Sizeof(kernelTimespec{}),
		"io_uring_params.features": unsafe.Offsetof(ringParams{}.features), "io_uring_params.sq_off": unsafe.Offsetof(ringParams{}.sqOff),
		"io_uring_params.cq_off": unsafe.Offsetof(ringParams{}.cqOff), "io_sqring_offsets.array": unsafe.Offsetof(sqOffsets{}.array),
		"io_cqring_offsets.cqes": unsafe.Offsetof(cqOffsets{}.cqes), "io_cqring_offsets.flags": unsafe.Offsetof(cqOffsets{}.flags),
		"io_uring_getevents_arg.ts": unsafe.Offsetof(getEventsArg{}.ts), "io_uring_probe.ops_len": unsafe.Offsetof(probeReply{}.opsLen),
		"io_uring_probe_op.flags": unsafe.Offsetof(probeOp{}.flags), "io_uring_buf_reg.ring_entries": unsafe.Offsetof(bufReg{}.ringEntries),
		"io_uring_buf_reg.bgid": unsafe.Offsetof(bufReg{}.group), "io_uring_buf.bid": unsafe.Offsetof(bufEntry{}.bid),
		"io_uring_buf_ring.tail":      unsafe.Offsetof(bufEntry{}.resv),
		"io_uring_sync_cancel_reg.fd": unsafe.Offsetof(syncCancelReg{}.fd), "io_uring_sync_cancel_reg.timeout": unsafe.Offsetof(syncCancelReg{}.timeout),
	} {
		n[name] = uint64(size)
	}
	return n
}
