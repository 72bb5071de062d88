package main

import (
	"encoding/json"

	"github.com/tripoint-go/tripoint/chaos"
	"github.com/tripoint-go/tripoint/internal/explore"
	"github.com/tripoint-go/tripoint/internal/trace"
)

// jsonVersion is the version of the lines that -json prints. Fields are only ever added within a version.
const jsonVersion = 1

// jsonRun is one run.
type jsonRun struct {
	Version     int      `json:"v"`
	Scenario    string   `json:"scenario"`
	Seed        uint64   `json:"seed"`
	Strategy    string   `json:"strategy"`
	Result      string   `json:"result"`
	Invariant   string   `json:"invariant"`            // what was violated; empty if the run passed
	Invariants  []string `json:"invariants,omitempty"` // all that the monitors saw broken
	Message     string   `json:"message,omitempty"`
	Fingerprint string   `json:"fingerprint"`
	Schedule    string   `json:"schedule"` // hash of the draws that order tasks and lanes
	Steps       int64    `json:"steps"`
	Events      uint64   `json:"events"`
	VirtualNs   int64    `json:"virtual_ns"`
	Faults      int64    `json:"faults"` // that fired
}

// jsonReal is one run on a real kernel.
type jsonReal struct {
	Version    int      `json:"v"`
	Scenario   string   `json:"scenario"`
	Backend    string   `json:"backend"`
	Workers    int      `json:"workers"`
	Seed       uint64   `json:"seed"` // of the workload; nothing else depends on it
	Result     string   `json:"result"`
	Invariant  string   `json:"invariant"`
	Invariants []string `json:"invariants,omitempty"`
	Message    string   `json:"message,omitempty"`
	Steps      int64    `json:"steps"`
	Events     uint64   `json:"events"`
	RealNs     int64    `json:"real_ns"`
}

// jsonSilicon is one run on a board.
type jsonSilicon struct {
	Version     int      `json:"v"`
	Scenario    string   `json:"scenario"`
	Backend     string   `json:"backend"`
	Board       string   `json:"board"`
	Seed        uint64   `json:"seed"` // of the workload; the order is the board's
	Result      string   `json:"result"`
	Invariant   string   `json:"invariant"`
	Invariants  []string `json:"invariants,omitempty"`
	Message     string   `json:"message,omitempty"`
	Fingerprint string   `json:"fingerprint"`
	Steps       int64    `json:"steps"`
	Events      uint64   `json:"events"`
	VirtualNs   int64    `json:"virtual_ns"`
}

func jsonOfSilicon(scenario, board string, r *explore.Result) jsonSilicon {
	return jsonSilicon{
		Version: jsonVersion, Scenario: scenario, Backend: "cortexm", Board: board, Seed: r.Seed, Result: r.Outcome.String(), Invariant: r.Name(),
		Invariants: r.Broken, Message: message(r), Fingerprint: trace.FormatSum(r.Fingerprint), Steps: r.Steps, Events: r.Events,
		VirtualNs: int64(r.End),
	}
}

func jsonOf(scenario string, rule chaos.Rule, r *explore.Result) jsonRun {
	line := jsonRun{
		Version: jsonVersion, Scenario: scenario, Seed: r.Seed, Strategy: rule.For(r.Seed).String(),
		Result: r.Outcome.String(), Invariant: r.Name(),
		Fingerprint: trace.FormatSum(r.Fingerprint), Schedule: trace.FormatSum(r.Schedule),
		Steps: r.Steps, Events: r.Events, VirtualNs: int64(r.End), Faults: r.Fires,
	}
	line.Invariants = r.Broken
	if r.Violation != nil {
		line.Message = r.Violation.Text
	}
	return line
}

// writeJSON writes one line. Nothing but whole lines ever leaves the buffer, whatever ends the process.
func (t *tool) writeJSON(v any) {
	text, err := json.Marshal(v)
	if err != nil {
		panic(err) // the types are ours and marshal
	}
	text = append(text, '\n')
	if t.lines == nil {
		_, _ = t.stdout.Write(text) // it remembers its errors
		return
	}
	if t.lines.Available() < len(text) {
		_ = t.lines.Flush()
	}
	_, _ = t.lines.Write(text)
}
