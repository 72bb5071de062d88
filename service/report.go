//go:build !tinygo

package service

// Report is what a resource said of itself at one moment, and what those below it did. It does not change, and is for anybody.
type Report struct {
	Name    string
	State   State // its own
	Message string
	Err     error     // why it failed: what its body returned; nil unless State is PermanentFailure
	Below   []*Report // what it depends on, or the members of a group or root, in the order of registration; none once it has ended
	Version uint64    // grows with each change, its own or one below
	cause   *Report
}

// Overall returns the worst state in the tree: the fold of Merge. It costs a walk over the tree.
func (p *Report) Overall() State {
	s := p.State
	for _, b := range p.Below {
		s = Merge(s, b.Overall())
	}
	return s
}

// Cause returns the report that the overall state comes from: of a tree with a failure that of the resource that failed, with its
// name and message, and not that of the root.
func (p *Report) Cause() *Report { return p.cause }

// report returns the report of r's version; reports are made when somebody asks, and shared. It is for inside.
func (r *Resource) report() *Report {
	if r.last != nil && r.last.Version == r.version {
		return r.last
	}
	p := &Report{Name: r.name, State: r.own, Message: r.message, Err: r.err, Version: r.version}
	p.cause = p
	for _, l := range r.below {
		b := l.child.report()
		p.Below = append(p.Below, b)
		if l.child.cause == r.cause && p.cause == p && r.cause != r {
			p.cause = b.cause
		}
	}
	if r.own.Terminal() && r.cause != r {
		b := r.cause.report()
		p.Below, p.cause = []*Report{b}, b.cause
	}
	r.last = p
	return p
}
