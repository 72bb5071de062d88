//go:build tinygo && cortexm

// Package main is a firmware that refers to everything a firmware may use. Without a heap the linker objects to an allocation, but
// only in code that somebody uses: here that is all of it. Each function is kept as a value, so the compiler cannot make it
// fit one caller.
package main

import (
	"runtime/volatile"
	"unsafe"

	"github.com/tripoint-go/tripoint/backend/cortexm/semihost"
)

func main() {
	vclockNames()
	backendNames()
	cortexmNames()
	semihostNames()
	schedNames()
	flowNames()
	tsyncNames()
	serviceNames()
	semihost.Exit(0, nil)
}

var kept volatile.Register32

// keep writes the address of f's code where the compiler does not see who reads it. A func value of TinyGo is a context and
// a pointer to code.
func keep[F any](f F) { kept.Set(uint32((*[2]uintptr)(unsafe.Pointer(&f))[1])) }
