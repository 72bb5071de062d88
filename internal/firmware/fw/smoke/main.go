//go:build tinygo && cortexm

// Command smoke shows that firmware is built, starts and ends: its exit status is 42.
package main

// void smoke_exit(unsigned status);
import "C"

func main() {
	C.smoke_exit(42)
}
