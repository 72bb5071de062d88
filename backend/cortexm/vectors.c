//go:build tinygo && cortexm

// The vector table, and the way into the fault handler. Handlers are exported by Go code; the hardware saves what the calling
// convention lets a function clobber, so they are ordinary functions.
#include <stdint.h>

typedef void (*entry)(void);

extern unsigned char _stack_top[];
void Reset_Handler(void);
void Line_Handler(void);
void PendSV_Handler(void);
void SysTick_Handler(void);
void Serial_Handler(void);
void Timer_Handler(void);
void tripoint_fault(uintptr_t sp, uint32_t exc_return);

// A fault comes from anywhere, also from a stack that has overflowed. So the report is made on the main stack, from its top: nobody
// goes back to what is there.
__attribute__((naked, used)) void Fault_Handler(void) {
	__asm__(
		"mrs r0, msp\n"
		"mov r1, lr\n"
#ifdef __ARM_ARCH_8M_MAIN__
		"movs r2, #0\n msr msplim, r2\n"
#endif
		"ldr r2, =_stack_top\n"
		"mov sp, r2\n"
		"ldr r2, =tripoint_fault\n"
		"bx r2\n");
}

// The address of the fault's report, in C: a name that only assembly mentions is dropped by the linker.
__attribute__((used)) void (*const tripoint_fault_entry)(uintptr_t, uint32_t) = tripoint_fault;

#define L Line_Handler
#define F Fault_Handler
#define L8 L, L, L, L, L, L, L, L
#define L32 L8, L8, L8, L8

// The interrupts of the serial port, SERIAL_FIRST to SERIAL_LAST, and of the timer come from the target's cflags.
#pragma clang diagnostic ignored "-Winitializer-overrides"

__attribute__((section(".isr_vector"), used))
static const entry vectors[] = {
	(entry)_stack_top, Reset_Handler,
	F, F, F, F, F, F, // NMI, HardFault, MemManage, BusFault, UsageFault, SecureFault
	0, 0, 0,
	L,    // SVC
	F, 0, // DebugMon
	PendSV_Handler, SysTick_Handler,
	L32,
#ifndef __ARM_ARCH_6M__ // which has 32 lines at most
	L32, L32,
#endif
#ifdef SERIAL_FIRST
	[16 + SERIAL_FIRST ... 16 + SERIAL_LAST] = Serial_Handler,
#endif
#ifdef TIMER_IRQ
	[16 + TIMER_IRQ] = Timer_Handler,
#endif
};

// TinyGo's runtime ends QEMU through this name, and expects it from an assembly file.
__attribute__((naked, used)) int SemihostingCall(int op, void *arg) {
	__asm__("bkpt 0xab\n bx lr\n");
}
