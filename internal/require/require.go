// Package require is for tests of what not every machine has: io_uring, a kernel that runs 386 programs. On a machine that lacks it
// they are skipped, and say why. The environment variable TRIPOINT_REQUIRE, a list separated by commas,
// names the features whose lack is a failure instead, so that CI cannot pass by skipping.
package require

import (
	"os"
	"slices"
	"strings"
	"testing"
)

// The features that tests ask for.
const (
	Uring   = "uring"   // io_uring, and whatever else tests on the kernel want: a compiler, mounts, namespaces, /proc
	IA32    = "386"     // a kernel that runs programs for linux/386
	Cortexm = "cortexm" // TinyGo, clang, lld and QEMU: make toolchain
)

const variable = "TRIPOINT_REQUIRE"

// Demanded reports whether the machine must have the feature. Any goroutine may call it.
func Demanded(feature string) bool {
	return slices.Contains(strings.Split(os.Getenv(variable), ","), feature)
}

// Lacking ends the test because the machine lacks what why names: it fails where the feature is demanded, and is skipped
// elsewhere. Only the test's own goroutine may call it.
func Lacking(t testing.TB, feature string, why any) {
	t.Helper()
	if Demanded(feature) {
		t.Fatalf("%s demands %s: %v", variable, feature, why)
	}
	t.Skipf("not tested here: %v", why)
}
