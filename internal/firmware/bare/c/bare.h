// What a firmware in plain C calls, and what it provides: main, and Any_Handler for every exception that is no fault.
#ifndef BARE_H
#define BARE_H

#include <stdint.h>

#ifdef __ARM_ARCH_6M__
enum { EXCEPTIONS = 16 + 32 };
#else
enum { EXCEPTIONS = 16 + 96 };
#endif

int main(void);
void Any_Handler(void);

// verdict ends the run with an exit status, 0 for good. The reason is for a debugger that stops here.
void verdict(int code, const char *why) __attribute__((noreturn));

// active returns the number of the exception that is being handled: 16 + n for interrupt line n.
static inline uint32_t active(void) {
	return *(volatile uint32_t *)0xe000ed04 & 0x1ff; // SCB ICSR, VECTACTIVE
}

static inline void enable(int line) { ((volatile uint32_t *)0xe000e100)[line / 32] = 1u << line % 32; }

// pend makes an interrupt pending. It has been taken, if it can be, when pend returns.
static inline void pend(int line) {
	((volatile uint32_t *)0xe000e200)[line / 32] = 1u << line % 32;
	__asm__ volatile("dsb\n isb" ::: "memory");
}

// mask holds interrupts back and returns what unmask needs to restore; the two nest.
static inline uint32_t mask(void) {
	uint32_t was;
	__asm__ volatile("mrs %0, primask\n cpsid i" : "=r"(was)::"memory");
	return was;
}

static inline void unmask(uint32_t was) { __asm__ volatile("msr primask, %0" ::"r"(was) : "memory"); }

#endif
