//go:build !tinygo

package service

import (
	"fmt"
	"strings"
	"time"

	"github.com/tripoint-go/tripoint/vclock"
)

// FailedError says which resource has failed for good. Name, Message and Err are those of the one where it began, however far below
// it is.
type FailedError struct {
	Name    string
	Message string
	Err     error    // what its body returned, or nil
	Left    []string // of a root whose grace was too short besides: who did not stop
}

// Error names the resource and says what went wrong.
func (e *FailedError) Error() string {
	text := fmt.Sprintf("service %q failed: %s", e.Name, e.Message)
	if len(e.Left) > 0 {
		text += "; still running: " + names(e.Left)
	}
	return text
}

// Unwrap returns what the resource's body returned.
func (e *FailedError) Unwrap() error { return e.Err }

// StopTimeoutError says who did not stop within the grace of a root: resources that were told to stop, or, if all who were told have
// stopped, those that still wait for somebody's word.
type StopTimeoutError struct {
	Grace vclock.Duration
	Left  []string
}

// Error names the resources that did not stop.
func (e *StopTimeoutError) Error() string {
	return fmt.Sprintf("service: not stopped within %v: %s", time.Duration(e.Grace), names(e.Left))
}

func names(left []string) string {
	quoted := make([]string, len(left))
	for i, n := range left {
		quoted[i] = fmt.Sprintf("%q", n)
	}
	return strings.Join(quoted, ", ")
}

// failure returns the error for a resource that has failed, or whose tree has. It is for inside.
func (r *Resource) failure() *FailedError {
	c := r.cause
	return &FailedError{Name: c.name, Message: c.message, Err: c.err}
}
