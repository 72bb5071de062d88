// Package bare builds firmware for Cortex-M from plain C, with nothing of TinyGo and no C library: the firmware that the
// tools around it are tested with, and the C programs that the executor is measured against. A source includes bare.h, has
// main and Any_Handler, and ends with verdict.
//
//	err := bare.Build(ctx, bare.Boards()[0], bare.Clang, "fw.elf", []string{"fw.c"}, "-DMASKED")
//
// It runs clang-19 and ld.lld-19, for [GCC] arm-none-eabi-gcc besides; [Lacking] says what the machine does not have.
package bare

import (
	"context"
	_ "embed"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// Board is what has to be known of a QEMU machine to build for it and to reach its interrupt lines.
type Board struct {
	Machine string // its name in QEMU
	NVIC    string // QOM name or path of the object that owns the interrupt lines
	CPU     string // as both compilers call it
	Secure  bool   // it has TrustZone, and starts in the secure state

	target       string // clang's target triple
	flash, ram   uint32 // where they begin
	ramKilobytes int
}

// Boards returns a board of each of the cores M3, M0 and M33, in this order.
func Boards() []Board {
	return []Board{
		{Machine: "lm3s6965evb", NVIC: "/machine/unattached/device[1]", CPU: "cortex-m3", target: "thumbv7m-none-eabi",
			ram: 0x20000000, ramKilobytes: 64},
		{Machine: "microbit", NVIC: "armv6m", CPU: "cortex-m0", target: "thumbv6m-none-eabi", ram: 0x20000000, ramKilobytes: 16},
		{Machine: "mps2-an505", NVIC: "armv7m0", CPU: "cortex-m33", target: "thumbv8m.main-none-eabi",
			flash: 0x10000000, ram: 0x38000000, ramKilobytes: 4096, Secure: true},
	}
}

// Compiler names one of the C compilers.
type Compiler string

// The compilers. Both objects are linked by ld.lld-19.
const (
	Clang Compiler = "clang-19"
	GCC   Compiler = "arm-none-eabi-gcc"
)

const linker = "ld.lld-19"

// Lacking returns an error that names a program which is needed and not on the PATH, or nil. Besides the compiler that is
// the linker, and QEMU, without which the result is of no use.
func Lacking(cc Compiler) error {
	for _, program := range []string{string(cc), linker, "qemu-system-arm"} {
		if _, err := exec.LookPath(program); err != nil {
			return fmt.Errorf("bare: %w", err)
		}
	}
	return nil
}

//go:embed c/start.c
var startC string

//go:embed c/bare.h
var bareH string

//go:embed c/layout.ld
var layout string

// Build compiles the sources and links them with the start-up code into the ELF file out. Flags come after ours and so win
// against them: the default is -Os with line numbers. An error carries what the compiler or the linker said. Scratch files
// live in a temporary folder that is gone when Build returns.
func Build(ctx context.Context, b Board, cc Compiler, out string, sources []string, flags ...string) error {
	dir, err := os.MkdirTemp("", "bare")
	if err != nil {
		return fmt.Errorf("bare: %w", err)
	}
	defer os.RemoveAll(dir)
	script := fmt.Sprintf("MEMORY\n{\n\tFLASH (rx) : ORIGIN = %#x, LENGTH = 256K\n\tRAM (rwx) : ORIGIN = %#x, LENGTH = %dK\n}\n%s",
		b.flash, b.ram, b.ramKilobytes, layout)
	for name, text := range map[string]string{"start.c": startC, "bare.h": bareH, "board.ld": script} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o666); err != nil {
			return fmt.Errorf("bare: %w", err)
		}
	}
	compile := []string{"-mcpu=" + b.CPU, "-mthumb", "-mfloat-abi=soft", "-ffreestanding", "-fomit-frame-pointer", "-std=gnu11",
		"-ffunction-sections", "-fdata-sections", "-Wall", "-Werror", "-Os", "-g", "-I", dir}
	if cc == Clang {
		compile = append(compile, "--target="+b.target)
	}
	compile = append(compile, flags...)
	link := []string{"--gc-sections", "-T", filepath.Join(dir, "board.ld"), "-o", out}
	for i, source := range append([]string{filepath.Join(dir, "start.c")}, sources...) {
		object := filepath.Join(dir, fmt.Sprintf("%d.o", i))
		if err := command(ctx, string(cc), append(compile, "-c", source, "-o", object)...); err != nil {
			return err
		}
		link = append(link, object)
	}
	return command(ctx, linker, link...)
}

// command runs a program to its end. It stays silent unless the program fails.
func command(ctx context.Context, name string, args ...string) error {
	said, err := exec.CommandContext(ctx, name, args...).CombinedOutput()
	if err != nil {
		return fmt.Errorf("bare: %s: %w\n%s", name, err, strings.TrimSpace(string(said)))
	}
	return nil
}
