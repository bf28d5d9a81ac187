package main

import (
	"bytes"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
)

// TestTraceAndCapture: the flags write files, readable by the owner alone.
func TestTraceAndCapture(t *testing.T) {
	dir := t.TempDir()
	trace, capture := filepath.Join(dir, "t.qlog"), filepath.Join(dir, "c.pcapng")
	_, stop := start(t, "--bots", "0", "--trace", trace, "--capture", capture)
	if code, rest := stop(); code != exitOK {
		t.Fatalf("exit code %d: %s", code, rest)
	}
	for name, begins := range map[string]string{trace: "\x1e{\"qlog_version\"", capture: "\x0a\x0d\x0d\x0a"} {
		data, err := os.ReadFile(name)
		if err != nil || !bytes.HasPrefix(data, []byte(begins)) {
			t.Errorf("%s begins with %.20q, %v", filepath.Base(name), data, err)
		}
		if info, err := os.Stat(name); err == nil && runtime.GOOS != "windows" && info.Mode().Perm()&0o077 != 0 {
			t.Errorf("%s has mode %v", filepath.Base(name), info.Mode())
		}
	}

	var out bytes.Buffer
	if code := run(t.Context(), []string{"--capture", dir}, &out, &out); code != exitRun || !strings.Contains(out.String(), "--capture") {
		t.Errorf("exit code %d, %q", code, out.String())
	}
}
