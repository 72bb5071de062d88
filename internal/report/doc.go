// Package report writes what runs came to for people: a failure in a fixed order, the table of a sweep, the tasks that wait
// for each other. It runs nothing and decides nothing. Equal input gives equal bytes.
package report
