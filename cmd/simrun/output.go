package main

import (
	"fmt"
	"os"

	"github.com/tripoint-go/tripoint/internal/explore"
)

// output is standard output. It remembers the first error, so that a result that got lost is no success, whoever wrote it.
type output struct {
	file *os.File
	err  error
}

// Write implements [io.Writer].
func (o *output) Write(text []byte) (int, error) {
	n, err := o.file.Write(text)
	if err != nil && o.err == nil {
		o.err = err
	}
	return n, err
}

// written returns the exit code of a call that would end with code, had all that it wrote arrived.
func (t *tool) written(code int) int {
	if t.stdout.err == nil {
		return code
	}
	fmt.Fprintf(t.stderr, "simrun: standard output was lost: %v\n", t.stdout.err)
	return explore.ExitInternal
}
