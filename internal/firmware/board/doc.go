// Package board has the tests of what runs on the boards: each builds a firmware below internal/firmware/fw for every board, runs it
// under QEMU, and looks at what it says. There is nothing else in it.
package board
