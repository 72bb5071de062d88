// Package sim is the simulated world: a fake of the kernel at the boundary of submission and completion, an interrupt
// controller, and virtual time. It implements the contract of package backend with every freedom of that contract drawn
// from a chooser, so one seed is one run.
//
// The smallest world: make a [Kernel] with [New], give it to an executor, and use [Kernel.Reset] before the next run. A
// program that needs more sets its world up first:
//
//	k := sim.New(sim.Options{Lines: 4, Draws: backend.Draws{Chooser: tape, Trace: trace}})
//	r, w := k.Pipe()                            // descriptors
//	k.Dir("etc")
//	k.File("etc/config", []byte("answer = 42")) // for OpOpen
//	k.RaiseAt(2, 5_000)                         // the device on line 2 requests it at 5 us
//
// # Promises
//
// Time. Only [Kernel.Wait] moves it, to the earliest instant at which there is something to report or to the instant asked
// for, and never further.
//
// Effects. What an op does to pipes, sockets, files, names and descriptors happens at one instant, its maturity: after
// Submit, before its completion can be reaped, and whether or not it is reaped. Writes pick their bytes up as late as that,
// and OpExt is read as late. An op on a descriptor means the open file that it finds when it starts.
//
// Determinism. The run is a function of the calls and the chooser's answers. Events are ordered by (instant, order of
// scheduling), there are no maps, goroutines or clocks. Every draw goes through [backend.Draws] and so into the trace; the
// kernel writes no other events. All draws about an op are made by Submit and Cancel, those about reports by Reap. Wait
// makes no draws, and neither does anything that has nothing to decide.
//
// Memory. Everything is allocated by New and by set-up calls. After one run with the same set-up, nothing allocates:
// not Submit, Cancel, Reap, Wait, nor Reset and the set-up calls themselves.
//
// Progress. No chooser can stop virtual time: partial submissions, EINTR and EAGAIN come at most 3 in a row, a storm
// requests its line at most 3 more times in a row, there are at most 16 reports nobody asked for between two moves of time,
// and an op that [Kernel.Cancel] was called for ends as soon as what it waits behind, in its chain or at a drain, has ended.
//
// # Order of one Reap
//
// Lines first, the lowest first, then signals, external events and spurious wakes as they arrived, then reports of ops. The
// answer 0 of ring.reorder is the report that came first; ops that matured at the same instant are in the order in which
// they were scheduled, which is submission order for ops that never waited. Reports of one op, of one chain, and from before
// and after a drain are never reordered.
//
// # Fidelity
//
// What is modelled, and where the model deviates from Linux 6.18 with io_uring on purpose. testdata/observed.txt holds results
// of Linux for some 700 ops, which the model repeats. Everywhere: what the kernel checks
// before an op starts is checked by Submit, and reported later; OpExt and paths are not copied, since the contract lends them.
//
//	op, duty   modelled                                              deviation
//	nop        asynchronous completion                               none
//	timer      never early; 0 when expired; ECANCELED when           never late (slack 0); a cancel always wins before
//	           cancelled; an instant in the past expires now         expiry, where the kernel may say EALREADY
//	read,      plain, in pieces, in registered or picked memory;     no atomicity of writes up to PIPE_BUF; waiting ops of
//	write:     partial counts by buffer and space; 0 at the end;     one direction never overtake each other; no reader of
//	pipe       EPIPE without a reader; offsets ignored; a read of 0  a FIFO by name
//	           bytes is 0 at once; EBADF for the wrong end; ops
//	           keep a closed descriptor's file alive and go on
//	read,      rest up to the end, then 0; position for offset -1,   the limit is per file, and ENOSPC instead of EFBIG; a
//	write:     advanced by the result at maturity; EINVAL for other  drawn failure leaves no part; no direct I/O, no locks
//	file       negative offsets; holes of zeros; append; access
//	           modes (EBADF); EISDIR; ENOSPC after a short count
//	fsync      covers writes performed before it started; later      metadata and sizes set by truncate are always durable;
//	           writes may stay volatile; after a failure unsynced    before an fsync nothing becomes durable by itself
//	           data is readable but never made durable, and the      unless a file has 256 unsynced extents; data and other
//	           next fsync succeeds                                   attributes are not told apart
//	open,      paths of directories, ".", "..", absolute or from a   no links; permission bits are kept and never checked
//	names      directory descriptor; create, exclusive, truncate,    (the program is privileged, umask 0); no times in stat;
//	           append, directory; stat, rename, unlink, mkdir with   the current directory is the root; ENOSPC when the file
//	           their errors; files live on while open; EMFILE;       table is full; ".." of a removed directory is ENOENT;
//	           lowest free descriptor, at maturity                   access mode 3 is EINVAL
//	truncate,  zeros and cuts; mode 0 and keep-size                  space is never scarce below the limit of a file; other
//	fallocate                                                        modes are EOPNOTSUPP
//	socket,    IPv4, IPv6, Unix paths and abstract names; streams    only this host; IPv4 and IPv6 are apart; a port is held
//	bind       and datagrams; port 0 gives the next free port;       by the socket that was bound to it and not by what it
//	           EADDRINUSE, EADDRNOTAVAIL, EINVAL when bound          has accepted, as with SO_REUSEADDR; no lingering ports
//	listen,    backlog (one more than asked); a connect to a full    a connect is done when it reaches the backlog and takes
//	connect,   one waits; ECONNREFUSED, EISCONN, ENETUNREACH,        no network time; it never times out; one that was
//	accept     EPROTOTYPE; first in first out; the peer's address;   cancelled leaves nothing behind; backlog clamped at 4096
//	           EMFILE leaves the connection in the backlog
//	send,      partial sends; all-bytes (a part hides error and      bytes arrive at once, and a stream holds PipeBytes per
//	recv:      cancel); peek; do not wait; half-close in both        direction; two sends in flight never mix; no urgent
//	stream     directions; a close with unread bytes and a closed    data; no ancillary data (EOPNOTSUPP to send it)
//	           listener reset; ECONNRESET once, then EPIPE or 0;
//	           first send after the peer's close succeeds on IP
//	send,      limits of datagrams, senders' addresses, truncation   one that is longer than PipeBytes less its header is
//	recv:      and its flag, peek; on IP what finds no receiver or   EMSGSIZE; datagrams are neither lost nor reordered
//	datagram   no room is lost, and a connected sender is told       otherwise
//	           ECONNREFUSED once; on Unix the sender waits
//	send: zero result with more, then the notice, also when it       the bytes are taken at the result; EOPNOTSUPP on Unix
//	copy       fails; neither after a bad preparation                sockets
//	shutdown   each direction; EPIPE, end; of a listener: accepts    none
//	           end with EINVAL; ENOTCONN
//	splice     pipe to or from a file, socket or pipe; waits for     bytes are copied; EINTR of a waiting one is not modelled
//	           bytes, then for room; ESPIPE, EINVAL, EBADF
//	poll       levels at once; multishot: an edge per report,        none
//	           coalesced; hang-up does not end it
//	close      performed at maturity; EBADF; the number is free      not cancellable; no write-back errors
//	           from then on, lowest first
//	multishot  accept, recv and poll: ends with a failure, the end   receives of a multishot are never EINTR or EAGAIN
//	           of a stream, early with a success (ring.multishot),
//	           and with a success when CQEntries reports wait
//	pools      groups first in first out; ENOBUFS at once in an      no incremental buffers
//	           empty or unknown group, whatever there is to receive;
//	           FlagAsync keeps a buffer while it waits; registered
//	           buffers are looked up when the op starts
//	links      soft and hard; what breaks a chain is what the        an OpTimer that expires is a success and breaks nothing
//	           kernel says; bad preparation ends the whole chain;
//	           link timeouts
//	drain      waits for all ops before, and those after wait for    ops after a drain wait for its end, not only its start
//	           it; behind an op that does not end nothing moves
//	cancel     [Kernel.Cancel] wins, loses, or both end well         Kernel.Cancel of an op that has not started makes it
//	           (ring.cancel); never touches an op that has matured   end where it would wait; a read or write never returns
//	                                                                 EINTR because of it
//	OpCancel   by id, descriptor, any, all; 0, a count, ENOENT,      a target that cannot be interrupted ends all the same
//	           EALREADY; the target's end fits; never finds closes,  where it would have to wait; the order of the targets of
//	           cancels, what has not started; EINTR of the target    one cancel is that of their slots, and the first that
//	                                                                 matches is the oldest
//	submit     a prefix that never cuts a chain (submit.partial)     none
//	FlagAsync  more latency                                          none
//	reap       any order (ring.reorder); nothing is ever lost        overflow shows only in the end of multishot ops
//	lines      enable bit, pending bit that coalesces and survives   one priority, no nesting; the level is sampled at the
//	           while disabled, cleared at handler entry; level       next Reap or Wait, so a handler that clears its device
//	           devices pend again while asserted and enabled         leaves nothing behind; a latched bit outlives Clear
//	signals    one report per occurrence                             no coalescing; reported whether enabled or not
package sim
