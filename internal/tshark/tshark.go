// Package tshark runs Wireshark's terminal program in tests.
package tshark

import (
	"bytes"
	"os/exec"
	"strings"
	"testing"
)

// Rows dissects the file capture with the Lua script and returns the values
// of fields for every packet, in the order of the packets; where a field
// occurs several times its values are joined by commas. more are arguments of
// tshark, such as a filter: "-Y", "reckon". The test is skipped if there is
// no tshark.
func Rows(t testing.TB, script, capture string, fields []string, more ...string) [][]string {
	t.Helper()
	args := []string{
		"-n", "-X", "lua_script:" + script, "-r", capture,
		"-T", "fields", "-E", "separator=/t", "-E", "occurrence=a", "-E", "aggregator=,",
	}
	for _, f := range fields {
		args = append(args, "-e", f)
	}
	var rows [][]string
	for line := range strings.Lines(Run(t, append(args, more...)...)) {
		rows = append(rows, strings.Split(strings.TrimRight(line, "\n"), "\t"))
	}
	return rows
}

// Run returns what tshark prints. A warning of Lua fails the test.
func Run(t testing.TB, args ...string) string {
	t.Helper()
	program, err := exec.LookPath("tshark")
	if err != nil {
		t.Skip("needs tshark, which is not installed")
	}
	var out, problems bytes.Buffer
	command := exec.CommandContext(t.Context(), program, args...)
	command.Stdout, command.Stderr = &out, &problems
	if err := command.Run(); err != nil {
		t.Fatalf("tshark %s: %v\n%s", strings.Join(args, " "), err, problems.String())
	}
	if strings.Contains(problems.String(), "Lua") {
		t.Fatalf("tshark: %s", problems.String())
	}
	return out.String()
}
