//go:build !tinygo

package sched_test

import (
	"errors"
	"fmt"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/tripoint-go/tripoint/internal/explore"
	"github.com/tripoint-go/tripoint/internal/modeltest"
	"github.com/tripoint-go/tripoint/sched"
	"github.com/tripoint-go/tripoint/sched/flow"
	"github.com/tripoint-go/tripoint/vclock"
)

// scopeModel is the model of one life of a scope: a node that knows what is in it.
type scopeModel struct {
	name      string
	above     *scopeModel // nil: the root scope
	below     []*scopeModel
	fired     bool
	shut      bool // closing by itself: it takes no members
	closing   bool // by itself, or because something above it is: it takes none once that grace is over
	gone      bool
	tokens    map[*sched.Token]bool
	members   map[string]bool // those that run
	cancelled []string        // members that were cancelled
}

func (n *scopeModel) fire() {
	n.fired = true
	for _, c := range n.below {
		c.fire()
	}
}

func (n *scopeModel) close() {
	n.shut = true
	for _, c := range n.all() {
		c.closing = true
	}
}

// all returns n and what is below it.
func (n *scopeModel) all() []*scopeModel {
	out := []*scopeModel{n}
	for _, c := range n.below {
		out = append(out, c.all()...)
	}
	return out
}

// count returns what n and the scopes below it have had.
func (n *scopeModel) count() (tokens int, cancelled []string) {
	for _, c := range n.all() {
		tokens += len(c.tokens)
		cancelled = append(cancelled, c.cancelled...)
	}
	return tokens, cancelled
}

// treeModel is a tree of scopes, one of each task, and its model.
type treeModel struct {
	w      *explore.World
	root   scopeModel
	scopes [5]sched.Scope
	nodes  [5]*scopeModel
	held   map[int][]*sched.Token
	lives  int
	crew   int
}

// check compares what the scopes say.
func (m *treeModel) check() {
	for i, n := range m.nodes {
		if n == nil {
			continue
		}
		s := &m.scopes[i]
		tokens, _ := n.count()
		m.w.Assert(s.IsCancelled() == n.fired, "a scope has fired if it, or one above it, was triggered or closed", "%s: %t", n.name, s.IsCancelled())
		m.w.Assert(s.Tokens() == tokens, "a scope counts the tokens in it and below it", "%s: %d, want %d", n.name, s.Tokens(), tokens)
		m.w.Assert(s.Members() >= len(n.members), "a scope has its members", "%s: %d, want %d", n.name, s.Members(), len(n.members))
	}
}

func (m *treeModel) open(t *sched.Task, me, arg int) {
	s := &m.scopes[me]
	if n := m.nodes[me]; n != nil && (!n.gone || s.Tokens() > 0) {
		return
	}
	above, parent := &m.root, m.w.Exec.RootScope()
	if arg != me && arg < m.crew && m.nodes[arg] != nil {
		above, parent = m.nodes[arg], &m.scopes[arg]
	}
	m.lives++
	name := fmt.Sprint("s", m.lives)
	err := s.Open(t, name, parent)
	m.w.Assert(err == nil && !above.gone && !t.Ending() || err == sched.ErrClosed && (above.closing || t.Ending()), "a scope opens below an open one", "%v", err)
	if err == nil {
		n := &scopeModel{name: name, above: above, fired: above.fired, tokens: map[*sched.Token]bool{}, members: map[string]bool{}}
		above.below, m.nodes[me] = append(above.below, n), n
	}
}

func (m *treeModel) take(t *sched.Task, me, arg int) {
	k, n := new(sched.Token), m.nodes[arg]
	err := m.scopes[arg].Take(k, t)
	if err != nil {
		m.w.Assert(t.Ending() && err == sched.ErrCancelled || err == sched.ErrClosed && (n == nil || n.closing), "an open scope gives tokens", "%v", err)
		return
	}
	m.w.Assert(n != nil && !n.gone && k.IsCancelled() == n.fired, "a token says what its scope says", "")
	n.tokens[k] = true
	m.held[me] = append(m.held[me], k)
}

func (m *treeModel) drop(me, i int) {
	k := m.held[me][i]
	for _, n := range m.root.all() {
		delete(n.tokens, k)
	}
	m.held[me] = slices.Delete(m.held[me], i, i+1)
}

// spawn adds a member that stops when it is told to, or does not listen.
func (m *treeModel) spawn(t *sched.Task, me, arg int) {
	n, s := m.nodes[arg], &m.scopes[arg]
	m.lives++
	name := fmt.Sprint("m", m.lives)
	patience := vclock.Duration(m.w.Work(4)) * vclock.Duration(m.w.Work(30))
	h := sched.SpawnWith(t, name, sched.SpawnOptions{Scope: s}, func(t *sched.Task) int {
		n.members[name] = true // one that is cancelled before its first poll never gets here
		defer func() {
			delete(n.members, name)
			if t.Ending() {
				n.cancelled = append(n.cancelled, name)
			}
		}()
		if m.w.Work(2) == 0 {
			if s.Wait(t) == nil {
				m.w.Assert(n.fired, "a member is told when its scope fires", "%s", name)
				t.Sleep(patience)
			}
			return 0
		}
		t.Sleep(5 * patience)
		return 0
	})
	if h.Err() == nil {
		m.w.Assert(n != nil && !n.gone && !n.shut, "a scope that closes takes no members", "%s", name)
		return
	}
	m.w.Assert(h.Err() == sched.ErrTasksFull || h.Err() == sched.ErrClosed && (n == nil || n.closing), "an open scope takes members", "%v", h.Err())
}

