/*
 * What a NOP costs through liburing: the least that any program on a ring pays per operation.
 *
 *     nop [seconds per line]
 *
 * One thread fills a batch, submits it and takes the completions, as the benchmarks of the same names in backend/uring do.
 * Nop is a ring without flags: the kernel completes a NOP within submit. NopWait is what an owner of a ring does: flags as in
 * backend/uring, as far as the installed liburing knows them, above all DEFER_TASKRUN, and one call that submits and waits.
 * Prints lines in the format of Go benchmarks.
 */
#include <liburing.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

enum {
	owner = IORING_SETUP_SUBMIT_ALL | IORING_SETUP_SINGLE_ISSUER | IORING_SETUP_TASKRUN_FLAG |
#ifdef IORING_SETUP_NO_SQARRAY
		IORING_SETUP_NO_SQARRAY |
#endif
		IORING_SETUP_DEFER_TASKRUN
};

static void fail(const char *what, int err)
{
	fprintf(stderr, "nop: %s: %s\n", what, strerror(err));
	exit(1);
}

static double wall_ns(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1e9 + t.tv_nsec;
}

static double cpu_ns(void)
{
	struct timespec t;
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return t.tv_sec * 1e9 + t.tv_nsec;
}

static void turn(struct io_uring *ring, unsigned batch, int wait)
{
	struct io_uring_cqe *cqe;
	unsigned head, seen = 0;

	for (unsigned i = 0; i < batch; i++) {
		struct io_uring_sqe *sqe = io_uring_get_sqe(ring);
		if (!sqe)
			fail("get_sqe", ENOSPC);
		io_uring_prep_nop(sqe);
		sqe->user_data = i;
	}
	int n = wait ? io_uring_submit_and_wait(ring, batch) : io_uring_submit(ring);
	if (n != (int)batch)
		fail("submit", n < 0 ? -n : EIO);
	io_uring_for_each_cqe(ring, head, cqe) {
		if (cqe->res < 0)
			fail("nop", -cqe->res);
		seen++;
	}
	if (seen != batch)
		fail("completions", EIO);
	io_uring_cq_advance(ring, seen);
}

static void measure(const char *name, unsigned flags, unsigned batch, double seconds)
{
	struct io_uring ring;
	struct io_uring_params params = {.flags = flags};
	int err = io_uring_queue_init_params(128, &ring, &params);
	if (err < 0)
		fail(name, -err);
	for (int i = 0; i < 1000; i++)
		turn(&ring, batch, flags != 0);
	double wall = wall_ns(), cpu = cpu_ns(), spent;
	unsigned long long ops = 0;
	do {
		for (unsigned i = 0; i < 2048; i += batch, ops += batch)
			turn(&ring, batch, flags != 0);
		spent = wall_ns() - wall;
	} while (spent < seconds * 1e9);
	printf("Benchmark%s/batch=%u/impl=liburing\t%llu\t%.2f ns/op\t%.2f cpu-ns/op\n", name, batch, ops, spent / ops,
	       (cpu_ns() - cpu) / ops);
	fflush(stdout);
	io_uring_queue_exit(&ring);
}

int main(int argc, char **argv)
{
	static const unsigned batches[] = {1, 8, 32, 128};
	double seconds = argc > 1 ? atof(argv[1]) : 1;

	if (!(seconds > 0 && seconds <= 60)) {
		fprintf(stderr, "usage: nop [seconds per line, at most 60]\n");
		return 2;
	}
	for (unsigned i = 0; i < sizeof batches / sizeof *batches; i++) {
		measure("Nop", 0, batches[i], seconds);
		measure("NopWait", owner, batches[i], seconds);
	}
	return 0;
}
