package main

import (
	"bytes"
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// sweepFile writes a scenario of half a second, and returns its name.
func sweepFile(t *testing.T) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "tiny.toml")
	text := "seconds = 0.5\nassert = [\"loss of udp < 40 %\"]\n[link]\nrtt = \"20ms\"\n[[flow]]\nkind = \"udp\"\n"
	if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	return file
}

func sweepTool(t *testing.T, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	var out, errs bytes.Buffer
	code = run(t.Context(), args, &out, &errs)
	return code, out.String(), errs.String()
}

func TestSweep(t *testing.T) {
	file, dir := sweepFile(t), t.TempDir()
	report, table := filepath.Join(dir, "sweep.html"), filepath.Join(dir, "sweep.csv")
	args := []string{
		"sweep", file, "--vary", "link.loss=0%,60%", "--seeds", "1..3", "--metric", "p99  of udp", "--json",
		"--out", filepath.Join(dir, "out"), "--report", report, "--csv", table,
	}
	code, out, errs := sweepTool(t, args...)
	var s sweepSummary
	if err := json.Unmarshal([]byte(out), &s); err != nil {
		t.Fatalf("%v: %s%s", err, out, errs)
	}
	if code != exitError || s.Points != 6 || s.Passed || len(s.Cells) != 2 || s.Cells[1].Failed != 3 || s.Cells[0].Figures["p99 of udp"].Most != 10 {
		t.Errorf("exit status %d, %s", code, out)
	}
	if want := "netsim replay " + file + " 1 --set link.loss=60%"; !strings.HasPrefix(s.Worst[0].Replay, want[:len(want)-13]) {
		t.Errorf("the worst is shown by %q, want as %q", s.Worst[0].Replay, want)
	}
	again := strings.Fields(s.Worst[0].Replay)
	_, shown, _ := sweepTool(t, append(again[1:], "--from", "0", "--until", "0.1")...)
	if !strings.Contains(shown, "digest "+s.Worst[0].Digest) {
		t.Errorf("the replay has another digest than %s:\n%s", s.Worst[0].Digest, shown)
	}
	if page, err := os.ReadFile(report); err != nil || !bytes.Contains(page, []byte("link.loss")) {
		t.Errorf("%v: the page is %d bytes", err, len(page))
	}
	if rows, err := os.ReadFile(table); err != nil || bytes.Count(rows, []byte{'\n'}) != 7 {
		t.Errorf("%v: the table is %s", err, rows)
	}
	if code, _, errs := sweepTool(t, args...); code != exitError || !strings.Contains(errs, "add --resume to go on with it") {
		t.Errorf("a second time: exit status %d: %s", code, errs)
	}
	_, resumed, errs := sweepTool(t, append(args, "--resume")...)
	var r sweepSummary
	if err := json.Unmarshal([]byte(resumed), &r); err != nil || r.Digest != s.Digest || !strings.Contains(errs, "6 of 6 points are there already") {
		t.Errorf("resumed: %v, digest %s, want %s: %s", err, r.Digest, s.Digest, errs)
	}
}

func TestSweepText(t *testing.T) {
	file := sweepFile(t)
	code, out, _ := sweepTool(t, "sweep", file, "--set", "link.loss=0%", "--seeds", "1..4")
	if code != exitOK || !strings.Contains(out, "pass  loss of udp < 40 %  (held at 4 of 4 points)") || !strings.Contains(out, "tiny: 4 of 4 points in ") {
		t.Errorf("exit status %d:\n%s", code, out)
	}
	if code, out, errs := sweepTool(t, "sweep", file, "--seeds", "1..4", "--quiet"); code != exitOK || out+errs != "" {
		t.Errorf("quiet: exit status %d: %q %q", code, out, errs)
	}
	code, out, _ = sweepTool(t, "sweep", file, "--set", "link.loss=60%", "--seeds", "5..1000", "--find-seed", "--quiet")
	if code != exitError || !strings.Contains(out, "netsim replay "+file+" 5 --set link.loss=60%\n") {
		t.Errorf("the search: exit status %d:\n%s", code, out)
	}
	ctx, interrupt := context.WithCancel(t.Context())
	interrupt()
	var stdout, stderr bytes.Buffer
	if code := run(ctx, []string{"sweep", file, "--seeds", "1..4"}, &stdout, &stderr); code != exitError || !strings.Contains(stdout.String(), "interrupted: 4 points were not measured") {
		t.Errorf("interrupted: exit status %d:\n%s%s", code, &stdout, &stderr)
	}
}

func TestSweepRefuses(t *testing.T) {
	file := sweepFile(t)
	for _, test := range []struct {
		args string
		want string
	}{
		{"", "want a scenario: a file, or a name of the library"},
		{file, "nothing varies: want --vary KEY=VALUES, --seeds 1..20, or both"},
		{file + " other --seeds 1", `want one scenario, not "other" as well`},
		{file + " --seeds 5..1", `invalid value "5..1" for --seeds: want whole numbers`},
		{file + " --vary link.loss=0%..10%", `want how far apart`},
		{file + " --vary link.los=0%,1%", "at link.los=0%: " + file + ": link.los: unknown key: did you mean loss?"},
		{file + " --seeds 1 --resume", "--resume needs --out"},
		{file + " --seeds 1 --set link.loss", "want KEY=VALUE"},
		{file + " --seeds 1 --metric p99,9", `the metric "p99,9"`},
		{"missing --seeds 1", "missing: no such file"},
	} {
		code, out, errs := sweepTool(t, append([]string{"sweep"}, strings.Fields(test.args)...)...)
		if code != exitUsage || out != "" || !strings.Contains(errs, test.want) || strings.Count(errs, "\n") != 1 {
			t.Errorf("%s: exit status %d: %q %q, want %q", test.args, code, out, errs, test.want)
		}
	}
}
