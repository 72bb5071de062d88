package sched

import "github.com/tripoint-go/tripoint/backend"

// Token is a stop token of a scope: advice to stop, which its holder is trusted to follow, and a mark by which the scope
// knows that somebody has not finished stopping. It counts until Release or the end of the task that took it. The zero value
// is no token.
type Token struct {
	id    int64
	scope *Scope
	res   Resource
	node  Node
	wait  Resource // the wait of a task that does not hold the token
}

// Take makes k a token of s held by t. A token that is held already is a programmer error; a scope that is gone gives
// ErrClosed, a task that is being torn down ErrCancelled (NC9). Fired scopes give out tokens too: they read fired.
func (s *Scope) Take(k *Token, t *Task) error {
	in := t.Enter()
	err := s.take(k, t)
	t.Leave(in)
	return err
}

func (s *Scope) take(k *Token, t *Task) error {
	if k.scope != nil {
		t.ex.Misuse("sched: a token is taken once")
	}
	if s.state == scopeGone || s.state == scopeNew {
		return ErrClosed
	}
	if t.flags&flagDropping != 0 {
		return ErrCancelled
	}
	ex := s.flag.ex
	k.id, k.scope = ex.NewID(), s
	for p := s; p != nil; p = p.parent {
		p.tokens++
	}
	ex.scopeTokens++
	t.Own(&k.res, k, releaseToken)
	ex.tr.Emit(backend.EvTokenTake, k.id, s.flag.ID(), int64(t.id), 0, 0)
	if !ex.tokenTaken {
		ex.tokenTaken = true
		if ex.caps.Signals && ex.run.main {
			ex.be.SignalEnable(true)
		}
	}
	return nil
}

func releaseToken(of any, _ *Task) { of.(*Token).drop() }

// Release gives the token back; idempotent. It is for the task that took it.
func (k *Token) Release() {
	if k.scope != nil {
		ex := k.scope.flag.ex
		ex.Lock()
		k.drop()
		ex.Unlock()
	}
}

func (k *Token) drop() {
	s := k.scope
	if k.node.Linked() {
		if t := k.node.task; t == k.res.Owner() || t.flags&flagDropping != 0 {
			k.node.Unlink()
		} else {
			k.node.Fire(backend.WakeToken)
		}
	}
	k.res.Disown()
	k.wait.Disown()
	k.scope = nil
	ex := s.flag.ex
	ex.scopeTokens--
	ex.tr.Emit(backend.EvTokenDrop, k.id, 0, 0, 0, 0)
	for p := s; p != nil; p = p.parent {
		p.tokens--
		if !p.changed.Empty() {
			p.changed.Pass(ex, backend.WakeToken)
		}
	}
}

// Flag returns the flag of the token's scope, to combine it, nil once the token is released. What is combined does not count: it
// asks nobody to wait.
func (k *Token) Flag() *Flag {
	if k.scope == nil {
		return nil
	}
	return &k.scope.flag
}

// IsCancelled reports whether the scope has fired; a released token reads fired. It costs two loads.
func (k *Token) IsCancelled() bool { return k.scope == nil || k.scope.IsCancelled() }

// Poll is Ready once the scope has fired.
func (k *Token) Poll(t *Task) Poll {
	in := t.Enter()
	p := Ready
	if k.wait.Owner() != t {
		k.wait.Disown() // the wait moves to t
	}
	if k.IsCancelled() {
		k.wait.Disown()
	} else {
		if k.res.Owner() != t && k.wait.Owner() == nil {
			t.Own(&k.wait, k, releaseTokenWait)
		}
		if !k.node.Linked() {
			k.scope.flag.waiters.Link(&k.node, t)
		}
		k.node.follow(t)
		t.blocked = k
		p = Pending
	}
	t.Leave(in)
	return p
}

func releaseTokenWait(of any, _ *Task) { of.(*Token).node.Unlink() }

// Abandon stops waiting and keeps the token; idempotent.
func (k *Token) Abandon(t *Task) {
	in := t.Enter()
	k.wait.Disown()
	k.node.Unlink()
	t.Leave(in)
}

// Wait waits until the scope fires. Straight-line tasks only.
func (k *Token) Wait(t *Task) error { return Await(t, k) }

// Blocked implements Blocker.
func (k *Token) Blocked() WaitInfo {
	if k.scope == nil {
		return WaitInfo{What: "stop token", ID: k.id}
	}
	return WaitInfo{What: "stop token", ID: k.scope.flag.ID(), Name: k.scope.name}
}
