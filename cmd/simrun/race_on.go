//go:build race

package main

// raceDetector says that this build has the race detector, whose own memory grows with every goroutine.
const raceDetector = true
