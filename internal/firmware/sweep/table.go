package main

// windows are all that are swept. A window is a program in internal/firmware/fw/inject and an entry here.
func windows() []window {
	return []window{
		{name: "insert", mutant: mutant{names: []string{"CM1"}, edits: []edit{
			{"sched/waiter.go", "	n.prev, n.next = l.tail, nil\n", "	unmask()\n	n.prev, n.next = l.tail, nil\n"},
			{"sched/waiter.go", "	l.tail = n\n	ex.tr.Emit", "	l.tail = n\n	mask()\n	ex.tr.Emit"},
		}}},
		{name: "unlink", mutant: mutant{names: []string{"CM4"}, edits: []edit{
			{"sched/waiter.go", "	n.remove()\n	n.task.ex.tr.Emit", "	unmask()\n	n.remove()\n	mask()\n	n.task.ex.tr.Emit"},
		}}},
		{name: "pass", both: true, mutant: mutant{names: []string{"S3"}, edits: []edit{
			{"backend/cortexm/world.go", "	if n >= 16 {\n		arm.NVIC.ISER", "	if n >= 16 {\n		arm.SetPriority(uint32(n-16), uint32(n&1)<<7|0x40)\n		arm.NVIC.ISER"},
		}}},
		{name: "push", to: "(*github.com/tripoint-go/tripoint/backend.Trace).Emit", both: true, pairs: true, mutant: mutant{names: []string{"S3"}, edits: []edit{
			{"sched/queue.go", "	q.buf[q.tail] = slot\n	q.tail++\n", "	unmask()\n	q.buf[q.tail] = slot\n	q.tail++\n	mask()\n"},
		}}},
		{name: "alarm", asleep: true, mutant: mutant{names: []string{"S3"}, edits: []edit{
			{"backend/cortexm/world.go", "			b.clock.alarm(now, until)\n",
				"			arm.Asm(\"cpsie i\\nisb\")\n			b.clock.alarm(now, until)\n			arm.Asm(\"cpsid i\")\n"},
		}}},
		{name: "sleep", asleep: true, both: true, pairs: true, mutant: mutant{names: []string{"S3"}, edits: []edit{
			{"backend/cortexm/world.go", "		if b.opts.Sleep != nil {\n", "		b.Open()\n		if b.opts.Sleep != nil {\n"},
		}}},
		{name: "send", mutant: mutant{names: []string{"CM8", "S3"}, edits: []edit{
			{"sched/tsync/channel.go", "		n.Code = codeOwned\n		n.Fire(backend.WakeChan)\n	}\n}\n\n// take", "		unmask()\n		n.Code = codeOwned\n		n.Fire(backend.WakeChan)\n		mask()\n	}\n}\n\n// take"},
		}}},
		{name: "receive", mutant: mutant{names: []string{"CM8", "S3"}, edits: []edit{
			{"sched/tsync/channel.go", "		n.Code = codeOwned\n		n.Fire(backend.WakeChan)\n	}\n	c.drained()", "		unmask()\n		n.Code = codeOwned\n		n.Fire(backend.WakeChan)\n		mask()\n	}\n	c.drained()"},
		}}},
		{name: "release", mutant: mutant{names: []string{"CM8", "S3"}, edits: []edit{
			{"sched/tsync/lockcore.go", "n))\n		n.Code = codeOwned\n		n.Fire(backend.WakeSync)\n", "n))\n		unmask()\n		n.Code = codeOwned\n		n.Fire(backend.WakeSync)\n		mask()\n"},
		}}},
		{name: "cancel", mutant: mutant{names: []string{"NC5"}, edits: []edit{
			{"sched/executor.go", "	t.flags = t.flags&^flagYielded | flagCancel\n	switch {\n	case t.flags&flagRunning != 0:\n		t.flags |= flagNoted\n	case t.flags&flagQueued == 0:\n		ex.enqueue(t)\n	}\n",
				"	unmask()\n	t.flags = t.flags&^flagYielded | flagCancel\n	switch {\n	case t.flags&flagRunning != 0:\n		t.flags |= flagNoted\n	case t.flags&flagQueued == 0:\n		ex.enqueue(t)\n	}\n	mask()\n"},
		}}},
	}
}
