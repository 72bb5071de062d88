package sched

// TokensWait is the future that is Ready when a scope and its descendants have no live token: everybody who was told to stop has
// stopped. Tokens that are taken later count again. Set Scope before the first poll. It does not allocate.
type TokensWait struct {
	Scope *Scope
	node  Node
	own   Resource
}

// Poll is Ready while the number of tokens is 0.
func (w *TokensWait) Poll(t *Task) Poll {
	in := t.Enter()
	p := w.poll(t)
	t.Leave(in)
	return p
}

func (w *TokensWait) poll(t *Task) Poll {
	if w.Scope.tokens == 0 {
		w.leave()
		return Ready
	}
	if w.own.Owner() != t {
		w.leave()
		t.Own(&w.own, w, releaseTokensWait)
	}
	if !w.node.Linked() {
		w.Scope.changed.Link(&w.node, t)
	}
	t.blocked = w.Scope
	return Pending
}

func releaseTokensWait(of any, _ *Task) { of.(*TokensWait).leave() }

func (w *TokensWait) leave() {
	w.node.Unlink()
	w.own.Disown()
}

// Abandon stops waiting; idempotent.
func (w *TokensWait) Abandon(t *Task) {
	in := t.Enter()
	w.leave()
	t.Leave(in)
}

// WaitForTokens waits until the scope and its descendants have no live token, and returns at once while there is none. A task that
// holds one itself waits for itself. The error is ErrCancelled if t is cancelled. Straight-line tasks only; it does not allocate.
func (s *Scope) WaitForTokens(t *Task) error {
	in := t.Enter()
	var err error
	for err == nil && (s.tokens > 0 || t.flags&flagDropping != 0) {
		_, _, err = t.Park(&s.changed, s)
	}
	t.Leave(in)
	return err
}
