//go:build tinygo && cortexm

// What a compiler calls without being asked: memory functions, 64-bit arithmetic, on v6-M also division. They take the place of a C
// library and of libgcc.
#include <stddef.h>
#include <stdint.h>

// Without this clang turns the loops below into calls of themselves.
#define PLAIN __attribute__((used, no_builtin))

PLAIN void *memset(void *p, int c, size_t n) {
	unsigned char *d = p;
	if ((((uintptr_t)d | n) & 3) == 0) {
		uint32_t v = (unsigned char)c * 0x01010101u;
		for (; n; n -= 4, d += 4) *(uint32_t *)d = v;
	}
	for (; n; n--) *d++ = c;
	return p;
}

PLAIN void *memcpy(void *restrict p, const void *restrict q, size_t n) {
	unsigned char *d = p;
	const unsigned char *s = q;
	if ((((uintptr_t)d | (uintptr_t)s | n) & 3) == 0)
		for (; n; n -= 4, d += 4, s += 4) *(uint32_t *)d = *(const uint32_t *)s;
	for (; n; n--) *d++ = *s++;
	return p;
}

PLAIN void *memmove(void *p, const void *q, size_t n) {
	unsigned char *d = p;
	const unsigned char *s = q;
	if (d <= s) return memcpy(p, q, n);
	while (n--) d[n] = s[n];
	return p;
}

PLAIN int memcmp(const void *p, const void *q, size_t n) {
	const unsigned char *a = p, *b = q;
	for (; n; n--, a++, b++)
		if (*a != *b) return *a - *b;
	return 0;
}

// The EABI names: the argument order of memset differs, the results are not used.
#define AEABI(suffix) \
	PLAIN void __aeabi_memcpy##suffix(void *d, const void *s, size_t n) { memcpy(d, s, n); } \
	PLAIN void __aeabi_memmove##suffix(void *d, const void *s, size_t n) { memmove(d, s, n); } \
	PLAIN void __aeabi_memset##suffix(void *d, size_t n, int c) { memset(d, c, n); } \
	PLAIN void __aeabi_memclr##suffix(void *d, size_t n) { memset(d, 0, n); }
AEABI()
AEABI(4)
AEABI(8)

// Shift and subtract; returns the quotient. Division by zero never gets here: Go checks.
PLAIN uint64_t tripoint_udivmod64(uint64_t n, uint64_t d, uint64_t *rem) {
	uint64_t q = 0, r = 0;
	for (int i = 0; i < 64; i++) { // constant shifts only: variable ones are calls
		r = r << 1 | n >> 63;
		n <<= 1;
		q <<= 1;
		if (r >= d) { r -= d; q |= 1; }
	}
	*rem = r;
	return q;
}

PLAIN int64_t tripoint_divmod64(int64_t n, int64_t d, int64_t *rem) {
	uint64_t r, q = tripoint_udivmod64(n < 0 ? -(uint64_t)n : n, d < 0 ? -(uint64_t)d : d, &r);
	*rem = n < 0 ? -r : r;
	return (n < 0) != (d < 0) ? -q : q;
}

// quotient in r0:r1, remainder in r2:r3, which C cannot say
#define DIVMOD64(name, fn) \
	__attribute__((naked, used)) void name(void) { \
		__asm__("push {r4, lr}\n sub sp, #16\n add r4, sp, #8\n str r4, [sp]\n" \
		        "bl " #fn "\n ldr r2, [sp, #8]\n ldr r3, [sp, #12]\n add sp, #16\n pop {r4, pc}\n"); \
	}
DIVMOD64(__aeabi_uldivmod, tripoint_udivmod64)
DIVMOD64(__aeabi_ldivmod, tripoint_divmod64)

// At -Oz variable 64-bit shifts are calls, on every core.
PLAIN uint64_t __aeabi_llsl(uint64_t v, int n) {
	uint32_t l = v, h = v >> 32;
	if (n >= 32) return (uint64_t)(l << (n - 32)) << 32;
	return n ? (uint64_t)(h << n | l >> (32 - n)) << 32 | l << n : v;
}
PLAIN uint64_t __aeabi_llsr(uint64_t v, int n) {
	uint32_t l = v, h = v >> 32;
	if (n >= 32) return h >> (n - 32);
	return n ? (uint64_t)(h >> n) << 32 | (l >> n | h << (32 - n)) : v;
}
PLAIN int64_t __aeabi_lasr(int64_t v, int n) {
	uint32_t l = v;
	int32_t h = v >> 32;
	if (n >= 32) return h >> (n - 32);
	return n ? (int64_t)((uint64_t)(uint32_t)(h >> n) << 32 | (l >> n | (uint32_t)h << (32 - n))) : v;
}

#ifdef __ARM_ARCH_6M__ // no divide instruction, no long multiply
PLAIN uint64_t tripoint_udivmod32(uint32_t n, uint32_t d) { // quotient low, remainder high
	uint32_t q = 0, r = 0;
	for (int i = 0; i < 32; i++) {
		r = r << 1 | n >> 31;
		n <<= 1;
		q <<= 1;
		if (r >= d) { r -= d; q |= 1; }
	}
	return (uint64_t)r << 32 | q;
}
PLAIN uint64_t tripoint_divmod32(int32_t n, int32_t d) {
	uint64_t v = tripoint_udivmod32(n < 0 ? -(uint32_t)n : n, d < 0 ? -(uint32_t)d : d);
	uint32_t q = v, r = v >> 32;
	if ((n < 0) != (d < 0)) q = -q;
	if (n < 0) r = -r;
	return (uint64_t)r << 32 | q;
}
PLAIN uint64_t __aeabi_uidivmod(uint32_t n, uint32_t d) { return tripoint_udivmod32(n, d); }
PLAIN uint64_t __aeabi_idivmod(int32_t n, int32_t d) { return tripoint_divmod32(n, d); }
PLAIN uint32_t __aeabi_uidiv(uint32_t n, uint32_t d) { return tripoint_udivmod32(n, d); }
PLAIN int32_t __aeabi_idiv(int32_t n, int32_t d) { return tripoint_divmod32(n, d); }

PLAIN uint64_t __aeabi_lmul(uint64_t a, uint64_t b) {
	uint32_t al = a, ah = a >> 32, bl = b, bh = b >> 32;
	uint32_t a0 = al & 0xffff, a1 = al >> 16, b0 = bl & 0xffff, b1 = bl >> 16;
	uint32_t m = a1 * b0, t = a0 * b1, mid = m + t, lo = a0 * b0;
	uint32_t hi = a1 * b1 + (mid >> 16) + (mid < m ? 0x10000u : 0);
	uint32_t low = lo + (mid << 16);
	hi += (low < lo) + al * bh + ah * bl;
	return (uint64_t)hi << 32 | low;
}
#endif
