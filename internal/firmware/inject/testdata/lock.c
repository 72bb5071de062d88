// The handler waits for a lock that begin holds, for ever if it comes in between. With -DQUIT it leaves the emulator
// instead, without a verdict, as a panic does. The lock is taken in the second call of begin only.
#include "bare.h"

static volatile int locked, calls;

void Any_Handler(void) {
	while (locked) {
#ifdef QUIT
		static uint32_t block[2] = {0x20026, 0};
		register uint32_t op __asm__("r0") = 0x20;
		register uint32_t *arg __asm__("r1") = block;
		__asm__ volatile("bkpt 0xab" : "+r"(op) : "r"(arg) : "memory");
#else
		__asm__ volatile("wfi"); // keeps the emulator from using the processor meanwhile
#endif
	}
}

__attribute__((noinline)) void begin(void) {
	locked = ++calls == 2;
	locked = 0;
}

int main(void) {
	enable(30);
	begin();
	begin();
	pend(30);
	verdict(0, 0);
}
