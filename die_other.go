//go:build !unix

package tripoint

// dieBy returns the status that stands for a death by signal n.
func dieBy(n int) int { return exitSignal + n }
