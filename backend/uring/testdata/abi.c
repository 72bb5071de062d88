// Prints what liburing makes of every operation, for sqe_abi_test.go to compare with our encoders byte for byte.
//
//   size  NAME bytes          sizes and offsets of the structures shared with the kernel
//   const NAME value          constants of the header
//   sqe   NAME 128 digits     the entry, for each line of standard input, which holds the arguments
//
// Only functions that liburing keeps in its header are used, so that nothing has to be linked. What an old liburing lacks is
// written out here, after the header of Linux 6.18.

#define _GNU_SOURCE
#include <inttypes.h>
#include <liburing.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#if defined(__has_include)
#if __has_include(<liburing/io_uring_version.h>)
#include <liburing/io_uring_version.h>
#endif
#endif
#ifndef IO_URING_VERSION_MAJOR
#define IO_URING_VERSION_MAJOR 2
#define IO_URING_VERSION_MINOR 3
#endif
#define HAVE(minor) (IO_URING_VERSION_MAJOR > 2 || (IO_URING_VERSION_MAJOR == 2 && IO_URING_VERSION_MINOR >= (minor)))

#if !HAVE(6)
static void io_uring_prep_ftruncate(struct io_uring_sqe *sqe, int fd, loff_t len)
{
	io_uring_prep_rw(55, sqe, fd, 0, 0, len); // IORING_OP_FTRUNCATE
}
#endif

#if !HAVE(7)
static void io_uring_prep_bind(struct io_uring_sqe *sqe, int fd, struct sockaddr *addr, socklen_t addrlen)
{
	io_uring_prep_rw(56, sqe, fd, addr, 0, addrlen); // IORING_OP_BIND
}

static void io_uring_prep_listen(struct io_uring_sqe *sqe, int fd, int backlog)
{
	io_uring_prep_rw(57, sqe, fd, 0, backlog, 0); // IORING_OP_LISTEN
}
#endif

static void print(const char *name, const struct io_uring_sqe *s)
{
	const unsigned char *b = (const unsigned char *)s;
	printf("sqe %s ", name);
	for (size_t i = 0; i < sizeof *s; i++)
		printf("%02x", b[i]);
	printf("\n");
}

struct args {
	int fd, fd2;
	void *p, *p2;
	unsigned n, flags;
	uint64_t off, off2, data;
	uint16_t index;
};

