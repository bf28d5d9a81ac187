package main

import (
	"context"
	"io"
	"regexp"
	"slices"
	"strings"
)

// A helpFlag is a flag as the help of its command has it. The help is the
// table from which completion works; a test compares it with what is parsed,
// so that the three cannot drift apart.
type helpFlag struct {
	name  string // with its dashes
	value string // "TIME"; "" if it has none
	about string // the first line
}

var (
	// flagLine is a line about a flag: "  --loss SHARE   datagrams lost (0%)".
	flagLine = regexp.MustCompile(`^  (--?[a-z][a-z0-9-]*)(?: ([A-Z][A-Za-z0-9:.|,=]*))?(?:, (--?[a-z][a-z0-9-]*) [A-Z]+)?(?:  +(.*))?$`)

	// flagWord is a flag in a sentence.
	flagWord = regexp.MustCompile(`--[a-z][a-z0-9-]*`)
)

// helpOf returns the help of a command; "" if there is no such command.
func helpOf(ctx context.Context, name string) string {
	if !slices.ContainsFunc(commands(), func(c command) bool { return c.name == name }) {
		return ""
	}
	var text strings.Builder
	run(ctx, []string{name, "--help"}, &text, io.Discard)
	return text.String()
}

// flagsOf returns the flags of a command, in the order of its help: those with
// a line, then those of sentences, then what there is for one direction.
func flagsOf(ctx context.Context, name string) []helpFlag {
	help := helpOf(ctx, name)
	flags := flagLines(help)
	known := func(name string) bool {
		return slices.ContainsFunc(flags, func(f helpFlag) bool { return f.name == name })
	}
	var more []helpFlag
	if name == "compare" {
		more = flagLines(proxyHelp) // its sentences name some of them
	}
	for _, word := range flagWord.FindAllString(help, -1) {
		if i := slices.IndexFunc(more, func(f helpFlag) bool { return f.name == word }); i >= 0 && !known(word) {
			flags = append(flags, more[i])
		}
	}
	if !strings.Contains(help, "up- ") {
		return flags
	}
	for _, o := range options() {
		for _, direction := range []string{"up", "down"} {
			i := slices.IndexFunc(flags, func(f helpFlag) bool {
				return f.name == "--"+o.name || f.name == "--rtt" && o.name == "delay"
			})
			if i >= 0 {
				flags = append(flags, helpFlag{"--" + direction + "-" + o.name, flags[i].value, direction + ": " + flags[i].about})
			}
		}
	}
	return flags
}

// flagLines returns the flags that have a line of their own.
func flagLines(help string) (flags []helpFlag) {
	for line := range strings.SplitSeq(help, "\n") {
		m := flagLine.FindStringSubmatch(line)
		if m == nil || slices.ContainsFunc(flags, func(f helpFlag) bool { return f.name == m[1] }) {
			continue
		}
		flags = append(flags, helpFlag{m[1], m[2], m[4]})
		if m[3] != "" {
			flags = append(flags, helpFlag{m[3], m[2], m[4]})
		}
	}
	return flags
}
