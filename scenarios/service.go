package scenarios

import (
	"errors"
	"fmt"
	"sync/atomic"

	"github.com/tripoint-go/tripoint/internal/explore"
	"github.com/tripoint-go/tripoint/sched"
	"github.com/tripoint-go/tripoint/sched/flow"
	"github.com/tripoint-go/tripoint/sched/tsync"
	"github.com/tripoint-go/tripoint/service"
	"github.com/tripoint-go/tripoint/vclock"
)

var errService = errors.New("disk full")

// services is a program of five resources: two that serve others, two that need them and each other, and a group. One may fail, while
// it loads, serves or stops; one may not listen, and run into the grace; the program may be asked to stop at any moment, also before
// they are ready. Clients work meanwhile, somebody watches the reports, and somebody waits until the program is ready.
//
//	root ─┬─ web ──────┬─▶ cache ──▶ db      ─▶ needs
//	      │            └────────────▶ db     web is cancelled by its token, the others listen
//	      └─ group: jobs ──▶ db, log
//
// A dependency must outlive whoever needs it, what failed first must be the result, and nobody may miss the end.
func services(w *explore.World) {
	p := &servicePlan{w: w, unit: w.Span(vclock.Millisecond, 50*vclock.Microsecond)}
	p.fails, p.when, p.deaf = w.Work(6)-1, w.Work(3), w.Work(10)-5
	asked := p.time(12)
	grace := p.time(8) + p.unit
	var result error
	var watched atomic.Bool

	w.Main(sched.DetachTasks, func(t *sched.Task) int {
		p.requests.Init(t.Executor(), "requests", make([]int, 2))
		root, err := service.NewRoot(t, "program", grace)
		if err != nil {
			return -1
		}
		p.build(t, root)
		watcher := sched.Spawn(t, "watcher", func(t *sched.Task) int { return p.watch(t, &root.Resource, &watched) })
		ready := sched.Spawn(t, "waits", func(t *sched.Task) error { return root.WaitReady(t) })
		sched.SpawnChild(t, "client", p.client)
		sched.Spawn(t, "asks", func(t *sched.Task) int {
			t.Sleep(asked)
			root.Stop()
			return 0
		})
		result = root.Wait(t)
		if err, _ := ready.Join(t); err == nil {
			w.Sometimes("the program was ready", true)
		}
		watcher.Join(t)
		return 4
	})
	w.AtEnd("the root tells how its services ended", func() error { return p.judge(result, watched.Load()) })
}

const (
	svcDB = iota
	svcCache
	svcWeb
	svcJobs
	svcLog
	svcCount
)

type servicePlan struct {
	w                 *explore.World
	unit              vclock.Duration
	fails, when, deaf int // who, and while it loads, serves or stops; who does not listen
	requests          tsync.Chan[int]
	ended             [svcCount]atomic.Bool
	failed            [svcCount]atomic.Bool
	jobsNeed          atomic.Bool // the db
	all               [svcCount]atomic.Pointer[service.Resource]
}

var svcNames = [svcCount]string{"db", "cache", "web", "jobs", "log"}

func (p *servicePlan) time(n int) vclock.Duration { return vclock.Duration(p.w.Work(n)) * p.unit }

// build starts the services and registers them. What cannot be registered, because it has failed or was told to stop, is somebody's
// result in the end.
func (p *servicePlan) build(t *sched.Task, root *service.Root) {
	var r [svcCount]*service.Resource
	r[svcDB] = p.start(t, svcDB)
	r[svcCache] = p.start(t, svcCache, r[svcDB])
	r[svcWeb] = p.start(t, svcWeb, r[svcCache], r[svcDB])
	r[svcJobs] = p.start(t, svcJobs, r[svcDB])
	r[svcLog] = p.start(t, svcLog)
	group, err := service.NewGroup(t, "background", r[svcJobs], r[svcLog])
	p.w.Assert(err == nil, "nobody stops before the root", "the group says %v", err)
	for _, m := range []*service.Resource{r[svcWeb], group} {
		err := root.Add(m)
		p.w.Assert(err == nil || err == sched.ErrClosed, "a member joins, unless it is late", "%v", err)
	}
}

func (p *servicePlan) start(t *sched.Task, i int, needs ...*service.Resource) *service.Resource {
	load, life, stop := p.time(3), p.time(20), p.time(4)
	body := func(t *sched.Task, s *service.Self) error {
		err := p.run(t, s, i, needs, load, life, stop)
		p.failed[i].Store(err != nil && !t.Ending())
		p.ended[i].Store(true)
		return err
	}
	start := service.Start
	if i == svcWeb {
		start = service.StartInterruptible
	}
	first := needs
	if i == svcJobs { // it says so itself, when it runs
		first = nil
	}
	r, err := start(t, svcNames[i], body, first...)
	if err != nil { // what it needs has ended by itself
		r, err = start(t, svcNames[i], body)
	}
	p.w.Assert(err == nil, "a service starts", "%v", err)
	p.all[i].Store(r)
	return r
}

