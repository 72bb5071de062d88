// The interrupt path of the executor as one would write it in C: a list of waiters for each exception number, whose tasks are
// polled in the handler, in the order in which they began to wait, each once. A waiter knows what points at it, so that it
// can take itself out in one step. Rounds r = 1..4 have r waiters, and five interrupts each.
//
// Marks: Any_Handler, poll (a task's, which waits again), returned (the interrupted code goes on).
#include "bare.h"
#include <stddef.h>

struct task;

struct waiter {
	struct waiter *next;
	struct waiter **back; // what points here; NULL when it does not wait
	struct task *task;
};

struct task {
	void (*poll)(struct task *);
	uint32_t n;
	struct waiter wait;
};

struct list {
	struct waiter *first, *firing;
	struct waiter **last;
};

enum { LINE = 30, TASKS = 4, INTERRUPTS = 5 };

static struct list lists[EXCEPTIONS];
static struct task tasks[TASKS];

static void add(struct list *l, struct waiter *w) {
	if (!l->first) l->last = &l->first;
	w->next = NULL;
	w->back = l->last;
	*l->last = w;
	l->last = &w->next;
}

// fire moves the list aside first: what waits again during a poll waits for the next interrupt.
static void fire(struct list *l) {
	struct waiter *w = l->first;
	l->first = NULL;
	while (w) {
		l->firing = w->next;
		if (w->next) w->next->back = &l->firing;
		w->back = NULL;
		struct task *t = w->task;
		t->poll(t);
		w = l->firing;
	}
}

void Any_Handler(void) {
	uint32_t n = active();
	if (n < EXCEPTIONS) fire(&lists[n]);
}

__attribute__((noinline)) void poll(struct task *t) {
	t->n++;
	add(&lists[16 + LINE], &t->wait);
}

// other is there so that the compiler does not know what a task's poll is. It waits, too, but counts in twos.
__attribute__((noinline)) void other(struct task *t) {
	t->n += 2;
	add(&lists[16 + LINE], &t->wait);
}

__attribute__((noinline)) void returned(void) { __asm__ volatile("nop"); }

int main(void) {
	enable(LINE);
	for (uint32_t i = 0; i < TASKS; i++) {
		struct task *t = &tasks[i];
		t->wait.task = t;
		t->poll = i == TASKS - 1 ? other : poll;
		uint32_t was = mask();
		t->poll(t);
		unmask(was);
		for (int k = 0; k < INTERRUPTS; k++) {
			pend(LINE);
			returned();
		}
	}
	for (uint32_t i = 0; i < TASKS; i++) {
		uint32_t polls = 1 + INTERRUPTS * (TASKS - i);
		if (tasks[i].n != (i == TASKS - 1 ? 2 * polls : polls)) verdict(1, "each waiter is polled once for each interrupt");
	}
	verdict(0, NULL);
}
