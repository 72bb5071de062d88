//go:build !linux

package live

import (
	"errors"

	"github.com/tripoint-go/tripoint/internal/explore"
)

// Available returns nil if this machine has io_uring for us, or why it has not.
func Available() error { return errors.New("live: io_uring is of Linux, and this is another system") }

// Open makes a world for one run on a backend with so many workers. The error says why this machine cannot have one.
func Open(explore.Config, int) (explore.Ground, error) {
	return nil, Available()
}
