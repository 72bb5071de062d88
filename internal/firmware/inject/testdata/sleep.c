// Looks whether there is something to do, then sleeps. The interrupt may come anywhere on the way: with interrupts masked up to the WFI
// it ends the sleep; with -DUNMASKED it is handled before, and the sleep has to be ended by a timer, which is started for that. The
// verdict is good in any case: what happened is left in memory, for a judge.
#include "bare.h"

#ifdef UNMASKED
#define mask() 0
#define unmask(was) (void)(was)
#endif

static volatile uint32_t *const systick = (volatile uint32_t *)0xe000e010;
static volatile uint32_t work;
volatile uint32_t late __attribute__((used));

void Any_Handler(void) {
	if (active() == 15) {
		late++;
		systick[0] = 0;
		return;
	}
	work = 1;
	systick[1] = 0xffff;
	systick[2] = 0;
	systick[0] = 7;
}

__attribute__((noinline)) void begin(void) {
	while (!work) {
		uint32_t was = mask();
		if (!work) __asm__ volatile("wfi" ::: "memory");
		unmask(was);
	}
}

int main(void) {
	enable(30);
	begin();
	systick[0] = 0;
	verdict(0, 0);
}
