package board

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/tripoint-go/tripoint/internal/firmware"
)

// talk runs a firmware, types after its greeting, and returns the rest of what it writes to the UART, and what it says to the debugger.
func talk(t *testing.T, fw firmware.Firmware, number int, typed string) (serial, said string) {
	t.Helper()
	tc, elf, ctx := built(t, fw)
	cmd := tc.Command(ctx, fw.Board, elf, firmware.Options{Serial: true, Args: []string{fmt.Sprint(number)}})
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	r := bufio.NewReader(out)
	var rest []byte
	if typed != "" {
		if c, err := r.ReadByte(); err != nil || c != '>' {
			rest = append(rest, c)
		} else if _, err = io.WriteString(in, typed); err != nil {
			t.Error(err)
		}
	}
	more, _ := io.ReadAll(r)
	if err := cmd.Wait(); err != nil {
		t.Errorf("got %v, want status 0", err)
	}
	// One of the boards has QEMU complain about a timer that nobody uses yet.
	return string(append(rest, more...)), strings.TrimPrefix(stderr.String(), "Timer with period zero, disabling\n")
}

// alphabet is what the firmware writes in case 3.
func alphabet() string {
	b := make([]byte, 600)
	for i := range b {
		b[i] = byte('a' + i%26)
		if i%60 == 59 {
			b[i] = '\n'
		}
	}
	return string(b)
}

// The serial port is a byte stream that loses nothing, whoever reads it and gives up; what it cannot do is refused as the kernel
// would.
func TestUART(t *testing.T) {
	letters := strings.Repeat("the quick brown fox, ", 15) // more than fits into the ring
	letters = strings.ReplaceAll(letters, "q", "k")
	for number, c := range []struct{ name, typed, serial, said string }{
		{"echo", letters + "q", strings.ToUpper(letters), "exit 0\n"},
		{
			"cancelled", letters + "q", strings.ToUpper(letters),
			"first sched: cancelled\ntimeout sched: timed out\ncancel sched: cancelled\nexit 0\n",
		},
		{"queued", "12", "", "one nil\none 49\ntwo nil\ntwo 50\nexit 0\n"},
		{"written", "", alphabet(), "nothing nil\nwritten nil\nwritten 300\njoined 300\nread nil\nexit 0\n"},
		{
			"refused", "", "",
			"read from 1 backend: bad descriptor (EBADF)\nwrite to -1 backend: bad descriptor (EBADF)\n" +
				"read at 0 backend: no position on this descriptor (ESPIPE)\nwrite at 5 backend: no position on this descriptor (ESPIPE)\n" +
				"fsync backend: this backend cannot do that (EOPNOTSUPP)\nnop nil\nexit 0\n",
		},
		{"stopped", "", "", "sleep sched: cancelled\nread sched: cancelled\nline sched: cancelled\nexit 7\n"},
	} {
		for _, b := range firmware.Boards() {
			t.Run(c.name+" "+b.Name, func(t *testing.T) {
				serial, said := talk(t, firmware.Firmware{Package: "./internal/firmware/fw/uart", Board: b}, number, c.typed)
				if serial != c.serial {
					t.Errorf("got on the serial port\n%q, want\n%q", serial, c.serial)
				}
				if said != c.said {
					t.Errorf("got\n%s, want\n%s", said, c.said)
				}
			})
		}
	}
}
