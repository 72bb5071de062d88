//go:build !tinygo

// Package service has resources that start, report and stop in an order: the parts of a program that serve others, such as a listener
// that needs a cache that needs a database.
//
//	root, err := service.NewRoot(t, "shop", 5*vclock.Second)
//	db, err := service.Start(t, "db", func(t *sched.Task, s *service.Self) error {
//		...                        // connect
//		s.Ready()
//		return s.Token().Wait(t)   // until nobody needs it any more; then put things in order
//	})
//	web, err := service.Start(t, "web", func(t *sched.Task, s *service.Self) error {
//		if err := db.WaitReady(t); err != nil {
//			return err
//		}
//		...
//	}, db)                         // needs the database, until it has ended
//	err = root.Add(web)
//	err = root.Wait(t)             // SIGTERM, a failure, or the end of all
//
// Terms. A resource has a state of its own; the overall state of a tree is the worst in it ([Merge]). Its owners agree when it stops:
// each of them adds a token, and when all tokens have fired, the resource is told to stop by its own. A dependency is a resource that
// another one needs: it is told to stop only when everyone who needs it has ended. A group is several resources as one; the root is the
// group at the top of a program.
//
// When to use what (see also the document on bundles): a resource is for what takes steps to stop, has several owners, is ready some
// time after its start, or must not be cut off. Work that is safe to cancel at every await and has one owner is better a member of a
// flow.Bundle. Work that cannot fail may be a child task. Never spawn what can fail and whose error nobody sees: the error of a resource
// is in the report of everyone above it.
//
// Promises:
//
//  1. A resource is told to stop only when everybody who registered it agrees (SD7), and a body is never cancelled, unless it was
//     started by [StartInterruptible].
//  2. A terminal state is that of the body's result, and final (MT3).
//  3. A subscriber may skip reports, and never the last (MT2).
//  4. The first permanent failure is the result of the root, under the name of the resource that failed. The others get their token,
//     and time until the grace is over (MT4, SD8). Who had not stopped by then is named.
//
// A change runs through the tree above it in one step, which costs a walk over what is above and beside. It is inside the core: states,
// reports and tokens that a task sees fit each other, with any number of workers. Everything here allocates, except where it says
// otherwise, and it is for hosts, except for the states. Resources are for the tasks of one executor; a panic in a body ends the run,
// like any other.
package service
