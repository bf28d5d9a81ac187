package main

import (
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
)

func TestKeyFile(t *testing.T) {
	name := filepath.Join(t.TempDir(), "key")
	made, created, err := loadKey(name)
	if err != nil || !created {
		t.Fatalf("created %v, %v", created, err)
	}
	info, err := os.Stat(name)
	if err != nil {
		t.Fatal(err)
	}
	if runtime.GOOS != "windows" && info.Mode().Perm() != 0o600 || info.Size() != keyFileBytes {
		t.Errorf("mode %v, %d bytes, want 0600, %d", info.Mode(), info.Size(), keyFileBytes)
	}
	again, created, err := loadKey(name)
	if err != nil || created || again != made {
		t.Errorf("the second time: the same %v, created %v, %v", again == made, created, err)
	}
	if made.Public == ([32]byte{}) {
		t.Error("the public key is zero")
	}
}

func TestBadKeyFiles(t *testing.T) {
	good := strings.Repeat("ab", 32)
	for _, test := range []struct {
		name, text string
		mode       os.FileMode
		want       string
	}{
		{"short", good[2:], 0o600, "not 64 hexadecimal digits"},
		{"long", good + "00", 0o600, "not 64 hexadecimal digits"},
		{"huge", strings.Repeat(good, 100), 0o600, "not 64 hexadecimal digits"},
		{"not hex", strings.Repeat("xy", 32), 0o600, "not 64 hexadecimal digits"},
		{"empty", "", 0o600, "not 64 hexadecimal digits"},
		{"open to all", good, 0o644, "chmod 600"},
	} {
		t.Run(test.name, func(t *testing.T) {
			if runtime.GOOS == "windows" && test.mode != 0o600 {
				t.Skip("modes are not kept there")
			}
			name := filepath.Join(t.TempDir(), "key")
			if err := os.WriteFile(name, []byte(test.text), test.mode); err != nil {
				t.Fatal(err)
			}
			if _, _, err := loadKey(name); err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("loadKey = %v, want %q", err, test.want)
			}
			if text, _ := os.ReadFile(name); string(text) != test.text {
				t.Error("a bad file was changed")
			}
		})
	}
	if _, _, err := loadKey(t.TempDir()); err == nil || !strings.Contains(err.Error(), "not a regular file") {
		t.Errorf("a folder: %v", err)
	}
	if _, _, err := loadKey(filepath.Join(t.TempDir(), "none", "key")); err == nil {
		t.Error("made a key in a folder that does not exist")
	}
}
