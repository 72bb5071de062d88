/*
 * The client of all echo benchmarks: N connections to one port of this machine, on each one request in flight. One thread
 * with epoll, so that it costs little beside the server, and shares nothing with any of the runtimes that it measures.
 *
 *     echoload -p PORT [-c CONNECTIONS] [-b BYTES] [-t SECONDS] [-w WARM_UP_SECONDS] [-s SERVER_PID] [-x] [-n NAME]
 *
 * Prints one line in the format of Go benchmarks:
 *
 *     ns/op          wall time per round trip of all connections together
 *     p50-ns ...     time of one round trip, within 2 %
 *     srv-cpu-ns/op  processor time of the server's threads per round trip, with -s
 *     cli-busy       share of the time for which this client had something to do; near 1 means that it was the limit
 *
 * -x never sleeps: the client asks again and again whether there is something to read. It takes a whole processor, and neither
 * side pays for waking a sleeping one, which on virtual machines takes longer than all the rest.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { conns_max = 8192, bytes_max = 65536, sub_bits = 6, buckets = 64 << sub_bits };

struct conn {
	int fd;
	unsigned got;  /* bytes of the answer so far */
	uint64_t sent; /* when the request went out */
};

static struct conn conns[conns_max];
static struct epoll_event events[1024];
static char request[bytes_max], answer[bytes_max];
static uint64_t hist[buckets];
static uint64_t idle; /* time of polls that found nothing */
static unsigned bytes = 64;

static void fail(const char *what)
{
	fprintf(stderr, "echoload: %s: %s\n", what, strerror(errno));
	exit(1);
}

