package main

import (
	"bytes"
	"os"
	"strings"
	"testing"

	"github.com/tripoint-go/tripoint/internal/explore"
	"github.com/tripoint-go/tripoint/scenarios"
)

// A call whose output is lost is no success, whatever it writes.
func TestLostOutputFails(t *testing.T) {
	for _, name := range twins() {
		t.Setenv(twin(name), "")
	}
	t.Chdir(t.TempDir())
	if err := os.WriteFile("readonly", nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, args := range []string{
		"-h", "-list", "-list -json", "-seeds 1-2", "-scenario hello -seeds 1-2", "-scenario hello -seeds 1-2 -json",
		"-scenario hello -seed 1", "-scenario hello -seed 1 -json", "-scenario hello -seed 1 -trace text",
		"-scenario canary -seed 1", "-replay simrun-canary-1.simtape", "-replay simrun-canary-1.simtape -trace jsonl",
	} {
		file, err := os.Open("readonly")
		if err != nil {
			t.Fatal(err)
		}
		var info bytes.Buffer
		tool := &tool{
			stdout: &output{file: file}, stderr: &info, args: append([]string{"simrun"}, strings.Fields(args)...),
			f: flags{all: scenarios.All()},
		}
		code := tool.run()
		_ = file.Close() // nothing was written
		text := info.String()
		if code != explore.ExitInternal || strings.Count(text, "standard output was lost: ") != 1 || strings.Contains(text, "PASS") {
			t.Errorf("simrun %s: exit code %d\n%s", args, code, text)
		}
	}
}
