//go:build linux

package main

import (
	"net"
	"slices"
	"strings"
	"testing"
)

func TestSuiteNamesWhatItNeeds(t *testing.T) {
	known := map[string]bool{}
	for _, b := range builds() {
		known[b.name] = true
	}
	for _, g := range suite() {
		for _, p := range g.peers {
			if !known[p.needs] {
				t.Errorf("%s/%s needs %q, which nothing builds", g.name, p.impl, p.needs)
			}
			if !slices.ContainsFunc(g.points, func(pt string) bool { return strings.Contains(pt+" ", p.only) }) {
				t.Errorf("%s/%s takes part only at points with %q, and there are none", g.name, p.impl, p.only)
			}
		}
	}
}

func TestAddPeer(t *testing.T) {
	groups := suite()
	if err := addPeer(groups, "read:this=bin/mine read -x=1"); err != nil {
		t.Fatal(err)
	}
	read := groups[slices.Index(names(groups), "read")]
	last := read.peers[len(read.peers)-1]
	if want := (peer{impl: "this", needs: "go", command: "bin/mine read -x=1"}); last != want {
		t.Errorf("got %+v, want %+v", last, want)
	}
	for _, bad := range []string{"", "read", "read:this", "read:=x", "read:this=", "nothing:this=x"} {
		if addPeer(groups, bad) == nil {
			t.Errorf("%q was accepted", bad)
		}
	}
}

func TestChoose(t *testing.T) {
	groups, err := choose(suite(), "echo,nop", "net,tokio")
	if err != nil {
		t.Fatal(err)
	}
	if len(groups) != 1 || len(groups[0].peers) != 2 {
		t.Errorf("got %+v, want echo with net and tokio: nop has neither", groups)
	}
	if _, err := choose(suite(), "ecko", ""); err == nil {
		t.Error("an unknown group was accepted")
	}
}

func TestPlacement(t *testing.T) {
	for _, c := range []struct {
		cpus           []int
		cores          int
		server, client string
		ok             bool
	}{
		{[]int{0}, 1, "", "", false},
		{[]int{0}, 2, "", "", false},
		{[]int{3, 5}, 1, "3", "5", true},
		{[]int{3, 5}, 2, "", "", true},
		{[]int{3, 5, 6, 9}, 2, "3,5", "9", true},
	} {
		server, client, ok := placement(c.cpus, c.cores)
		if server != c.server || client != c.client || ok != c.ok {
			t.Errorf("%v, %d: got %q, %q, %v, want %q, %q, %v", c.cpus, c.cores, server, client, ok, c.server, c.client, c.ok)
		}
	}
}

func TestBenchLines(t *testing.T) {
	out := "goos: linux\n" +
		"BenchmarkYield/tasks=100/impl=goroutine-2  \t 1000\t 12.5 ns/op\n" +
		"BenchmarkYield/tasks=100/impl=tokio-uring\t5\t1 ns/op\n" +
		"BenchmarkBroken\nPASS\n"
	want := "BenchmarkYield/tasks=100/impl=goroutine  \t 1000\t 12.5 ns/op\n" +
		"BenchmarkYield/tasks=100/impl=tokio-uring\t5\t1 ns/op\n"
	if got := benchLines([]byte(out)); got != want {
		t.Errorf("got\n%swant\n%s", got, want)
	}
}

func TestFioLine(t *testing.T) {
	const out = `{"jobs": [{"error": 0, "usr_cpu": 20, "sys_cpu": 30,
		"read": {"runtime": 500, "total_ios": 1000}, "write": {"runtime": 1000, "total_ios": 10}}]}`
	for _, c := range []struct {
		p    point
		want string
	}{
		{point{depth: 1}, "BenchmarkRead/cache=page/depth=1/impl=fio\t1000\t500000.0 ns/op\t250000.0 cpu-ns/op"},
		{
			point{depth: 32, direct: true, batch: true},
			"BenchmarkRead/cache=direct/depth=32/impl=fio-batch\t1000\t500000.0 ns/op\t250000.0 cpu-ns/op",
		},
		{
			point{writers: 1, bytes: 128},
			"BenchmarkAppend/bytes=128/writers=1/impl=fio\t10\t100000000.0 ns/op\t50000000.0 cpu-ns/op",
		},
	} {
		if got, err := fioLine(c.p, []byte(out)); got != c.want || err != nil {
			t.Errorf("%+v: got %q, %v, want %q", c.p, got, err, c.want)
		}
	}
	for _, bad := range []string{"", "fio: no such file", `{"jobs": []}`, `{"jobs": [{"error": 5}]}`, `{"jobs": [{}]}`} {
		if line, err := fioLine(point{}, []byte(bad)); err == nil {
			t.Errorf("%q: got %q, want an error", bad, line)
		}
	}
}

func TestEchoReturnsWhatComes(t *testing.T) {
	ours, theirs := net.Pipe()
	done := make(chan struct{})
	go func() { echo(theirs); close(done) }()
	if _, err := ours.Write([]byte("abc")); err != nil {
		t.Fatal(err)
	}
	buf := make([]byte, 8)
	if n, err := ours.Read(buf); string(buf[:n]) != "abc" || err != nil {
		t.Errorf("got %q, %v, want abc", buf[:n], err)
	}
	ours.Close()
	<-done
}

func TestTable(t *testing.T) {
	const lines = `cpu: x
BenchmarkA/n=1/impl=base	10	30 ns/op	3 p99-ns
BenchmarkA/n=1/impl=base	10	10 ns/op	3 p99-ns
BenchmarkA/n=1/impl=base	10	20 ns/op	3 p99-ns
BenchmarkA/n=1/impl=this	10	5 ns/op
BenchmarkA/impl=this/n=2	10	1234567 ns/op
`
	want := `| ns/op | base | this |
|---|---|---|
| A/n=1 | 20.0 | 5.00 (0.25 ×) |
| A/n=2 | | 1,234,567 |
`
	if got := markdown(parseResults([]byte(lines)), []string{"A"}, "ns/op", ""); got != want {
		t.Errorf("got\n%swant\n%s", got, want)
	}
}
