//go:build !tinygo

package sched

import (
	"fmt"
	"slices"
	"strings"
)

// ScopeLateError says who had not stopped when a scope's grace was over. For [errors.Is] and for [Is] it is ErrScopeLate.
type ScopeLateError struct {
	Scope     string
	Cancelled []string // members that were cancelled, of the scope and of those below it, newest first in each
	Holding   []string // tasks that still held a token, in slot order
}

// Error names the scope, the members and the holders.
func (e *ScopeLateError) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "sched: scope %q was late to close", e.Scope)
	if len(e.Cancelled) > 0 {
		fmt.Fprintf(&b, ", cancelled %q", e.Cancelled)
	}
	if len(e.Holding) > 0 {
		fmt.Fprintf(&b, ", tokens are held by %q", e.Holding)
	}
	return b.String()
}

// Is makes the error equal to ErrScopeLate.
func (e *ScopeLateError) Is(target error) bool { return target == ErrScopeLate }

// detailed reports whether err is e with more to it.
func detailed(err error, e Error) bool {
	_, late := err.(*ScopeLateError)
	return late && e == ErrScopeLate
}

type lateDetail struct{ err *ScopeLateError }

// nameLate takes down who is late.
func (s *Scope) nameLate() {
	e := &ScopeLateError{Scope: s.name}
	for c := s; c != nil; c = c.after(s) {
		for t := c.youngest; t != nil; t = t.older {
			if t.flags&flagsEnding == 0 {
				e.Cancelled = append(e.Cancelled, t.name)
			}
		}
	}
	s.flag.ex.EachTask(func(t *Task) {
		if slices.ContainsFunc(tokensOf(t), s.covers) {
			e.Holding = append(e.Holding, t.name)
		}
	})
	s.detail.err = e
}

func tokensOf(t *Task) []*Token {
	var ks []*Token
	for r := t.newest; r != nil; r = r.prev {
		if k, is := r.of.(*Token); is {
			ks = append(ks, k)
		}
	}
	return ks
}

// covers reports whether the token is one of s or of a scope below it.
func (s *Scope) covers(k *Token) bool {
	for p := k.scope; p != nil; p = p.parent {
		if p == s {
			return true
		}
	}
	return false
}

func (s *Scope) lateError() error {
	if s.detail.err == nil { // it was not the grace of this close that was over
		return ErrScopeLate
	}
	return s.detail.err
}
