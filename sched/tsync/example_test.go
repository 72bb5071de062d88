//go:build !tinygo

package tsync_test

import (
	"fmt"

	"github.com/tripoint-go/tripoint/backend/sim"
	"github.com/tripoint-go/tripoint/sched"
	"github.com/tripoint-go/tripoint/sched/tsync"
	"github.com/tripoint-go/tripoint/vclock"
)

// With is the form to prefer: nothing can interrupt the change half-way.
func ExampleMutex_With() {
	ex := sched.New(sched.Limits{}, sched.Options{Backend: sim.New(sim.Options{})})
	defer ex.Close()
	var balance tsync.Mutex[int]
	balance.Init(ex, "balance", 100)

	sched.Run(ex, sched.WaitForAllTasks, func(t *sched.Task) int {
		for i := range 3 {
			sched.Spawn(t, "deposit", func(t *sched.Task) error {
				return balance.With(t, func(b *int) { *b += i })
			})
		}
		t.Sleep(vclock.Millisecond)
		balance.With(t, func(b *int) { fmt.Println("balance", *b) })
		return 0
	})
	// Output: balance 103
}

// A task that ends while it changes the data poisons it. Whoever finds out repairs it.
func ExampleMutex_Unpoison() {
	ex := sched.New(sched.Limits{}, sched.Options{Backend: sim.New(sim.Options{})})
	defer ex.Close()
	type pair struct{ a, b int }
	var m tsync.Mutex[pair]
	m.Init(ex, "pair", pair{})

	sched.Run(ex, sched.WaitForAllTasks, func(t *sched.Task) int {
		writer := sched.Spawn(t, "writer", func(t *sched.Task) error {
			p, err := m.Lock(t)
			if err != nil {
				return err
			}
			g := p.Enter()
			defer g.Release() // poisons, unless Exit came before
			g.Value().a++
			if err := t.Sleep(vclock.Second); err != nil {
				return err // cancelled: a and b differ
			}
			g.Value().b++
			g.Exit()
			return nil
		})
		t.Yield()
		writer.Cancel(t)
		fmt.Println(m.With(t, func(*pair) {}))
		m.Unpoison(t, func(p *pair) { p.a = p.b })
		m.With(t, func(p *pair) { fmt.Println(*p) })
		return 0
	})
	// Output:
	// sched: poisoned, a task ended while it was changing the data
	// {0 0}
}

func ExampleChan() {
	ex := sched.New(sched.Limits{}, sched.Options{Backend: sim.New(sim.Options{})})
	defer ex.Close()
	var c tsync.Chan[string]
	c.Init(ex, "words", make([]string, 1)) // room for one: the sender waits for the receiver

	sched.Run(ex, sched.WaitForAllTasks, func(t *sched.Task) int {
		sched.Spawn(t, "sender", func(t *sched.Task) int {
			for _, word := range []string{"one", "two", "three"} {
				c.Send(t, word)
			}
			c.CloseTx()
			return 0
		})
		for {
			word, err := c.Recv(t)
			if err != nil {
				fmt.Println(err)
				return 0
			}
			fmt.Println(word)
		}
	})
	// Output:
	// one
	// two
	// three
	// sched: closed
}

func ExampleOneshot() {
	ex := sched.New(sched.Limits{}, sched.Options{Backend: sim.New(sim.Options{})})
	defer ex.Close()
	var answer tsync.Oneshot[int]
	answer.Init(ex, "answer")

	sched.Run(ex, sched.WaitForAllTasks, func(t *sched.Task) int {
		h := sched.Spawn(t, "asked", func(t *sched.Task) int {
			t.Sleep(vclock.Second)
			answer.Send(t, 42)
			return 0
		})
		answer.GiveTx(t, &h.JoinHandle) // if it ends without an answer, we learn it
		h.Stop()
		_, err := answer.Recv(t)
		fmt.Println(err)
		return 0
	})
	// Output: sched: closed
}
