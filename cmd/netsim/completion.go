package main

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/reckon-engine/reckon/sim/scenario"
)

const completionHelp = `Usage: netsim completion bash|zsh|fish

Prints what makes the shell complete commands, flags, the names of presets and
scenarios, and values.

  source <(netsim completion bash)                            now, or in ~/.bashrc
  netsim completion zsh > "${fpath[1]}/_netsim"               with compinit
  netsim completion fish > ~/.config/fish/completions/netsim.fish
`

// The scripts ask the hidden command __complete, which prints a candidate in
// each line, with a tab and a description if there is one. ":files" stands for
// the files there are.
var completionScripts = map[string]string{
	"bash": `_netsim() {
	local cur="${COMP_WORDS[COMP_CWORD]}" IFS=$'\n' line
	COMPREPLY=()
	for line in $("${COMP_WORDS[0]}" __complete "${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null); do
		if [[ $line == :files ]]; then
			compopt -o filenames 2>/dev/null
			COMPREPLY+=($(compgen -f -- "$cur"))
		else
			COMPREPLY+=("${line%%$'\t'*}")
		fi
	done
	if [[ ${#COMPREPLY[@]} -eq 1 && ${COMPREPLY[0]} == *= ]]; then
		compopt -o nospace 2>/dev/null
	fi
}
complete -F _netsim netsim
`,
	"zsh": `#compdef netsim
_netsim() {
	local line files
	local -a candidates
	for line in "${(@f)$(netsim __complete "${(@)words[2,CURRENT]}" 2>/dev/null)}"; do
		case $line in
		:files) files=1 ;;
		?*) candidates+=("${${line%%$'\t'*}//:/\\:}:${line#*$'\t'}") ;;
		esac
	done
	[[ -n $candidates ]] && _describe netsim candidates
	[[ -n $files ]] && _files
}
if [[ $funcstack[1] == _netsim ]]; then
	_netsim
else
	compdef _netsim netsim
fi
`,
	"fish": `function __netsim_complete
	set -l words (commandline -opc) (commandline -ct)
	for line in (netsim __complete $words[2..-1] 2>/dev/null)
		if test "$line" = :files
			__fish_complete_path (commandline -ct)
		else
			echo $line
		end
	end
end
complete -c netsim -f -a '(__netsim_complete)'
`,
}

// runCompletion is the command.
func runCompletion(_ context.Context, args []string, stdout, stderr io.Writer) int {
	if len(args) == 1 {
		if script, ok := completionScripts[args[0]]; ok {
			fmt.Fprint(stdout, script)
			return exitOK
		}
		if args[0] == "-h" || args[0] == "-help" || args[0] == "--help" {
			fmt.Fprint(stdout, completionHelp)
			return exitOK
		}
	}
	fmt.Fprintln(stderr, "netsim completion: want bash, zsh or fish")
	return exitUsage
}

// runComplete prints what the last of the words could be.
func runComplete(ctx context.Context, words []string, stdout io.Writer) int {
	last := ""
	if n := len(words); n > 0 {
		words, last = words[:n-1], words[n-1]
	}
	for _, c := range candidates(ctx, words, last) {
		switch {
		case !strings.HasPrefix(c.text, last) && c != files:
		case c.about == "":
			fmt.Fprintln(stdout, c.text)
		default:
			fmt.Fprintf(stdout, "%s\t%s\n", c.text, c.about)
		}
	}
	return exitOK
}

// A candidate is what a word could be.
type candidate struct{ text, about string }

// files are the files there are.
var files = candidate{text: ":files"}

// candidates returns what could come after words, where last is begun.
func candidates(ctx context.Context, words []string, last string) []candidate {
	if len(words) == 0 {
		var list []candidate
		for _, c := range commands() {
			list = append(list, candidate{c.name, c.summary})
		}
		return list
	}
	name := words[0]
	flags := flagsOf(ctx, name)
	if slices.Contains(words, "--") {
		return []candidate{files} // a program and its arguments
	}
	if before := words[len(words)-1]; strings.HasPrefix(before, "-") {
		if i := slices.IndexFunc(flags, func(f helpFlag) bool { return f.name == before }); i >= 0 && flags[i].value != "" {
			return valuesOf(&flags[i])
		}
	}
	if strings.HasPrefix(last, "-") {
		var list []candidate
		for _, f := range flags {
			list = append(list, candidate{f.name, f.about})
		}
		return list
	}
	return positional(name)
}

// positional returns what a command's words without dashes are.
func positional(name string) []candidate {
	switch name {
	case "run", "replay", "sweep":
		return append(scenarioNames(), files)
	case "compare":
		return append(append(presetNames(), scenarioNames()...), files)
	case "presets":
		return presetNames()
	case "completion":
		return []candidate{{"bash", ""}, {"zsh", ""}, {"fish", ""}}
	case "fit":
		return []candidate{files}
	}
	return nil
}

func scenarioNames() (list []candidate) {
	for _, name := range scenario.Library() {
		about := ""
		if s, err := scenario.Load(name, scenarioKinds()...); err == nil {
			about = s.About
		}
		list = append(list, candidate{name, about})
	}
	return list
}

func presetNames() (list []candidate) {
	for _, p := range scenario.Presets() {
		list = append(list, candidate{p.Name, p.About})
	}
	return list
}

// valuesOf returns what a flag's value could be.
func valuesOf(f *helpFlag) []candidate {
	switch strings.TrimLeft(f.name, "-") {
	case "preset":
		return append(presetNames(), files)
	case "scenario":
		return append(scenarioNames(), files)
	case "congestion":
		return plain("cubic", "bbr", "reno")
	case "set", "vary":
		var list []candidate
		for _, key := range []string{"rtt", "delay", "jitter", "loss", "burst", "rate", "queue", "aqm", "up.loss", "down.loss", "up.rate", "down.rate"} {
			list = append(list, candidate{"link." + key + "=", ""})
		}
		return append(list, candidate{"seconds=", ""})
	}
	switch value, _, _ := strings.Cut(f.value, "."); value {
	case "FILE", "DIR":
		return []candidate{files}
	case "SHAPE":
		return plain("uniform", "normal", "pareto", "pareto-normal")
	case "SHARE":
		return plain("0.5%", "1%", "3%", "5%", "10%")
	case "TIME":
		return plain("10ms", "20ms", "50ms", "80ms", "100ms", "200ms", "1s", "10s")
	case "RATE":
		return plain("500kbit", "1mbit", "2mbit", "10mbit", "100mbit", "1gbit")
	case "SIZE":
		return plain("none", "50ms", "100ms", "250ms", "64kB", "256kB")
	}
	return nil
}

func plain(values ...string) (list []candidate) {
	for _, v := range values {
		list = append(list, candidate{v, ""})
	}
	return list
}
