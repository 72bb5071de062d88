//go:build linux

package uring_test

import (
	"testing"

	"github.com/tripoint-go/tripoint/backend/backendtest"
	"github.com/tripoint-go/tripoint/backend/uring"
)

// onLane is a test that runs on a lane's thread, where Fatalf must not end the goroutine.
type onLane struct{ *testing.T }

type stop struct{}

func (t onLane) Fatalf(format string, args ...any) {
	t.Helper()
	t.Errorf(format, args...)
	panic(stop{})
}

// A ring that belongs to one thread does on it what every other ring does.
func TestConformanceOwned(t *testing.T) {
	for _, c := range backendtest.Cases() {
		w := world{t, open(t, uring.Options{Lines: 4, Owned: true})}
		if !c.Fits(w) {
			continue
		}
		t.Run(c.Name, func(t *testing.T) {
			w := world{t, open(t, uring.Options{Lines: 4, Owned: true})}
			done := make(chan struct{})
			w.b.Run(func() {
				defer close(done)
				defer func() {
					if v := recover(); v != nil && v != any(stop{}) {
						t.Errorf("the case panicked: %v", v)
					}
				}()
				c.Run(onLane{t}, w)
			})
			<-done
		})
	}
}
