// Command blinky is a whole firmware: three tasks in static memory, on a Cortex-M board without a heap or an operating system. A
// heartbeat prints a line every second. What is typed comes back over the UART, but for b, which presses the button, and q, which
// ends the program. The button is an interrupt line that debounces.
//
// The README has the two commands that build it and run it on an emulated board. For the host there is nothing in this package.
package main
