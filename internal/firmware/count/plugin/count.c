// A plugin for QEMU's TCG (plugin API 1): counts the guest's instructions, and those from each marked address to the next
// marked address that is reached. Arguments: mark=ADDRESS, once for each, and out=FILE. The file has a line "total N", a
// line "pair FROM TO N MIN MAX SUM" for each pair of marks that came after one another, and "end" as the last.
//
// Distributions ship QEMU without qemu-plugin.h, so what is used of it is declared here.
#include <inttypes.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef uint64_t plugin_id;
struct block;
struct insn;

int qemu_plugin_version = 1;

void qemu_plugin_register_vcpu_tb_trans_cb(plugin_id, void (*)(plugin_id, struct block *));
size_t qemu_plugin_tb_n_insns(const struct block *);
struct insn *qemu_plugin_tb_get_insn(const struct block *, size_t);
uint64_t qemu_plugin_insn_vaddr(const struct insn *);
void qemu_plugin_register_vcpu_insn_exec_inline(struct insn *, int op, void *, uint64_t);
void qemu_plugin_register_vcpu_insn_exec_cb(struct insn *, void (*)(unsigned, void *), int flags, void *);
void qemu_plugin_register_atexit_cb(plugin_id, void (*)(plugin_id, void *), void *);

enum { MARKS_MAX = 32, INLINE_ADD_U64 = 0, CB_NO_REGS = 0 };

struct pair {
	uint64_t n, min, max, sum;
};

static uint64_t executed; // before the instruction that is about to execute
static uint64_t addresses[MARKS_MAX];
static int marks;
static int previous = -1; // the mark that was reached last
static uint64_t since;    // what executed was then
static struct pair pairs[MARKS_MAX][MARKS_MAX];
static const char *out;

static void reached(unsigned cpu, void *arg) {
	int mark = (int)(intptr_t)arg;
	(void)cpu;
	if (previous >= 0) {
		struct pair *p = &pairs[previous][mark];
		uint64_t d = executed - since;
		if (p->n == 0 || d < p->min) p->min = d;
		if (d > p->max) p->max = d;
		p->n++;
		p->sum += d;
	}
	previous = mark;
	since = executed;
}

// The callback comes before the addition, so a marked instruction counts from its mark on.
static void translated(plugin_id id, struct block *block) {
	size_t n = qemu_plugin_tb_n_insns(block);
	(void)id;
	for (size_t k = 0; k < n; k++) {
		struct insn *insn = qemu_plugin_tb_get_insn(block, k);
		for (int m = 0; m < marks; m++)
			if (addresses[m] == qemu_plugin_insn_vaddr(insn))
				qemu_plugin_register_vcpu_insn_exec_cb(insn, reached, CB_NO_REGS, (void *)(intptr_t)m);
		qemu_plugin_register_vcpu_insn_exec_inline(insn, INLINE_ADD_U64, &executed, 1);
	}
}

static void report(plugin_id id, void *arg) {
	FILE *f = fopen(out, "w");
	(void)id, (void)arg;
	if (!f) {
		perror(out);
		return;
	}
	fprintf(f, "total %" PRIu64 "\n", executed);
	for (int a = 0; a < marks; a++)
		for (int b = 0; b < marks; b++) {
			struct pair p = pairs[a][b];
			if (p.n)
				fprintf(f, "pair %d %d %" PRIu64 " %" PRIu64 " %" PRIu64 " %" PRIu64 "\n", a, b, p.n, p.min, p.max, p.sum);
		}
	fprintf(f, "end\n");
	fclose(f);
}

int qemu_plugin_install(plugin_id id, const void *info, int argc, char **argv) {
	(void)info;
	for (int i = 0; i < argc; i++) {
		if (!strncmp(argv[i], "mark=", 5) && marks < MARKS_MAX)
			addresses[marks++] = strtoull(argv[i] + 5, NULL, 0);
		else if (!strncmp(argv[i], "out=", 4))
			out = strdup(argv[i] + 4);
		else
			return fprintf(stderr, "count: argument %s\n", argv[i]);
	}
	if (!out) return fprintf(stderr, "count: out= is missing\n");
	qemu_plugin_register_vcpu_tb_trans_cb(id, translated);
	qemu_plugin_register_atexit_cb(id, report, NULL);
	return 0;
}
