//go:build tinygo && cortexm

// Switching stacks. What is suspended is nine words on its own stack, the callee-saved registers and the return address, and a stack
// pointer. A switch is an ordinary call for both sides; it moves the stack pointer in use, so it serves thread mode and
// handlers alike, and an interrupt may come at any instruction of it. The FPU is not saved: targets are soft-float.
#include <stdint.h>

void tripoint_run(void *); // exported by Go code; does not return

// limit is the lowest address of the stack switched to, 0 for no limit. Only ARMv8-M mainline checks it.
#if defined(__ARM_ARCH_6M__)
enum { ARG = 4 }; // where r4 lies in the frame: v6-M pushes and pops low registers only, so r8 to r11 come first
__attribute__((naked, used)) void tripoint_switch(uintptr_t *save, uintptr_t to, uintptr_t limit) {
	__asm__(
		"push {r4-r7, lr}\n"
		"mov r4, r8\n mov r5, r9\n mov r6, r10\n mov r7, r11\n"
		"push {r4-r7}\n"
		"mov r3, sp\n str r3, [r0]\n mov sp, r1\n"
		"pop {r4-r7}\n"
		"mov r8, r4\n mov r9, r5\n mov r10, r6\n mov r11, r7\n"
		"pop {r4-r7, pc}\n" ::: "memory");
}
#else
enum { ARG = 0 };
#ifdef __ARM_ARCH_8M_MAIN__ // lift the limit, move, set the new one: all code runs on the main stack pointer
#define MOVE "movs r3, #0\n msr msplim, r3\n mov sp, r1\n msr msplim, r2\n"
#else
#define MOVE "mov sp, r1\n"
#endif
__attribute__((naked, used)) void tripoint_switch(uintptr_t *save, uintptr_t to, uintptr_t limit) {
	__asm__(
		"push {r4-r11, lr}\n"
		"mov r3, sp\n str r3, [r0]\n"
		MOVE
		"pop {r4-r11, pc}\n" ::: "memory");
}
#endif

// The first switch to a stack "returns" here.
__attribute__((naked, used)) static void first(void) {
	__asm__("mov r0, r4\n blx r5\n bkpt 0\n");
}

// The frame of a stack that has not run, below top. It returns the stack pointer.
uintptr_t tripoint_frame(uint32_t *top, void *arg) {
	top = (uint32_t *)((uintptr_t)top & ~(uintptr_t)7); // the procedure call standard wants 8 at every call
	uint32_t *frame = top - 9;
	for (int i = 0; i < 9; i++) frame[i] = 0;
	frame[ARG] = (uint32_t)arg;
	frame[ARG + 1] = (uint32_t)tripoint_run; // named here: a name that only assembly mentions is dropped by the linker
	frame[8] = (uint32_t)first;
	return (uintptr_t)frame;
}
