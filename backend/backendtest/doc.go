// Package backendtest is the conformance suite of package backend: what every backend has to do, as tests that any backend
// can run against itself. A backend's own test calls [Run] with a function that makes its [World].
//
// Every case names the duty it explains (their list is in the comment of package backend) and runs in a fresh world. A
// backend that lacks an op or has no lines gets no subtest for what needs them. Duty 8, that a backend never polls a task,
// has no case: a backend does not know tasks, which its imports show.
//
// The cases hold for worlds with faults: transfers may be short, interrupted or refused for the moment, submissions may be
// partial, completions may come in any order. Only failing disks are left out, because no case touches a file.
package backendtest
