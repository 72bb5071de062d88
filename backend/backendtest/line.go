package backendtest

import "github.com/tripoint-go/tripoint/backend"

func lineCases() []Case {
	return []Case{
		{"LineReports", needs{lines: 1}, lineReports},
		{"DisabledLineStaysPending", needs{lines: 1}, disabledLineStaysPending},
		{"RequestsCoalesce", needs{lines: 1}, requestsCoalesce},
		{"LinePendReports", needs{lines: 1}, linePendReports},
		{"LinesAreIndependent", needs{lines: 2}, linesAreIndependent},
	}
}

// A request of an enabled line ends Wait and is reported, as an interrupt.
func lineReports(r *rig) {
	r.b.LineEnable(0)
	r.w.Raise(0)
	r.until("an interrupt", func() bool { return r.lines[0] > 0 })
	r.b.LineDisable(0)
}

// While a line is disabled its requests stay pending: nothing is reported, nothing is lost.
func disabledLineStaysPending(r *rig) {
	r.w.Raise(0)
	r.linger(quiet)
	if r.lines[0] != 0 {
		r.Fatalf("a disabled line was reported")
	}
	r.b.LineEnable(0)
	r.until("an interrupt that was pending", func() bool { return r.lines[0] > 0 })
	r.b.LineDisable(0)
}

// The pending bit is one bit: requests that nobody served coalesce.
func requestsCoalesce(r *rig) {
	for range 5 {
		r.w.Raise(0)
		r.b.LinePend(0)
	}
	r.linger(quiet)
	r.b.LineEnable(0)
	r.until("an interrupt", func() bool { return r.lines[0] > 0 })
	r.linger(quiet)
	if r.lines[0] != 1 && !r.w.Noisy() {
		r.Errorf("10 requests of a disabled line gave %d reports, want 1", r.lines[0])
	}
	r.b.LineDisable(0)
}

// A request by software is reported like one of a device, each time anew.
func linePendReports(r *rig) {
	r.b.LineEnable(0)
	for i := range 5 {
		r.b.LinePend(0)
		r.until("a software interrupt", func() bool { return r.lines[0] > i })
	}
	r.b.LineDisable(0)
	seen := r.lines[0]
	r.b.LinePend(0)
	r.linger(quiet)
	if r.lines[0] != seen {
		r.Errorf("a software request of a disabled line was reported")
	}
}

// Lines do not affect each other, and one Reap reports a line at most once.
func linesAreIndependent(r *rig) {
	r.b.LineEnable(1)
	r.w.Raise(0)
	r.w.Raise(1)
	r.linger(quiet)
	if r.lines[0] != 0 || r.lines[1] == 0 {
		r.Errorf("lines 0 (disabled) and 1 were requested; reports: %v", r.lines)
	}
	r.b.LineEnable(0)
	r.b.LinePend(1)
	var into [8]backend.Completion
	seen := map[int32]int{}
	for _, c := range into[:r.b.Reap(into[:])] {
		if c.Kind == backend.CompletionLine {
			seen[c.N]++
		}
	}
	if seen[0] > 1 || seen[1] > 1 {
		r.Errorf("one Reap reported lines this often: %v", seen)
	}
	r.b.LineDisable(0)
	r.b.LineDisable(1)
}
