//go:build linux

package live

import (
	"fmt"
	"os"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// descriptor is a descriptor of the world. Its number may mean something else by the time the run is over, because the program
// has closed it; the inode tells.
type descriptor struct {
	fd         int
	dev, inode uint64
}

// close closes it, unless the program did.
func (d descriptor) close() {
	var st unix.Stat_t
	if unix.Fstat(d.fd, &st) == nil && uint64(st.Dev) == d.dev && st.Ino == d.inode {
		_ = unix.Close(d.fd)
	}
}

// descriptors is a set of open descriptors.
type descriptors map[int]bool

// openDescriptors lists what the process has open.
func openDescriptors() (descriptors, error) {
	if r, w, err := os.Pipe(); err == nil { // the runtime's poller opens its own at the first need: now
		_ = r.Close()
		_ = w.Close()
	}
	dir, err := os.Open("/proc/self/fd")
	if err != nil {
		return nil, err
	}
	defer dir.Close()
	names, err := dir.Readdirnames(-1)
	if err != nil {
		return nil, err
	}
	set := descriptors{}
	for _, name := range names {
		if fd, err := strconv.Atoi(name); err == nil && fd != int(dir.Fd()) {
			set[fd] = true
		}
	}
	return set, nil
}

// leaked lists what is open and was not.
func (before descriptors) leaked() []int {
	now, err := openDescriptors()
	if err != nil {
		return nil
	}
	var leak []int
	for fd := range now {
		if !before[fd] && !ofRuntime(fd) {
			leak = append(leak, fd)
		}
	}
	return leak
}

// ofRuntime reports whether a descriptor is one by which the Go runtime looks at the machine, as it does now and then to learn how many
// processors there are, or is closed by now.
func ofRuntime(fd int) bool {
	name, err := os.Readlink(fmt.Sprintf("/proc/self/fd/%d", fd))
	return err != nil || strings.HasPrefix(name, "/sys/") || strings.HasPrefix(name, "/proc/")
}

// closeAll closes descriptors and says what they were.
func closeAll(fds []int) []string {
	var names []string
	for _, fd := range fds {
		name, err := os.Readlink(fmt.Sprintf("/proc/self/fd/%d", fd))
		if err != nil {
			continue
		}
		names = append(names, fmt.Sprintf("%d %s", fd, name))
		_ = unix.Close(fd)
	}
	return names
}
