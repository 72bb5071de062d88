//go:build !(tinygo && cortexm)

package main

import (
	"fmt"
	"os"
)

func main() {
	fmt.Fprintln(os.Stderr, "blinky is firmware: build it with TinyGo for a board, as README.md shows under \"Run it on a Cortex-M\"")
	os.Exit(2)
}
