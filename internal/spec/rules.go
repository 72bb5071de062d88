package spec

import "github.com/tripoint-go/tripoint/backend"

// Rule describes one invariant that a monitor judges.
type Rule struct {
	ID        string // as in the specification, such as "S5"
	Group     string // short name of the monitor's file
	Statement string // one sentence
	// Kinds are the events at which the rule can be broken. A sweep in which none of them occurred has not tested it.
	Kinds []backend.EventKind
}

// ruleTables lists the tables of all groups, one line per group.
func ruleTables() [][]Rule {
	return [][]Rule{
		schedRules(),
		nocancelRules(),
		timeRules(),
		throttleRules(),
		opsRules(),
		lockRules(),
		rwlockRules(),
		conditionRules(),
		channelRules(),
		valueRules(),
		waiterRules(),
		shutdownRules(),
		scopeRules(),
		tokenRules(),
		serviceRules(),
		determinismRules(),
	}
}

// Rules returns every invariant that this package judges, group by group. The result is a fresh slice.
func Rules() []Rule {
	var all []Rule
	for _, table := range ruleTables() {
		all = append(all, table...)
	}
	return all
}

// Invariants returns the IDs of [Rules], in their order.
func Invariants() []string {
	var ids []string
	for _, r := range Rules() {
		ids = append(ids, r.ID)
	}
	return ids
}

// Unjudged returns the rules that saw none of the events they judge, given how often each kind occurred (see
// [Checker.Seen]; counts of several runs add up). A sweep that ends with such rules has proved nothing about them.
func Unjudged(seen [backend.EvKinds]int64) []Rule {
	var out []Rule
	for _, r := range Rules() {
		hit := false
		for _, k := range r.Kinds {
			hit = hit || seen[k] > 0
		}
		if !hit {
			out = append(out, r)
		}
	}
	return out
}

// kinds is shorthand for the tables.
func kinds(ks ...backend.EventKind) []backend.EventKind { return ks }
