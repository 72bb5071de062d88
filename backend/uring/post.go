//go:build linux

package uring

import "sync"

// post sends the messages that wake lanes where the kernel wants a ring for that, as before Linux 6.13. All lanes share it. It is
// not one of theirs: nothing in a lane waits for it, no cancel of everything ends it, and it sends while the lane's worker is in
// Wait.
type post struct {
	mu sync.Mutex
	q  *queue // nil: not needed
}

func (p *post) open() error {
	if p.q != nil {
		return nil
	}
	var err error
	p.q, err = openQueue(queueParams{entries: 8, flags: setupSubmitAll | setupNoSQArray})
	return err
}

// send sends a message, inside the call. What the kernel has no resources for goes with the next one.
func (p *post) send(message *sqe) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.q == nil {
		return // closed meanwhile
	}
	if e := p.q.get(); e != nil { // else as many messages wait as there are entries
		*e = *message
	}
	_ = p.q.submit()
	var sent [8]cqe
	for p.q.reap(sent[:]) > 0 {
	}
}

func (p *post) close() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.q == nil {
		return nil
	}
	q := p.q
	p.q = nil
	return q.close()
}
