package spec

import "testing"

// Channel 50 holds two values, with senders on list 51 and receivers on list 52; channel 60 holds one and does not name its
// lists; 70 is a oneshot.
func channelCases() []opsCase {
	const two = "chan 50 2 51 52; "
	const one = "chan 60 1; "
	const shot = "chan 70 0 0 72; "
	const full = two + "run 2; put 50 91 2; put 50 92 2; link 10 51 2; pend 2; run 3; link 11 51 3; pend 3; "
	const wait = two + "run 3; link 10 52 3; pend 3; run 4; link 11 52 4; pend 4; "
	return []opsCase{
		{"CH1", "out of order", two + "run 2; put 50 91 2; put 50 92 2; pend 2; run 3; take 50 92 3"},
		{"CH1", "too many", one + "run 2; put 60 91 2; put 60 92 2"},
		{"CH1", "from an empty channel", two + "run 3; take 50 91 3"},
		{"CH1", "taken twice", two + "run 2; put 50 91 2; take 50 91 2; take 50 91 2"},
		{"CH1", "bounces what is not there", two + "run 2; chclose 50 rx; bounce 50 91 closed"},
		{"CH2", "put after the receivers", two + "chclose 50 rx; run 2; put 50 91 2"},
		{"CH2", "put after the senders", two + "chclose 50 tx; run 2; put 50 91 2"},
		{"CH2", "take after the receivers", two + "run 2; put 50 91 2; chclose 50 rx; take 50 91 2"},
		{"CH2", "content stays", two + "run 2; put 50 91 2; chclose 50 rx; pend 2; stalled 4"},
		{"CH2", "receiver sleeps on", wait + "run 2; chclose 50 tx; pend 2; stalled 4"},
		{"CH2", "sender sleeps on", full + "run 4; chclose 50 rx; bounce 50 91 closed; bounce 50 92 closed; pend 4; stalled 4"},
		{"CH3", "sender stays blocked", full + "run 4; take 50 91 4; pend 4; stalled 4"},
		{"CH4", "corked content is taken", two + "cork 50 1; run 2; put 50 91 2; pend 2; run 3; take 50 91 3"},
		{"CH4", "one more than is shown", two + "run 2; put 50 91 2; cork 50 1; put 50 92 2; pend 2; run 3; take 50 91 3; take 50 92 3"},
		{"CH4", "uncork wakes nobody", two + "run 3; link 10 52 3; pend 3; run 2; cork 50 1; put 50 91 2; cork 50 0; pend 2; stalled 4"},
		{"CH4", "the sender's end wakes nobody", two + "run 3; link 10 52 3; pend 3; run 2; cork 50 1; put 50 91 2; chclose 50 tx; end 2; stalled 3"},
		{"CH4", "what was shown before wakes nobody", two + "run 3; link 10 52 3; pend 3; run 2; put 50 91 2; cork 50 1; pend 2; stalled 4"},
		{"CH6", "taken twice", shot + "run 2; put 70 91 2; pend 2; run 3; take 70 91 3; take 70 91 3"},
		{"CH6", "put twice", shot + "run 2; put 70 91 2; put 70 92 2"},
		{"CH6", "taken and bounced", shot + "run 2; put 70 91 2; take 70 91 2; bounce 70 91 closed"},
		{"CH6", "put into the void", shot + "chclose 70 rx; run 2; put 70 91 2"},
		{"CH6", "lost", shot + "run 2; put 70 91 2; chclose 70 rx; pend 2; stalled 4"},
		{"CH6", "receiver never learns", shot + "run 3; link 10 72 3; pend 3; run 2; chclose 70 tx; pend 2; stalled 4"},
		{"CH7", "second receiver first", wait + "run 2; put 50 91 2; fire 11; unlink 11 UF; wake 4 chan queued; pend 2"},
		{"CH7", "second sender first", full + "run 4; take 50 91 4; put 50 94 3; fire 11; unlink 11 UF; wake 3 chan queued; pend 4"},
		{"CH7", "sender overtakes", full + "run 4; take 50 91 4; pend 4; run 1; put 50 95 1; pend 1"},
		{"CH7", "takes what is reserved", wait + "run 2; put 50 91 2; fire 10; unlink 10 UF; wake 3 chan queued; pend 2; run 1; take 50 91 1"},
		{"CH7", "takes past a waiter", wait + "run 2; put 50 91 2; pend 2; run 1; take 50 91 1"},
		{"CH7", "unknown lists", one + "run 3; link 10 61 3; pend 3; run 4; link 11 61 4; pend 4; run 2; put 60 91 2; fire 11; unlink 11 UF; wake 4 chan queued"},
		{"CH8", "no bounce", full + "cancelreq 2; drop+ 2; unlink 10 UD; drop- 2"},
		{"CH8", "no bounce in a live task", full + "run 2; unlink 10 UD; pend 2"},
		{"CH8", "abandoned and put", full + "cancelreq 2; drop+ 2; unlink 10 UD; bounce 50 93 unsent; drop- 2; cancelreq 3; drop+ 3; unlink 11 UD; bounce 50 94 unsent; drop- 3; run 4; take 50 91 4; put 50 93 2; pend 4"},

		{"", "values pass", two + "run 2; put 50 91 2; put 50 92 2; pend 2; run 3; take 50 91 3; take 50 92 3; pend 3"},
		{"", "blocked sender moves in", full + "run 4; take 50 91 4; put 50 93 2; fire 10; unlink 10 UF; wake 2 chan queued; pend 4; run 4; take 50 92 4; put 50 94 3; fire 11; unlink 11 UF; wake 3 chan queued; take 50 93 4; take 50 94 4; pend 4; run 3; pend 3; run 2; pend 2; stalled 4"},
		{"", "blocked sender moves in, unknown lists", one + "run 2; put 60 91 2; link 10 61 2; pend 2; run 4; take 60 91 4; put 60 92 2; fire 10; unlink 10 UF; wake 2 chan queued; pend 4"},
		{"", "moved in for a sender whose cancel is pending", full + "cancelreq 2; run 4; take 50 91 4; put 50 93 2; fire 10; unlink 10 UF; wake 2 chan merged; pend 4; drop+ 2; drop- 2"},
		{"", "moved in for a receiver that waits", "chan 50 1 51 52; run 3; link 10 52 3; pend 3; run 2; put 50 91 2; fire 10; unlink 10 UF; wake 3 chan queued; link 11 51 2; pend 2; run 4; link 12 52 4; pend 4; run 3; take 50 91 3; put 50 92 2; fire 12; unlink 12 UF; wake 4 chan queued; fire 11; unlink 11 UF; wake 2 chan queued; pend 3; run 4; take 50 92 4; pend 4"},
		{"", "the same, unknown lists", "chan 50 1; run 3; link 10 52 3; pend 3; run 2; put 50 91 2; fire 10; unlink 10 UF; wake 3 chan queued; link 11 51 2; pend 2; run 4; link 12 52 4; pend 4; run 3; take 50 91 3; put 50 92 2; fire 12; unlink 12 UF; wake 4 chan queued; fire 11; unlink 11 UF; wake 2 chan queued; pend 3; run 4; take 50 92 4; pend 4"},
		{"", "receivers in order", wait + "run 2; put 50 91 2; fire 10; unlink 10 UF; wake 3 chan queued; put 50 92 2; fire 11; unlink 11 UF; wake 4 chan queued; pend 2; run 4; take 50 91 4; pend 4; run 3; take 50 92 3; pend 3"},
		{"", "reservation passes on", wait + "run 2; put 50 91 2; fire 10; unlink 10 UF; wake 3 chan queued; pend 2; cancelreq 3; drop+ 3; fire 11; unlink 11 UF; wake 4 chan queued; drop- 3; run 4; take 50 91 4; pend 4"},
		{"", "reservation passes on past others", two + "run 3; link 10 52 3; pend 3; run 4; link 11 52 4; pend 4; run 1; link 12 52 1; pend 1; run 2; put 50 91 2; fire 10; unlink 10 UF; wake 3 chan queued; pend 2; cancelreq 3; drop+ 3; fire 11; unlink 11 UF; wake 4 chan queued; drop- 3; run 4; take 50 91 4; pend 4"},
		{"", "reservation given up in a poll", two + "run 3; link 10 52 3; pend 3; run 2; put 50 91 2; fire 10; unlink 10 UF; wake 3 chan queued; pend 2; run 3; pend 3; run 4; take 50 91 4; pend 4"},
		{"", "receiver and sender in one task", two + "run 2; link 10 52 2; put 50 91 2; fire 10; unlink 10 UF; wake 2 chan noted; pend 2; run 2; take 50 91 2; pend 2"},
		{"", "closed by the senders", wait + "run 2; put 50 91 2; fire 10; unlink 10 UF; wake 3 chan queued; chclose 50 tx; pass+ 52; fire 11; unlink 11 UF; wake 4 chan queued; pass- 52; end 2; run 4; pend 4; run 3; take 50 91 3; pend 3; stalled 3"},
		{"", "closed by the receivers", full + "run 4; chclose 50 rx; bounce 50 91 closed; bounce 50 92 closed; pass+ 51; fire 10; unlink 10 UF; wake 2 chan queued; fire 11; unlink 11 UF; wake 3 chan queued; pass- 51; pend 4; run 2; bounce 50 93 unsent; pend 2; run 3; bounce 50 94 unsent; pend 3; stalled 4"},
		{"", "abandoned send bounces", full + "cancelreq 2; drop+ 2; unlink 10 UD; bounce 50 93 unsent; drop- 2; run 4; take 50 91 4; put 50 94 3; fire 11; unlink 11 UF; wake 3 chan queued; pend 4"},
		{"", "abandoned send bounces first", full + "cancelreq 2; drop+ 2; bounce 50 93 unsent; unlink 10 UD; drop- 2"},
		{"", "blocked send moves to another task", full + "run 4; unlink 10 UD; link 12 51 4; pend 4; run 2; pend 2"},
		{"", "outside sender", two + "put 50 91 0; run 3; take 50 91 3; pend 3"},
		{"", "unbounded", "chan 50 -1; run 2; put 50 1 2; put 50 2 2; put 50 3 2; take 50 1 2; pend 2"},
		{"", "unbounded with a limit", "chan 50 2 51 52; run 2; put 50 1 2; put 50 2 2; bounce 50 3 unsent; take 50 1 2; put 50 4 2; pend 2"},
		{"", "corked and shown", two + "run 3; link 10 52 3; pend 3; run 2; cork 50 1; put 50 91 2; put 50 92 2; bounce 50 93 unsent; cork 50 0; fire 10; unlink 10 UF; wake 3 chan queued; pend 2; run 3; take 50 91 3; take 50 92 3; pend 3; stalled 4"},
		{"", "corked for good", two + "run 3; link 10 52 3; pend 3; run 2; cork 50 1; put 50 91 2; pend 2; stalled 4"},
		{"", "corked, and the sender ends", two + "run 3; link 10 52 3; pend 3; run 2; cork 50 1; put 50 91 2; pend 2; cancelreq 2; drop+ 2; chclose 50 tx; fire 10; unlink 10 UF; wake 3 chan queued; drop- 2; run 3; take 50 91 3; pend 3; stalled 3"},
		{"", "corked, and the receiver ends", two + "run 2; put 50 91 2; cork 50 1; put 50 92 2; pend 2; run 3; chclose 50 rx; bounce 50 91 closed; bounce 50 92 closed; end 3; stalled 3"},
		{"", "a blocked send moves in behind the cork", "chan 50 1 51 52; run 2; put 50 91 2; link 10 51 2; pend 2; run 2; cork 50 1; pend 2; run 3; take 50 91 3; put 50 92 2; fire 10; unlink 10 UF; wake 2 chan queued; pend 3; run 2; pend 2; stalled 4"},
		{"", "oneshot", shot + "run 2; put 70 91 2; chclose 70 tx; pend 2; run 3; take 70 91 3; chclose 70 rx; pend 3; stalled 4"},
		{"", "oneshot, receiver gone", shot + "chclose 70 rx; run 2; bounce 70 91 unsent; chclose 70 tx; pend 2; stalled 4"},
		{"", "oneshot, sender gone", shot + "run 3; link 10 72 3; pend 3; cancelreq 2; drop+ 2; chclose 70 tx; fire 10; unlink 10 UF; wake 3 chan queued; drop- 2; run 3; chclose 70 rx; pend 3; stalled 3"},
		{"", "oneshot, value outlived its receiver", shot + "run 2; put 70 91 2; pend 2; cancelreq 3; drop+ 3; chclose 70 rx; bounce 70 91 closed; drop- 3; stalled 3"},
		{"", "frozen with content", two + "run 2; put 50 91 2; chclose 50 rx; pend 2; frozen 1; exit 0"},
	}
}

func TestChannels(t *testing.T) { checkOps(t, channelRules(), channelCases()) }
