// Package tsync has the primitives by which tasks of one executor share data: a mutex whose protection survives
// cancellation, bounded channels, and the oneshot.
//
// None of them spins, allocates in use, or wakes anybody it need not wake. Waiters are served first in, first out, always:
// a lock or a place in a channel is handed to the oldest waiter and nobody overtakes. Every wait may be cancelled at any
// moment; what had been handed to the cancelled task goes on to the next.
//
// All of it belongs to one executor and is for its tasks. The methods that take a task and wait are for straight-line
// tasks; futures use the futures behind them. The zero value of every type is ready after Init.
package tsync
