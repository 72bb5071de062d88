package spec

import "github.com/tripoint-go/tripoint/backend"

// corking is what a channel's sender hides from its receiver: the last values of its content.
type corking struct {
	corks  backend.Event // the last cork, on or off
	on     bool
	hidden int
}

func corkRule() Rule {
	return Rule{"CH4", "channels", "Corked content is not taken, and a receiver that waits is woken when it is shown.",
		kinds(backend.EvCork)}
}

func (m *channels) cork(ev *backend.Event) {
	ch := m.channel(ev.Args[0])
	ch.corks, ch.on = *ev, ev.Args[1] != 0
	if !ch.on {
		ch.hidden = 0
	}
}

// hide counts a value that was put.
func (k *corking) hide() {
	if k.on {
		k.hidden++
	}
}

// uncorked judges a take; whether those who wait are woken is judged when everything rests.
func (m *channels) uncorked(ch *channel, ev *backend.Event) {
	if ch.hidden > 0 && len(ch.content) == ch.hidden {
		m.c.fail("CH4", inOrder(ch.corks, ch.content[0], *ev), "%s takes from channel %d a value that is corked", m.c.label(ev.Args[2]),
			ch.id)
	}
}
