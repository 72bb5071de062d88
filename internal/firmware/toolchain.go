package firmware

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
)

const module = "github.com/tripoint-go/tripoint"

// Toolchain is what make toolchain has built and installed. It does not change after Find.
type Toolchain struct {
	root    string // of the module
	scratch string // for what is built: .toolchain
	tinygo  string
	qemu    string
	stamp   string // identifies it
}

// Find looks for the toolchain of the module that the working directory is in. The error says how to get one; tests pass it to
// require.Lacking.
func Find() (*Toolchain, error) {
	root, err := moduleRoot()
	if err != nil {
		return nil, err
	}
	scratch := filepath.Join(root, ".toolchain")
	stamp, err := os.ReadFile(filepath.Join(scratch, "stamp"))
	if err != nil {
		return nil, fmt.Errorf("firmware: no toolchain, run make toolchain: %w", err)
	}
	// TinyGo needs the go command, Clang and the linker as well; it finds them itself.
	for _, name := range []string{"go", "clang-19", "ld.lld-19", "qemu-system-arm"} {
		if _, err := exec.LookPath(name); err != nil {
			return nil, fmt.Errorf("firmware: an incomplete toolchain, run make toolchain: %w", err)
		}
	}
	return &Toolchain{
		root:    root,
		scratch: scratch,
		tinygo:  filepath.Join(scratch, "bin", "tinygo"),
		qemu:    "qemu-system-arm",
		stamp:   string(stamp),
	}, nil
}

// Root is the folder with the module's go.mod.
func (tc *Toolchain) Root() string { return tc.root }

// moduleRoot goes up from the working directory to the go.mod of the project. Nested modules have other names.
func moduleRoot() (string, error) {
	start, err := os.Getwd()
	if err != nil {
		return "", fmt.Errorf("firmware: %w", err)
	}
	for dir := start; ; dir = filepath.Dir(dir) {
		gomod, err := os.ReadFile(filepath.Join(dir, "go.mod"))
		if err == nil && slices.Contains(strings.Fields(string(gomod)), module) {
			return dir, nil
		}
		if dir == filepath.Dir(dir) {
			return "", fmt.Errorf("firmware: %s is not in the module %s", start, module)
		}
	}
}

// environ is the environment TinyGo runs in: that of the process, without what would change what it builds. Its own cache
// lies with the toolchain and goes with it; that of the go command stays where it is.
func (tc *Toolchain) environ() []string {
	env := slices.DeleteFunc(os.Environ(), func(v string) bool {
		name, _, _ := strings.Cut(v, "=")
		return slices.Contains([]string{
			"GOFLAGS", "GOWORK", "GOOS", "GOARCH", "GOARM", "GOEXPERIMENT", "CGO_ENABLED", "TINYGOROOT", "XDG_CACHE_HOME", "GOCACHE",
		}, name)
	})
	gocache := os.Getenv("GOCACHE")
	if gocache == "" {
		if dir, err := os.UserCacheDir(); err == nil {
			gocache = filepath.Join(dir, "go-build")
		} else {
			gocache = filepath.Join(tc.scratch, "go-build")
		}
	}
	return append(env,
		"GOFLAGS=-mod=readonly", // an empty one would not hide what go env -w has set
		"GOWORK=off",
		"GOCACHE="+gocache,
		"XDG_CACHE_HOME="+filepath.Join(tc.scratch, "tinygo-cache"),
	)
}
