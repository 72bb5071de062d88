package inject_test

import (
	"encoding/binary"
	"errors"
	"strings"
	"testing"

	"github.com/tripoint-go/tripoint/internal/firmware"
	"github.com/tripoint-go/tripoint/internal/firmware/bare"
	"github.com/tripoint-go/tripoint/internal/firmware/inject"
)

// asleep makes a sweep over the way into sleep, which a judge finds bad when the memory says that the sleep was too long.
func asleep(t *testing.T, b bare.Board, flags ...string) inject.Sweep {
	t.Helper()
	s := build(t, b, "sleep.c", flags...)
	late, err := firmware.Symbol(s.ELF, "late")
	if err != nil {
		t.Fatal(err)
	}
	s.To, s.Asleep = "", true
	s.Judge = func(code int, why string, read func(uint32, int) ([]byte, error)) (int, string, error) {
		b, err := read(late, 4)
		if err != nil || code != 0 || why != "" {
			return code, why, err
		}
		return int(binary.LittleEndian.Uint32(b)), "slept too long", nil
	}
	return s
}

func TestWayIntoSleep(t *testing.T) {
	each(t, func(t *testing.T, b bare.Board) {
		if r := run(t, asleep(t, b)); len(r.Failures) > 0 || r.Runs != r.Positions || r.Positions < 5 {
			t.Errorf("got %v\nwant a good run for each of five positions or more", r)
		}
	})
}

// The window's last position is the one before the WFI, and the run that stands for the undisturbed one is interrupted there.
func TestUnmaskedWayIntoSleep(t *testing.T) {
	each(t, func(t *testing.T, b bare.Board) {
		r := run(t, asleep(t, b, "-DUNMASKED"))
		if len(r.Failures) != 1 {
			t.Fatalf("got %v\nwant one failure", r)
		}
		f := r.Failures[0]
		if len(f.Points) != 1 || f.Points[0].At != r.Positions-1 || f.Code != 1 || f.Why != "slept too long" {
			t.Errorf("got %v, want the judge's verdict about the last of %d positions", f, r.Positions)
		}
	})
}

func TestErrorsOfJudge(t *testing.T) {
	b := bare.Boards()[0]
	for name, c := range map[string]struct {
		judge inject.Judge
		want  string
	}{
		"its own": {func(int, string, func(uint32, int) ([]byte, error)) (int, string, error) {
			return 0, "", errors.New("no monitor")
		}, "no monitor"},
		"no memory": {func(_ int, _ string, read func(uint32, int) ([]byte, error)) (int, string, error) {
			_, err := read(0xf000_0000, 4)
			return 0, "", err
		}, "is answered with"},
	} {
		s := asleep(t, b)
		s.Judge = c.judge
		if _, err := s.Run(t.Context()); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: got error %v, want %q", name, err, c.want)
		}
	}
}

func TestNoSleep(t *testing.T) {
	s := build(t, bare.Boards()[0], "list.c")
	s.To, s.Asleep = "", true
	if r, err := s.Run(t.Context()); err == nil || !strings.Contains(err.Error(), "does not sleep") {
		t.Errorf("got %v, %v; want an error", r, err)
	}
	s.To = "end"
	if r, err := s.Run(t.Context()); err == nil || !strings.Contains(err.Error(), "both To and Asleep") {
		t.Errorf("got %v, %v; want an error", r, err)
	}
}

func TestUntil(t *testing.T) {
	s := build(t, bare.Boards()[0], "list.c", "-DUNMASKED")
	n := 0
	s.Until = func(inject.Failure) bool { n++; return n == 2 }
	if r := run(t, s); len(r.Failures) != 2 || !r.Cut {
		t.Errorf("got %v\nwant two failures, then stopped", r)
	}
}
