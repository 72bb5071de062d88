package main

import (
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/tripoint-go/tripoint/chaos"
	"github.com/tripoint-go/tripoint/internal/explore"
	"github.com/tripoint-go/tripoint/scenarios"
)

// Every fault plan and every example in the help is understood.
func TestHelpIsUnderstood(t *testing.T) {
	text := helpText()
	plans := regexp.MustCompile(`[a-z]+\.[a-z]+=[0-9]+/[0-9]+(,[a-z]+\.[a-z]+=[0-9]+/[0-9]+)*`).FindAllString(text, -1)
	if len(plans) < 2 {
		t.Errorf("found only the plans %q", plans)
	}
	for _, plan := range plans {
		if _, err := explore.ParsePlan(plan); err != nil {
			t.Errorf("%s: %v", plan, err)
		}
	}
	examples := regexp.MustCompile(`(?m)^  simrun((?: -?[^ \n]+)*)`).FindAllStringSubmatch(text, -1)
	if len(examples) < 5 {
		t.Errorf("found only %d examples", len(examples))
	}
	for _, example := range examples {
		args, _, _ := strings.Cut(example[1], " with ")
		f := flags{all: scenarios.All()}
		if _, err := f.parse(strings.Fields(args), func(string) (string, bool) { return "", false }); err != nil {
			t.Errorf("simrun%s: %v", args, err)
		}
	}
}

// A replay warns of what may make a difference, and of nothing else.
func TestElsewhere(t *testing.T) {
	const tool = "simrun v1.2.3, go1.26.8 linux/amd64"
	for _, c := range []struct {
		header       chaos.Header
		tool, commit string
		want         []string // the beginnings of the lines
	}{
		{chaos.Header{}, tool, "", nil},
		{chaos.Header{Tool: tool, Go: "go1.26.8"}, tool, "", nil},
		{chaos.Header{Tool: "simrun v1.2.3, go1.26.1 linux/arm64", Go: "go1.26.1", Platform: "linux/arm64"}, tool, "", nil},
		{chaos.Header{Go: "go1.25.8"}, tool, "", []string{"with go1.25.8, this is go1.26.8"}},
		{chaos.Header{Go: "devel go1.27-abc"}, tool, "", []string{"with devel"}},
		{chaos.Header{Tool: "simrun v1.2.2, go1.25 linux/amd64", Go: "go1.25"}, tool, "", []string{"by simrun v1.2.2, this is simrun v1.2.3", "with go1.25"}},
		{chaos.Header{Tool: "simrun at aa, go1.26 x/y", Commit: "aa"}, "simrun at bb, go1.26 x/y", "bb", []string{"at commit aa, this is bb"}},
		{chaos.Header{Tool: "simrun at aa, go1.26 x/y", Commit: "aa"}, "simrun (devel), go1.26 x/y", "", []string{"by simrun at aa, this is simrun (devel)"}},
		{chaos.Header{Commit: "aa"}, tool, "", []string{"at commit aa, this is of an unknown commit"}},
		{chaos.Header{Tool: "simrun at aa, go1.26 x/y", Commit: "aa"}, "simrun v1.0.0 at aa, go1.26 x/y", "aa", nil},
	} {
		got := elsewhere(&c.header, c.tool, c.commit, "go1.26.8")
		if !slices.EqualFunc(got, c.want, strings.HasPrefix) {
			t.Errorf("%+v: got %q, want %q", c.header, got, c.want)
		}
	}
}
