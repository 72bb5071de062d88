package main

import (
	"strings"
	"testing"
)

// The line to paste says go run if that is how the tool was called, wherever the go command keeps what it builds.
func TestCalledByGoRun(t *testing.T) {
	for name, want := range map[string]bool{
		"/tmp/go-build123/b001/exe/simrun":                           true,
		"/home/u/cache/53/" + strings.Repeat("0a", 32) + "-d/simrun": true,
		"bin/simrun":          false,
		"/opt/tools-d/simrun": false,
		"/x/" + strings.Repeat("0g", 32) + "-d/simrun": false,
	} {
		if got := byGoRun(name); got != want {
			t.Errorf("%s: %t, want %t", name, got, want)
		}
	}
}