// run is the life of service i.
func (p *servicePlan) run(t *sched.Task, s *service.Self, i int, needs []*service.Resource, load, life, stop vclock.Duration) error {
	for _, other := range needs {
		if i == svcJobs {
			if err := s.Depend(other); err != nil {
				return err
			}
			p.jobsNeed.Store(true)
		}
	}
	for _, other := range needs {
		if err := other.WaitReady(t); err != nil {
			return err
		}
	}
	if err := p.step(t, load, i, 0); err != nil {
		return err
	}
	s.Ready()
	var over sched.Sleep
	over.Start(t, life)
	if i == p.fails && p.when == 1 {
		if _, err := flow.First(t, &flow.Signalled{Flag: s.Token()}, &over); err != nil {
			return err
		}
		return errService
	}
	if i == svcWeb {
		for {
			if _, err := p.requests.Recv(t); err != nil {
				return err
			}
		}
	}
	over.Abandon(t)
	if i%2 == 0 {
		s.Set(service.TemporaryFailure, "slow")
	}
	if err := s.Token().Wait(t); err != nil {
		return err
	}
	p.outlived(i)
	if i == p.deaf {
		stop = 100 * p.unit
	}
	return p.step(t, stop, i, 2)
}

// step takes a while, and fails if it is to.
func (p *servicePlan) step(t *sched.Task, d vclock.Duration, i, when int) error {
	if err := t.Sleep(d); err != nil {
		return err
	}
	if i == p.fails && when == p.when {
		return errService
	}
	return nil
}

// outlived states, when service i is told to stop, that whoever needs it has ended.
func (p *servicePlan) outlived(i int) {
	switch i {
	case svcDB:
		p.w.Assert(p.over(svcCache) && p.over(svcWeb) && (p.over(svcJobs) || !p.jobsNeed.Load()), "a dependency outlives who needs it", "the db stops too early")
	case svcCache:
		p.w.Assert(p.over(svcWeb), "a dependency outlives who needs it", "the cache stops too early")
	}
}

// over reports whether service i, if there is one, has ended.
func (p *servicePlan) over(i int) bool {
	r := p.all[i].Load()
	return r == nil || r.State().Terminal()
}

func (p *servicePlan) client(t *sched.Task) int {
	for n := 0; ; n++ {
		if err := p.requests.Send(t, n); err != nil || t.Sleep(p.unit/4) != nil {
			return n
		}
	}
}

// watch follows the reports to the last one.
func (p *servicePlan) watch(t *sched.Task, r *service.Resource, watched *atomic.Bool) int {
	sub := r.Subscribe(t)
	var last *service.Report
	var version uint64
	for {
		report, err := sub.Next(t)
		if err != nil {
			break
		}
		p.w.Assert(report.Version > version, "versions grow", "%d after %d", report.Version, version)
		last, version = report, report.Version
		t.Yield()
	}
	watched.Store(last != nil && last.State.Terminal())
	return 0
}

// judge holds the result to what the services did.
func (p *servicePlan) judge(result error, watched bool) error {
	var failed *service.FailedError
	var late *service.StopTimeoutError
	names := ""
	for i := range svcNames {
		if p.failed[i].Load() {
			names += svcNames[i] + " "
		}
	}
	switch {
	case !watched:
		return fmt.Errorf("the watcher has missed the end")
	case errors.As(result, &failed):
		p.w.Sometimes("a service failed", true)
		p.w.Sometimes("and another one did not stop", len(failed.Left) > 0)
		for i := range svcNames {
			if svcNames[i] == failed.Name && p.failed[i].Load() {
				return nil
			}
		}
		return fmt.Errorf("the root says %v, and these have failed: %s", result, names)
	case errors.As(result, &late):
		p.w.Sometimes("the grace ran out", true)
		return want(len(late.Left) > 0, "nobody was late")
	case result != nil:
		return result
	}
	p.w.Sometimes("all services are done", true)
	for i := range svcNames {
		if !p.ended[i].Load() && (i == svcDB || i == svcJobs || i == svcLog) {
			return fmt.Errorf("the root is done, and %s is not", svcNames[i])
		}
	}
	return want(names == "", "the root is done, and these have failed: %s", names)
}
