// Package firmware builds programs for Cortex-M boards on the host and runs them under QEMU:
//
//	tc, err := firmware.Find()
//	board, err := firmware.BoardByName("lm3s6965evb")
//	elf, err := tc.Build(ctx, firmware.Firmware{Package: "./internal/firmware/fw/smoke", Board: board})
//	result, err := tc.Run(ctx, board, elf, firmware.Options{})
//
// A firmware is a main package below fw; its files have the constraint "tinygo && cortexm". The toolchain is what make toolchain
// leaves in .toolchain in the root of the module; tests skip where it is missing (internal/require).
//
// What is built is kept in .toolchain/cache under a hash of everything it was built from, so that building again takes milliseconds.
// Runs are deterministic: an instruction takes 32 ns of virtual time, and idle time passes at once. Only what a host feeds to a
// UART arrives when it pleases.
//
// All of it may be called from any goroutine, and by several processes at once.
package firmware
