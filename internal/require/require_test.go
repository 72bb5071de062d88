package require

import (
	"fmt"
	"testing"
)

// judge is a test that keeps how it was ended first: what follows is never reached in a real one.
type judge struct {
	testing.TB
	ends []string
}

func (*judge) Helper() {}

func (j *judge) Fatalf(format string, args ...any) {
	j.ends = append(j.ends, "failed: "+fmt.Sprintf(format, args...))
}

func (j *judge) Skipf(format string, args ...any) {
	j.ends = append(j.ends, "skipped: "+fmt.Sprintf(format, args...))
}

// A lack is a failure where the list names the feature, and nowhere else.
func TestLacking(t *testing.T) {
	for _, c := range []struct{ list, want string }{
		{"", "skipped: not tested here: no ring"},
		{"386", "skipped: not tested here: no ring"},
		{"386,uringless", "skipped: not tested here: no ring"},
		{"uring", "failed: TRIPOINT_REQUIRE demands uring: no ring"},
		{"386,race,uring", "failed: TRIPOINT_REQUIRE demands uring: no ring"},
	} {
		t.Setenv(variable, c.list)
		j := &judge{TB: t}
		if Lacking(j, Uring, "no ring"); j.ends[0] != c.want {
			t.Errorf("with the list %q the test is %q, want %q", c.list, j.ends[0], c.want)
		}
	}
}
