//go:build !tinygo

package tsync_test

import (
	"fmt"

	"github.com/tripoint-go/tripoint/backend/sim"
	"github.com/tripoint-go/tripoint/sched"
	"github.com/tripoint-go/tripoint/sched/flow"
	"github.com/tripoint-go/tripoint/sched/tsync"
	"github.com/tripoint-go/tripoint/vclock"
)

// Ends belong to tasks. The channel closes when the last sender has ended, and nobody has to know which one that is.
func ExampleSender() {
	ex := sched.New(sched.Limits{}, sched.Options{Backend: sim.New(sim.Options{})})
	defer ex.Close()
	var c tsync.Chan[int]
	c.Init(ex, "numbers", make([]int, 1))

	sched.Run(ex, sched.WaitForAllTasks, func(t *sched.Task) int {
		for i := range 3 {
			tx := new(tsync.Sender[int])
			c.HoldTx(t, tx)
			h := sched.Spawn(t, "sender", func(t *sched.Task) error { return tx.Send(t, i) })
			tx.Give(t, &h.JoinHandle)
		}
		sum := 0
		for {
			v, err := c.Recv(t)
			if err != nil {
				fmt.Println(sum, err)
				return 0
			}
			sum += v
		}
	})
	// Output: 3 sched: closed
}

// The last receiver takes what is left with it: senders learn that nobody listens.
func ExampleReceiver() {
	ex := sched.New(sched.Limits{}, sched.Options{Backend: sim.New(sim.Options{})})
	defer ex.Close()
	var c tsync.Chan[string]
	c.Init(ex, "words", make([]string, 1))

	sched.Run(ex, sched.WaitForAllTasks, func(t *sched.Task) int {
		sched.Spawn(t, "reader", func(t *sched.Task) int {
			var rx tsync.Receiver[string]
			c.HoldRx(t, &rx)
			word, _ := rx.Recv(t)
			fmt.Println(word)
			return 0
		})
		for _, word := range []string{"one", "two", "three"} {
			if err := c.Send(t, word); err != nil {
				fmt.Println(word, err)
			}
		}
		return 0
	})
	// Output:
	// one
	// three sched: closed
}

func ExampleUnbounded() {
	ex := sched.New(sched.Limits{}, sched.Options{Backend: sim.New(sim.Options{})})
	defer ex.Close()
	var log tsync.Unbounded[string]
	log.Init(ex, "log", 1000) // no send waits; a receiver that is stuck is noticed at 1000 lines

	sched.Run(ex, sched.WaitForAllTasks, func(t *sched.Task) int {
		var err error
		for i := 0; err == nil; i++ {
			err = log.Send(t, fmt.Sprint("line ", i))
		}
		line, _ := log.Recv(t)
		fmt.Println(log.Len(), line, err)
		return 0
	})
	// Output: 999 line 0 sched: out of space, which waiting would not change
}

// A receive can be a future, for a deadline or a race.
func ExampleOneshotWait() {
	ex := sched.New(sched.Limits{}, sched.Options{Backend: sim.New(sim.Options{})})
	defer ex.Close()
	var answer tsync.Oneshot[int]
	answer.Init(ex, "answer")

	sched.Run(ex, sched.WaitForAllTasks, func(t *sched.Task) int {
		sched.Spawn(t, "asked", func(t *sched.Task) error {
			t.Sleep(2 * vclock.Second)
			return answer.Send(t, 42)
		})
		var w tsync.OneshotWait[int]
		answer.StartRecv(&w)
		fmt.Println(flow.WithTimeout(t, vclock.Second, &w))
		v, err := answer.Recv(t) // the value that was too late is not lost
		fmt.Println(v, err)
		return 0
	})
	// Output:
	// sched: timed out
	// 42 <nil>
}

// Of one sender and one receiver, neither disturbs the other.
func ExampleSPSC() {
	ex := sched.New(sched.Limits{}, sched.Options{Backend: sim.New(sim.Options{})})
	defer ex.Close()
	var samples tsync.SPSC[int]
	samples.Init(ex, "samples", make([]int, 4))

	sched.Run(ex, sched.WaitForAllTasks, func(t *sched.Task) int {
		h := sched.Spawn(t, "sampler", func(t *sched.Task) int {
			for i := range 3 {
				samples.Send(t, i*i)
			}
			return 0
		})
		samples.GiveTx(t, &h.JoinHandle) // its end closes the channel
		for samples.WaitReady(t) == nil {
			v, _ := samples.TryRecv(t)
			fmt.Println(v)
		}
		return 0
	})
	// Output:
	// 0
	// 1
	// 4
}

// A record of several values becomes visible as a whole.
func ExampleSPSC_Cork() {
	ex := sched.New(sched.Limits{}, sched.Options{Backend: sim.New(sim.Options{})})
	defer ex.Close()
	var bytes tsync.SPSC[byte]
	bytes.Init(ex, "bytes", make([]byte, 4))

	sched.Run(ex, sched.WaitForAllTasks, func(t *sched.Task) int {
		bytes.Cork(t)
		for _, b := range []byte("word") {
			bytes.Send(t, b)
		}
		fmt.Println(bytes.Len(), bytes.Send(t, '!'))
		bytes.Uncork(t)
		fmt.Println(bytes.Len())
		return 0
	})
	// Output:
	// 0 sched: out of space, which waiting would not change
	// 4
}

func ExampleEventually() {
	ex := sched.New(sched.Limits{}, sched.Options{Backend: sim.New(sim.Options{})})
	defer ex.Close()
	var address tsync.Eventually[string]
	address.Init(ex, "address")

	sched.Run(ex, sched.WaitForAllTasks, func(t *sched.Task) int {
		sched.Spawn(t, "client", func(t *sched.Task) int {
			at, _ := address.Get(t) // waits for the server
			fmt.Println("client of", at)
			return 0
		})
		t.Sleep(vclock.Second)
		address.Set(t, "port 80")
		fmt.Println(address.Set(t, "port 81"))
		return 0
	})
	// Output:
	// sched: the value was set before
	// client of port 80
}

// A driver that exists once: whoever needs it waits until it has been set up, and all of them use the same.
func ExampleSingleton() {
	type led struct{ on bool }
	ex := sched.New(sched.Limits{}, sched.Options{Backend: sim.New(sim.Options{})})
	defer ex.Close()
	var board tsync.Singleton[led] // in a program, a variable of the package
	board.Init(ex, "led")

	sched.Run(ex, sched.WaitForAllTasks, func(t *sched.Task) int {
		sched.Spawn(t, "blink", func(t *sched.Task) int {
			l, _ := board.Get(t)
			l.on = true
			return 0
		})
		board.Set(t, led{})
		t.Yield()
		l, _ := board.TryGet(t)
		fmt.Println(*l)
		return 0
	})
	// Output: {true}
}
