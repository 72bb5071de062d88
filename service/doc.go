//go:build !tinygo

// Package service has resources that start, report and stop in an order: the parts of a program that serve others.
package service