#define SQE(name, ...)                   \
	do {                             \
		memset(s, 0, sizeof *s); \
		s->user_data = a->data;  \
		__VA_ARGS__;             \
		print(#name, s);         \
	} while (0)

static void files(struct io_uring_sqe *s, const struct args *a)
{
	SQE(read, io_uring_prep_read(s, a->fd, a->p, a->n, a->off));
	SQE(write, io_uring_prep_write(s, a->fd, a->p, a->n, a->off));
	SQE(readv, io_uring_prep_readv(s, a->fd, a->p, a->n, a->off));
	SQE(writev, io_uring_prep_writev(s, a->fd, a->p, a->n, a->off));
	SQE(readFixed, io_uring_prep_read_fixed(s, a->fd, a->p, a->n, a->off, a->index));
	SQE(writeFixed, io_uring_prep_write_fixed(s, a->fd, a->p, a->n, a->off, a->index));
	SQE(fsync, io_uring_prep_fsync(s, a->fd, a->flags));
	SQE(openat, io_uring_prep_openat(s, a->fd, a->p, a->flags, a->n));
	SQE(close, io_uring_prep_close(s, a->fd));
	SQE(statx, io_uring_prep_statx(s, a->fd, a->p, a->flags, a->n, a->p2));
	SQE(fallocate, io_uring_prep_fallocate(s, a->fd, a->flags, a->off, a->off2));
	SQE(ftruncate, io_uring_prep_ftruncate(s, a->fd, a->off));
	SQE(renameat, io_uring_prep_renameat(s, a->fd, a->p, a->fd2, a->p2, a->flags));
	SQE(unlinkat, io_uring_prep_unlinkat(s, a->fd, a->p, a->flags));
	SQE(mkdirat, io_uring_prep_mkdirat(s, a->fd, a->p, a->n));
	SQE(splice, io_uring_prep_splice(s, a->fd, a->off, a->fd2, a->off2, a->n, a->flags));
}

static void sockets(struct io_uring_sqe *s, const struct args *a)
{
	SQE(socket, io_uring_prep_socket(s, a->fd, a->fd2, a->n, 0));
	SQE(bind, io_uring_prep_bind(s, a->fd, a->p, a->n));
	SQE(listen, io_uring_prep_listen(s, a->fd, a->n));
	SQE(accept, io_uring_prep_accept(s, a->fd, a->p, a->p2, a->flags));
	SQE(acceptMultishot, io_uring_prep_multishot_accept(s, a->fd, a->p, a->p2, a->flags));
	SQE(connect, io_uring_prep_connect(s, a->fd, a->p, a->n));
	SQE(send, io_uring_prep_send(s, a->fd, a->p, a->n, a->flags));
	SQE(recv, io_uring_prep_recv(s, a->fd, a->p, a->n, a->flags));
	SQE(recvMultishot, io_uring_prep_recv_multishot(s, a->fd, NULL, 0, a->flags); s->flags |= IOSQE_BUFFER_SELECT;
	    s->buf_group = a->index);
	SQE(sendmsg, io_uring_prep_sendmsg(s, a->fd, a->p, a->flags));
	SQE(recvmsg, io_uring_prep_recvmsg(s, a->fd, a->p, a->flags));
	SQE(sendZC, io_uring_prep_send_zc(s, a->fd, a->p, a->n, a->flags, a->index));
	SQE(sendmsgZC, io_uring_prep_sendmsg_zc(s, a->fd, a->p, a->flags));
	SQE(shutdown, io_uring_prep_shutdown(s, a->fd, a->n));
}

static void others(struct io_uring_sqe *s, const struct args *a)
{
	SQE(nop, io_uring_prep_nop(s));
	SQE(timeout, io_uring_prep_timeout(s, a->p, a->n, a->flags));
	SQE(linkTimeout, io_uring_prep_link_timeout(s, a->p, a->flags));
	SQE(timeoutRemove, io_uring_prep_timeout_remove(s, a->off, a->flags));
	SQE(pollAdd, io_uring_prep_poll_add(s, a->fd, a->flags));
	SQE(pollMultishot, io_uring_prep_poll_multishot(s, a->fd, a->flags));
	SQE(pollRemove, io_uring_prep_poll_remove(s, a->off));
	SQE(cancel, io_uring_prep_cancel64(s, a->off, a->flags));
	SQE(cancelFD, io_uring_prep_cancel_fd(s, a->fd, a->flags));
	SQE(cancelAny, io_uring_prep_cancel64(s, 0, a->flags | IORING_ASYNC_CANCEL_ANY));
	SQE(msgRing, io_uring_prep_msg_ring(s, a->fd, a->n, a->off, a->flags));
	SQE(link, io_uring_sqe_set_flags(s, IOSQE_IO_LINK));
	SQE(hardlink, io_uring_sqe_set_flags(s, IOSQE_IO_HARDLINK));
	SQE(drain, io_uring_sqe_set_flags(s, IOSQE_IO_DRAIN));
	SQE(async, io_uring_sqe_set_flags(s, IOSQE_ASYNC));
	SQE(skipSuccess, io_uring_sqe_set_flags(s, IOSQE_CQE_SKIP_SUCCESS));
	SQE(fixedFile, io_uring_sqe_set_flags(s, IOSQE_FIXED_FILE));
	SQE(bufferSelect, io_uring_sqe_set_flags(s, IOSQE_BUFFER_SELECT); s->buf_group = a->index);
}

#define SIZE(type) printf("size %s %zu\n", #type, sizeof(struct type))
#define OFFSET(type, field) printf("size %s.%s %zu\n", #type, #field, offsetof(struct type, field))

static void layout(void)
{
	SIZE(io_uring_sqe);
	SIZE(io_uring_cqe);
	SIZE(io_uring_params);
	SIZE(io_sqring_offsets);
	SIZE(io_cqring_offsets);
	SIZE(io_uring_getevents_arg);
	SIZE(io_uring_probe_op);
	SIZE(io_uring_probe);
	SIZE(io_uring_buf_reg);
	SIZE(io_uring_buf);
	SIZE(io_uring_sync_cancel_reg);
	SIZE(__kernel_timespec);
	OFFSET(io_uring_params, features);
	OFFSET(io_uring_params, sq_off);
	OFFSET(io_uring_params, cq_off);
	OFFSET(io_sqring_offsets, array);
	OFFSET(io_cqring_offsets, cqes);
	OFFSET(io_cqring_offsets, flags);
	OFFSET(io_uring_getevents_arg, ts);
	OFFSET(io_uring_probe, ops_len);
	OFFSET(io_uring_probe_op, flags);
	OFFSET(io_uring_buf_reg, ring_entries);
	OFFSET(io_uring_buf_reg, bgid);
	OFFSET(io_uring_buf, bid);
	OFFSET(io_uring_buf_ring, tail);
	OFFSET(io_uring_sync_cancel_reg, fd);
	OFFSET(io_uring_sync_cancel_reg, timeout);
}

#define CONST(name) printf("const %s %" PRIu64 "\n", #name, (uint64_t)(name))

static void constants(void)
{
	CONST(IORING_SETUP_CQSIZE);
	CONST(IORING_SETUP_SUBMIT_ALL);
	CONST(IORING_SETUP_COOP_TASKRUN);
	CONST(IORING_SETUP_TASKRUN_FLAG);
	CONST(IORING_SETUP_SINGLE_ISSUER);
	CONST(IORING_SETUP_DEFER_TASKRUN);
#ifdef IORING_SETUP_NO_SQARRAY
	CONST(IORING_SETUP_NO_SQARRAY);
#endif
	CONST(IORING_FEAT_SINGLE_MMAP);
	CONST(IORING_FEAT_NODROP);
	CONST(IORING_FEAT_SUBMIT_STABLE);
	CONST(IORING_FEAT_FAST_POLL);
	CONST(IORING_FEAT_EXT_ARG);
	CONST(IORING_FEAT_CQE_SKIP);
#ifdef IORING_FEAT_MIN_TIMEOUT
	CONST(IORING_FEAT_MIN_TIMEOUT);
#endif
#ifdef IORING_FEAT_NO_IOWAIT
	CONST(IORING_FEAT_NO_IOWAIT);
#endif
	CONST(IORING_ENTER_GETEVENTS);
	CONST(IORING_ENTER_EXT_ARG);
	CONST(IORING_SQ_CQ_OVERFLOW);
	CONST(IORING_SQ_TASKRUN);
	CONST(IORING_OFF_SQ_RING);
	CONST(IORING_OFF_SQES);
	CONST(IORING_CQE_F_BUFFER);
	CONST(IORING_CQE_F_MORE);
	CONST(IORING_CQE_F_SOCK_NONEMPTY);
	CONST(IORING_CQE_F_NOTIF);
	CONST(IORING_CQE_BUFFER_SHIFT);
	CONST(IORING_FSYNC_DATASYNC);
	CONST(IORING_TIMEOUT_ABS);
	CONST(IORING_TIMEOUT_BOOTTIME);
	CONST(IORING_TIMEOUT_REALTIME);
	CONST(IORING_TIMEOUT_ETIME_SUCCESS);
#ifdef IORING_TIMEOUT_MULTISHOT
	CONST(IORING_TIMEOUT_MULTISHOT);
#endif
	CONST(IORING_ASYNC_CANCEL_ALL);
	CONST(IORING_ASYNC_CANCEL_FD_FIXED);
	CONST(IORING_RECVSEND_POLL_FIRST);
	CONST(IORING_RECVSEND_FIXED_BUF);
	CONST(IORING_MSG_RING_CQE_SKIP);
#ifdef IORING_MSG_RING_FLAGS_PASS
	CONST(IORING_MSG_RING_FLAGS_PASS);
#endif
	CONST(IORING_REGISTER_BUFFERS);
	CONST(IORING_UNREGISTER_BUFFERS);
	CONST(IORING_REGISTER_PROBE);
	CONST(IORING_REGISTER_PBUF_RING);
	CONST(IORING_UNREGISTER_PBUF_RING);
	CONST(IORING_REGISTER_SYNC_CANCEL);
	CONST(IO_URING_OP_SUPPORTED);
}

int main(void)
{
	struct args a;
	struct io_uring_sqe sqe;
	uint64_t p, p2;

	layout();
	constants();
	while (scanf("%d %d %" SCNu64 " %" SCNu64 " %u %u %" SCNu64 " %" SCNu64 " %" SCNu64 " %" SCNu16, &a.fd, &a.fd2, &p, &p2, &a.n,
		     &a.flags, &a.off, &a.off2, &a.data, &a.index) == 10) {
		a.p = (void *)(uintptr_t)p;
		a.p2 = (void *)(uintptr_t)p2;
		files(&sqe, &a);
		sockets(&sqe, &a);
		others(&sqe, &a);
	}
	return 0;
}
