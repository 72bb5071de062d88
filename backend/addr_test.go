package backend_test

import (
	"bytes"
	"testing"

	"pgregory.net/rapid"

	"github.com/tripoint-go/tripoint/backend"
)

// An address gives back what it was made of, in the layout of struct sockaddr.
func TestAddr(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		port := rapid.Uint16().Draw(t, "port")
		ip4, ip6 := [4]byte(rapid.SliceOfN(rapid.Byte(), 4, 4).Draw(t, "ip4")), [16]byte(rapid.SliceOfN(rapid.Byte(), 16, 16).Draw(t, "ip6"))
		a, b := backend.AddrInet4(ip4, port), backend.AddrInet6(ip6, port, rapid.Uint32().Draw(t, "zone"))
		if a.Family() != backend.AFInet || a.Port() != port || !bytes.Equal(a.IP(), ip4[:]) || a.Len != 16 {
			t.Fatalf("%v port %d became %+v", ip4, port, a)
		}
		if b.Family() != backend.AFInet6 || b.Port() != port || !bytes.Equal(b.IP(), ip6[:]) || b.Len != 28 {
			t.Fatalf("%v port %d became %+v", ip6, port, b)
		}
	})
	var none backend.Addr
	if none.Family() != 0 || none.Port() != 0 || none.IP() != nil {
		t.Errorf("no address is %+v", none)
	}
	unix := backend.AddrUnix("/run/x")
	if unix.Family() != backend.AFUnix || unix.Port() != 0 || unix.IP() != nil || string(unix.Raw[2:unix.Len]) != "/run/x\x00" {
		t.Errorf("a Unix address is %+v", unix)
	}
	if long := backend.AddrUnix(string(make([]byte, 108))); long.Len != 0 {
		t.Errorf("a path that is too long gave an address of %d bytes", long.Len)
	}
}

// What a model puts is what a reader parses.
func TestStat(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		want := backend.Stat{
			Size: rapid.Int64Min(0).Draw(t, "size"), Inode: rapid.Uint64().Draw(t, "inode"),
			Mode: uint32(rapid.Uint16().Draw(t, "mode")), Links: rapid.Uint32().Draw(t, "links"),
		}
		buf := bytes.Repeat([]byte{0xee}, backend.StatBytes)
		backend.PutStat(buf, want)
		if got := backend.ParseStat(buf); got != want {
			t.Fatalf("%+v became %+v", want, got)
		}
	})
}
