// Wrong without any interrupt; with -DDEAF good, but the line is never enabled, so that a sweep would show nothing;
// with -DTICK good, but a timer runs, for 2^24 ticks.
#include "bare.h"

void Any_Handler(void) {}

__attribute__((noinline)) void begin(void) { __asm__ volatile("nop\n nop"); }

int main(void) {
#ifdef TICK
	volatile uint32_t *systick = (volatile uint32_t *)0xe000e010;
	systick[1] = 0xffffff;
	systick[2] = 0;
	systick[0] = 7; // the core's clock, interrupt, on
#endif
	begin();
#if defined DEAF || defined TICK
	verdict(0, 0);
#else
	verdict(7, "bad from the start");
#endif
}
