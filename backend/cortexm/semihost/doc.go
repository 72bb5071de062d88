// Package semihost is how a firmware talks to the emulator or debugger that runs it: exit status, console, command line, files of
// the host. It is for tests and examples: without a debugger, a call is a fault. While a call is under way the processor stands
// still. For every target but a Cortex-M the package is empty.
package semihost
