//go:build notrace

package backend

// Tracing is false: the program was built with the tag notrace. Every trace stays empty.
const Tracing = false
