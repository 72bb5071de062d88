//go:build !unix

package bench

import "time"

var epoch = time.Now()

// cpuNs returns wall time where there is no portable way to ask for processor time.
func cpuNs() int64 { return int64(time.Since(epoch)) }
