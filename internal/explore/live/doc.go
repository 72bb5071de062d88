// Package live makes worlds on the real kernel for the programs of package explore: descriptors, files in a directory of their
// own, an outside that raises lines, connects and calls at its time, and the io_uring backend under them. A world lives for one
// run, and counts what that run leaves open.
//
//	r := explore.NewReal("hello", explore.Config{}, program, explore.RealOptions{Workers: 2, Open: live.Open})
//	res, err := r.Run(1)
//
// Available says whether the machine has io_uring for us; on other systems than Linux it never has.
package live
