// What every firmware in plain C starts from: vectors, reset, the handler of faults, and the verdict.
#include "bare.h"

extern uint32_t _stack_top[], _sbss[], _ebss[], _sdata[], _edata[], _sidata[];

void Reset_Handler(void);
static void fault(void);

// Nothing here may become a call of memset or memcpy: there is no C library. The volatile pointers see to it.
void Reset_Handler(void) {
	for (volatile uint32_t *p = _sbss; p < _ebss; p++) *p = 0;
	const uint32_t *from = _sidata;
	for (volatile uint32_t *p = _sdata; p < _edata; p++) *p = *from++;
	main();
	verdict(99, "main returned");
}

static void fault(void) { verdict(100 + active(), "fault"); }

// verdict ends the emulator through semihosting, SYS_EXIT_EXTENDED with ADP_Stopped_ApplicationExit.
__attribute__((noinline)) void verdict(int code, const char *why) {
	uint32_t block[2] = {0x20026, (uint32_t)code};
	register uint32_t op __asm__("r0") = 0x20;
	register uint32_t *arg __asm__("r1") = block;
	__asm__ volatile("bkpt 0xab" : "+r"(op) : "r"(arg), "r"(why) : "memory");
	for (;;) {
	}
}

typedef void (*vector)(void);

#define A Any_Handler
#define F fault
#define A8 A, A, A, A, A, A, A, A
#define A32 A8, A8, A8, A8

__attribute__((section(".isr_vector"), used)) static const vector vectors[] = {
	(vector)_stack_top, Reset_Handler,
	F, F, F, F, F, F, // NMI, HardFault, MemManage, BusFault, UsageFault, SecureFault
	0, 0, 0,
	A,    // SVC
	F, 0, // DebugMonitor
	A, A, // PendSV, SysTick
	A32,
#ifndef __ARM_ARCH_6M__ // v6-M has 32 lines at most
	A32, A32,
#endif
};
