package board

import (
	"fmt"
	"testing"

	"github.com/tripoint-go/tripoint/internal/firmware"
)

func TestAlarm(t *testing.T) {
	for _, b := range firmware.Boards() {
		t.Run(b.Name, func(t *testing.T) {
			r := run(t, firmware.Firmware{Package: "./internal/firmware/fw/alarm", Board: b},
				firmware.Options{Args: []string{fmt.Sprint(b.ClockHz / 500_000)}}, 0)
			t.Logf("%s", r.Stderr)
		})
	}
}
