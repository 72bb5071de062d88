// Package policy holds the project's rules as tests: who may import whom, what the deterministic core may not use, and
// which comments, sizes and words the source keeps to. It has no code of its own; run it with
//
//	go test ./internal/policy
//
// Each rule is a function from the parsed source of a module to findings. It runs on this module, and on small bad sources
// that it must object to, so a rule that stopped working fails as well.
//
// A finding names the place, what is banned, why, and what to use instead. The tables with the reasons are in
// imports_test.go (imports) and core_test.go (language). A new package needs a row in the import table; a new third-party
// module needs a line there too. Files of nested modules (internal/tools) are only searched for words.
//
// The rules read source and never types. Where a rule needs to know less than a compiler would tell, it is stricter than
// its reason: the core may not even name a map type, because a range over a map cannot be told from another range.
package policy