static uint64_t clock_ns(clockid_t clock)
{
	struct timespec t;
	clock_gettime(clock, &t);
	return (uint64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

static uint64_t now(void) { return clock_ns(CLOCK_MONOTONIC); }

/* Values below 2^sub_bits have a bucket each; above, each power of two has 2^sub_bits of them. */
static unsigned bucket_of(uint64_t v)
{
	if (v < 1 << sub_bits)
		return v;
	unsigned shift = 63 - __builtin_clzll(v) - sub_bits;
	return ((shift + 1) << sub_bits) + (unsigned)((v >> shift) & ((1 << sub_bits) - 1));
}

static uint64_t bucket_low(unsigned i)
{
	if (i < 1 << sub_bits)
		return i;
	unsigned shift = (i >> sub_bits) - 1;
	return (uint64_t)((1 << sub_bits) + (i & ((1 << sub_bits) - 1))) << shift;
}

static uint64_t percentile(uint64_t total, double share)
{
	uint64_t rank = total * share, seen = 0;
	for (unsigned i = 0; i < buckets; i++) {
		seen += hist[i];
		if (seen > rank)
			return bucket_low(i);
	}
	return 0;
}

/* The processor time of all threads of a process. Threads that ended in between are lost. */
static uint64_t cpu_of(int pid)
{
	char path[300];
	uint64_t sum = 0;
	snprintf(path, sizeof path, "/proc/%d/task", pid);
	DIR *dir = opendir(path);
	if (!dir)
		fail(path);
	for (struct dirent *e; (e = readdir(dir));) {
		unsigned long long ns;
		if (e->d_name[0] == '.')
			continue;
		snprintf(path, sizeof path, "/proc/%d/task/%s/schedstat", pid, e->d_name);
		FILE *f = fopen(path, "r");
		if (f && fscanf(f, "%llu", &ns) == 1)
			sum += ns;
		if (f)
			fclose(f);
	}
	closedir(dir);
	return sum;
}

static void ask(struct conn *c)
{
	c->got = 0;
	c->sent = now();
	if (send(c->fd, request, bytes, MSG_NOSIGNAL) != (ssize_t)bytes)
		fail("send");
}

static void dial(int ep, struct conn *c, int port)
{
	struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	struct epoll_event ev = {.events = EPOLLIN, .data.ptr = c};
	int one = 1;
	c->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (c->fd < 0 || connect(c->fd, (struct sockaddr *)&to, sizeof to) < 0)
		fail("connect");
	if (setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one) < 0 || epoll_ctl(ep, EPOLL_CTL_ADD, c->fd, &ev) < 0)
		fail("setup");
}

/* Takes what has come for one connection, and if the answer is whole, asks again. Returns the number of round trips. */
static unsigned serve(struct conn *c)
{
	ssize_t n = recv(c->fd, answer, bytes - c->got, MSG_DONTWAIT);
	if (n < 0 && errno == EAGAIN)
		return 0;
	if (n <= 0)
		fail(n ? "recv" : "the server closed the connection");
	c->got += n;
	if (c->got < bytes)
		return 0;
	hist[bucket_of(now() - c->sent)]++;
	ask(c);
	return 1;
}

/* Plays until a moment and returns the number of round trips. A server that is silent for 5 s is dead. */
static uint64_t play(int ep, uint64_t until, int spin)
{
	uint64_t trips = 0, last = now(), before = last;
	for (;;) {
		int n = epoll_wait(ep, events, 1024, spin ? 0 : 100);
		if (n < 0 && errno != EINTR)
			fail("epoll_wait");
		for (int i = 0; i < n; i++)
			trips += serve(events[i].data.ptr);
		uint64_t t = now();
		if (t >= until)
			return trips;
		if (n > 0)
			last = t;
		else
			idle += t - before;
		before = t;
		if (t - last > 5000000000) {
			errno = ETIMEDOUT;
			fail("no answer");
		}
	}
}

int main(int argc, char **argv)
{
	int port = 0, count = 1, pid = 0, spin = 0, opt;
	double seconds = 1, warm = 0.2;
	const char *name = "Echo";

	while ((opt = getopt(argc, argv, "p:c:b:t:w:s:xn:")) != -1) {
		switch (opt) {
		case 'p': port = atoi(optarg); break;
		case 'c': count = atoi(optarg); break;
		case 'b': bytes = atoi(optarg); break;
		case 't': seconds = atof(optarg); break;
		case 'w': warm = atof(optarg); break;
		case 's': pid = atoi(optarg); break;
		case 'x': spin = 1; break;
		case 'n': name = optarg; break;
		default: port = -1;
		}
	}
	if (port <= 0 || port > 65535 || count < 1 || count > conns_max || bytes < 1 || bytes > bytes_max ||
	    !(seconds > 0 && seconds <= 60) || !(warm >= 0 && warm <= 10)) {
		fprintf(stderr, "usage: echoload -p PORT [-c CONNECTIONS] [-b BYTES] [-t SECONDS] [-w WARM_UP_SECONDS] "
				"[-s SERVER_PID] [-x] [-n NAME]\n");
		return 2;
	}
	int ep = epoll_create1(EPOLL_CLOEXEC);
	if (ep < 0)
		fail("epoll_create1");
	memset(request, 'x', bytes);
	for (int i = 0; i < count; i++)
		dial(ep, &conns[i], port);
	for (int i = 0; i < count; i++)
		ask(&conns[i]);
	play(ep, now() + warm * 1e9, spin);

	memset(hist, 0, sizeof hist);
	idle = 0;
	uint64_t server = pid ? cpu_of(pid) : 0, cpu = clock_ns(CLOCK_PROCESS_CPUTIME_ID), begin = now();
	uint64_t trips = play(ep, begin + seconds * 1e9, spin);
	uint64_t wall = now() - begin;
	cpu = spin ? wall - idle : clock_ns(CLOCK_PROCESS_CPUTIME_ID) - cpu;
	if (!trips) {
		errno = ETIMEDOUT;
		fail("not one round trip");
	}
	printf("Benchmark%s\t%llu\t%.1f ns/op\t%.0f rt/s\t%llu p50-ns\t%llu p99-ns\t%llu p99.9-ns", name, (unsigned long long)trips,
	       (double)wall / trips, trips * 1e9 / wall, (unsigned long long)percentile(trips, .5),
	       (unsigned long long)percentile(trips, .99), (unsigned long long)percentile(trips, .999));
	if (pid)
		printf("\t%.0f srv-cpu-ns/op", (double)(cpu_of(pid) - server) / trips);
	printf("\t%.2f cli-busy\n", (double)cpu / wall);
	return 0;
}
