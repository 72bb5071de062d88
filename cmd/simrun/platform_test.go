package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"syscall"
	"testing"

	"github.com/tripoint-go/tripoint/internal/require"
	"github.com/tripoint-go/tripoint/scenarios"
)

// platformRun is what must be the same on every platform.
type platformRun struct {
	Scenario, Fingerprint, Result string
	Seed                          uint64
	Steps                         int64
}

// A seed means the same on a platform with 32-bit integers and pointers: all scenarios, seed by seed.
func TestFingerprintsAreTheSameOn386(t *testing.T) {
	if runtime.GOOS != "linux" || runtime.GOARCH != "amd64" {
		require.Lacking(t, require.IA32, "there is no linux/amd64 host, which runs programs for both: this is "+runtime.GOOS+"/"+runtime.GOARCH)
	}
	dir := t.TempDir()
	wide, err := runsOn(t, dir, "amd64")
	if err != nil {
		t.Fatal(err)
	}
	narrow, err := runsOn(t, dir, "386")
	if errors.Is(err, syscall.ENOEXEC) {
		require.Lacking(t, require.IA32, "there is no kernel that runs programs for linux/386: its IA32 emulation is missing")
	} else if err != nil {
		t.Fatal(err)
	}
	if want := 100 * len(scenarios.All()); len(wide) != want || len(narrow) != want {
		t.Fatalf("%d runs on amd64 and %d on 386, want %d", len(wide), len(narrow), want)
	}
	for i := range wide {
		if wide[i] != narrow[i] {
			t.Fatalf("run %d:\namd64 %+v\n386   %+v", i, wide[i], narrow[i])
		}
	}
}

// runsOn builds simrun for a platform and makes all runs with it.
func runsOn(t *testing.T, dir, arch string) ([]platformRun, error) {
	t.Helper()
	bin := filepath.Join(dir, "simrun-"+arch)
	build := exec.Command("go", "build", "-o", bin, ".")
	build.Env = append(os.Environ(), "GOOS=linux", "GOARCH="+arch, "CGO_ENABLED=0")
	if text, err := build.CombinedOutput(); err != nil {
		t.Fatalf("go build for %s: %v\n%s", arch, err, text)
	}
	cmd := exec.Command(bin, "-json", "-seeds", "1-100", "-strategy", strategyDefault, "-faults", faultsDefault)
	for _, name := range twins() {
		cmd.Env = append(cmd.Environ(), twin(name)+"=")
	}
	cmd.Dir = dir
	var info bytes.Buffer
	cmd.Stderr = &info
	out, err := cmd.Output()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		return nil, err
	}
	var runs []platformRun
	for lines := json.NewDecoder(bytes.NewReader(out)); lines.More(); {
		var run platformRun
		if err := lines.Decode(&run); err != nil {
			t.Fatalf("%s: %v", arch, err)
		}
		runs = append(runs, run)
	}
	if exit != nil && exit.ExitCode() < 0 || len(runs) == 0 {
		t.Fatalf("simrun for %s: %v\n%s", arch, err, info.Bytes())
	}
	return runs, nil
}
