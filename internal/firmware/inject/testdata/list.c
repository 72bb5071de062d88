// The handler empties the list that begin inserts into. Wherever the interrupt comes, each waiter is woken exactly once;
// with -DUNMASKED the insertion can lose one.
#include "bare.h"

#ifdef UNMASKED
#define mask() 0
#define unmask(was) (void)(was)
#endif

struct waiter {
	struct waiter *next;
	int woken;
};

static struct waiter *volatile list;
static struct waiter a, b, c;

void Any_Handler(void) {
	while (list) {
		struct waiter *w = list;
		list = w->next;
		w->next = 0;
		w->woken++;
	}
}

static void insert(struct waiter *w) {
	uint32_t was = mask();
	w->next = list;
	list = w;
	unmask(was);
}

__attribute__((noinline)) void begin(void) {
	insert(&b);
	insert(&c);
}

__attribute__((noinline)) void end(void) { pend(30); }

int main(void) {
	enable(30);
	enable(31);
	insert(&a);
	begin();
	end();
	if (a.woken + b.woken + c.woken > 3) verdict(2, "a waiter is woken once");
	if (a.woken != 1 || b.woken != 1 || c.woken != 1) verdict(1, "no waiter is lost");
	verdict(0, 0);
}
