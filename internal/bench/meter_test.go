package bench

import "testing"

// meter measures a part of a benchmark in processor time, of all threads and the garbage collector included. On a machine
// that is shared, wall time tells more about the neighbours.
type meter struct {
	b     *testing.B
	begin int64
}

func (m *meter) start(b *testing.B) {
	m.b = b
	b.ReportAllocs()
	b.ResetTimer()
	m.begin = cpuNs()
}

// stop reports the processor time of each of b.N operations, and for a unit that is not empty, how many of n things a
// second of processor time had room for.
func (m *meter) stop(n int64, unit string) {
	spent := float64(cpuNs() - m.begin)
	m.b.StopTimer()
	m.b.ReportMetric(spent/float64(m.b.N), "cpu-ns/op")
	if unit != "" {
		m.b.ReportMetric(float64(n)/spent*1e9, unit)
	}
}
