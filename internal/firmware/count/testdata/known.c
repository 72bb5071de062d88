// From first to second there are ten instructions, LOOPS times. From second to first there are four, but eight the last of the
// LOOPS - 1 times; after the last second there is no mark.
#include "bare.h"

#ifndef LOOPS
#define LOOPS 5
#endif

void Any_Handler(void) {}

void rounds(int n);

__asm__(".syntax unified\n"
        ".thumb\n"
        ".text\n"
        ".global rounds, first, second\n"
        ".type rounds, %function\n"
        ".type first, %function\n"
        ".type second, %function\n"
        ".thumb_func\n"
        "rounds:\n"
        "first:\n" // ten to second
        "  nop\n nop\n nop\n nop\n nop\n nop\n nop\n nop\n nop\n nop\n"
        ".thumb_func\n"
        "second:\n" // subs, cmp, bne, taken bhi: four
        "  subs r0, #1\n"
        "  cmp r0, #1\n"
        "  bne 1f\n"
        "  nop\n nop\n nop\n nop\n" // subs, cmp, bne, four nops, b: eight
        "  b first\n"
        "1: bhi first\n"
        "  bx lr\n");

int main(void) {
	rounds(LOOPS);
#ifdef FOREVER
	for (;;) __asm__ volatile("wfi");
#endif
	verdict(LOOPS, 0);
}
