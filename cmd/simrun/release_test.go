package main

import (
	"runtime/debug"
	"testing"
)

// A build names its release and its commit, and (devel) only if there is neither.
func TestReleaseNamesTheCommit(t *testing.T) {
	const commit = "b842579f1d310aed83359d73b7699fb334b13833"
	settings := func(modified string) []debug.BuildSetting {
		return []debug.BuildSetting{{Key: "vcs", Value: "git"}, {Key: "vcs.revision", Value: commit}, {Key: "vcs.modified", Value: modified}}
	}
	for _, c := range []struct {
		version  string
		settings []debug.BuildSetting
		want     string
	}{
		{"(devel)", nil, "(devel)"},
		{"", nil, "(devel)"},
		{"(devel)", settings("false"), "at " + commit},
		{"(devel)", settings("true"), "at " + commit + "+changes"},
		{"v0.0.0-20261121234940-b842579f1d31+dirty", settings("true"), "at " + commit + "+changes"},
		{"v1.2.4-0.20261121234940-b842579f1d31", settings("false"), "at " + commit},
		{"v1.2.3", settings("false"), "v1.2.3 at " + commit},
		{"v1.2.3", nil, "v1.2.3"},
		{"v0.0.0-20261121234940-b842579f1d31", nil, "v0.0.0-20261121234940-b842579f1d31"},
	} {
		info := &debug.BuildInfo{Main: debug.Module{Version: c.version}, Settings: c.settings}
		if got := release(info); got != c.want {
			t.Errorf("version %q with %d settings: got %q, want %q", c.version, len(c.settings), got, c.want)
		}
	}
	if got := release(nil); got != "(devel)" {
		t.Errorf("without build information: got %q", got)
	}
}
