//go:build tinygo

package flow

// text is the cause alone: without a heap, the member's name cannot be put before it.
func (e *MemberError) text() string { return e.Err.Error() }
