package policy

import (
	"fmt"
	"path"
	"regexp"
	"strings"
	"unicode"
)

var link = regexp.MustCompile(`\]\(([^()\s]+)\)`)

// checkLinks wants the links of documents to other places of the repository to lead somewhere, headings included.
func checkLinks(t *tree) []finding {
	headings := map[string]map[string]bool{}
	for _, x := range t.texts {
		if strings.HasSuffix(x.path, ".md") {
			headings[x.path] = anchors(x.content)
		}
	}
	var out []finding
	for _, x := range t.texts {
		if headings[x.path] == nil {
			continue
		}
		for _, l := range prose(x.content) {
			for _, m := range link.FindAllStringSubmatch(l.text, -1) {
				if strings.Contains(m[1], "://") {
					continue
				}
				to, anchor, anchored := strings.Cut(m[1], "#")
				target := x.path
				if to != "" {
					target = path.Join(path.Dir(x.path), to)
				}
				switch {
				case !t.paths[target]:
					out = append(out, finding{x.path, l.line, fmt.Sprintf("the link %s: there is no %s", m[1], target)})
				case anchored && !headings[target][anchor]:
					out = append(out, finding{x.path, l.line, fmt.Sprintf("the link %s: there is no such heading", m[1])})
				}
			}
		}
	}
	return out
}

// anchors returns what links may say behind # to get to the headings of a document.
func anchors(content string) map[string]bool {
	out := map[string]bool{}
	for _, l := range prose(content) {
		title, ok := strings.CutPrefix(strings.TrimLeft(l.text, "#"), " ")
		if !ok || !strings.HasPrefix(l.text, "#") {
			continue
		}
		out[strings.Map(func(r rune) rune {
			switch {
			case unicode.IsLetter(r), unicode.IsDigit(r), r == '-', r == '_':
				return unicode.ToLower(r)
			case r == ' ':
				return '-'
			}
			return -1
		}, strings.TrimSpace(title))] = true
	}
	return out
}

// prose returns the lines of a document outside of its code blocks.
func prose(content string) []span {
	var out []span
	line, block := 0, false
	for text := range strings.Lines(content) {
		line++
		if strings.HasPrefix(strings.TrimSpace(text), "```") {
			block = !block
		} else if !block {
			out = append(out, span{strings.TrimSuffix(text, "\n"), line})
		}
	}
	return out
}