// shut closes the own scope and judges the result.
func (m *treeModel) shut(t *sched.Task, me int, grace vclock.Duration) {
	n := m.nodes[me]
	if n == nil || n.gone || t.Ending() {
		return
	}
	n.fire()
	n.close()
	from := m.w.Exec.Now()
	_, before := n.count()
	err := m.scopes[me].Close(t, grace)
	if err == sched.ErrCancelled {
		m.w.Assert(t.Ending(), "a close is cancelled with its task", "")
		return
	}
	took := m.w.Exec.Now().Sub(from)
	tokens, _ := n.count()
	for _, c := range n.all() {
		c.gone = true
		m.w.Assert(len(c.members) == 0, "a closed scope leaves nobody behind", "%s: %v", c.name, c.members)
	}
	if above := n.above; above != nil {
		above.below = slices.DeleteFunc(above.below, func(c *scopeModel) bool { return c == n && tokens == 0 })
	}
	var late *sched.ScopeLateError
	switch {
	case err == nil:
		m.w.Assert(tokens == 0 || took < grace || grace == 0, "a close in time leaves no token", "%d", tokens)
	case errors.As(err, &late):
		m.w.Assert(took >= grace && len(late.Cancelled)+len(late.Holding) > 0, "a late close names somebody, after the grace", "%v after %d", err, took)
		for _, name := range late.Cancelled {
			m.w.Assert(!slices.Contains(before, name), "whom it names had not been cancelled before", "%s", name)
		}
	default:
		m.w.Assert(sched.Is(err, sched.ErrScopeLate), "a close ends in time or late", "%v", err)
	}
}

func (m *treeModel) do(t *sched.Task, me int, s modeltest.Step) bool {
	other := s.Arg % m.crew
	n := m.nodes[other]
	switch s.Act {
	case 1, 2:
		m.open(t, me, s.Arg)
	case 3:
		m.take(t, me, other)
	case 4:
		if len(m.held[me]) > 0 {
			k := m.held[me][0]
			m.drop(me, 0)
			k.Release()
		}
	case 5:
		if n != nil {
			n.fire()
			m.scopes[other].Trigger()
		}
	case 6, 7:
		if n != nil {
			m.spawn(t, me, other)
		}
	case 8:
		m.shut(t, me, vclock.Duration(s.Arg*5))
	case 9:
		if len(m.held[me]) > 0 {
			k := m.held[me][0]
			if err := k.Wait(t); err != nil {
				m.w.Assert(err == sched.ErrCancelled && t.Ending(), "a wait ends when the scope fires", "%v", err)
				return false
			}
			m.w.Assert(k.IsCancelled(), "a token that was waited for has fired", "")
		}
	case 10:
		if n != nil {
			m.settled(t, &m.scopes[other], n)
		}
	case 11:
		return t.Sleep(vclock.Duration(s.Arg)) == nil
	case 12:
		return t.Yield() == nil
	}
	m.check()
	return true
}

// settled waits until the scope counts no tokens; not for ever, because others may do so, with tokens in their hands.
func (m *treeModel) settled(t *sched.Task, s *sched.Scope, n *scopeModel) {
	tokens, _ := n.count()
	if tokens == 0 {
		at, err := m.w.Exec.Steps(), s.WaitForTokens(t)
		m.w.Assert(t.Ending() || err == nil && m.w.Exec.Steps() == at, "with no token there is nothing to wait for", "%v", err)
	} else if flow.WithTimeout(t, 50, &sched.TokensWait{Scope: s}) == nil {
		tokens, _ = n.count()
		m.w.Assert(tokens == 0, "a wait for tokens ends when there are none", "%d are left", tokens)
	}
}

// left is the end of a task, which closes its scope and releases its tokens right after this.
func (m *treeModel) left(_ *sched.Task, me int) {
	for len(m.held[me]) > 0 {
		m.drop(me, 0)
	}
	if n := m.nodes[me]; n != nil && !n.gone {
		n.fire()
		n.close()
	}
}

// Tasks open scopes below those of others, take tokens, add members, trigger and close.
func TestModelScope(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		program := modeltest.Draw(t, 13)
		modeltest.Play(t, 1, rapid.Uint64().Draw(t, "seed"), func(w *explore.World) {
			m := &treeModel{w: w, held: map[int][]*sched.Token{}, crew: len(program)}
			modeltest.Crew(w, program, m.do, m.left)
			modeltest.Rescue(w, func() {
				m.root.fire()
				w.Exec.RootScope().Trigger()
			})
		})
	})
}
