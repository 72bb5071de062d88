// Wrong without any interrupt; with -DDEAF good, but the line is never enabled, so that a sweep would show nothing.
#include "bare.h"

void Any_Handler(void) {}

__attribute__((noinline)) void begin(void) { __asm__ volatile("nop\n nop"); }

int main(void) {
	begin();
#ifdef DEAF
	verdict(0, 0);
#else
	verdict(7, "bad from the start");
#endif
}
