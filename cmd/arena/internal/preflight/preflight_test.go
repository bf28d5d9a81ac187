package preflight

import "testing"

func TestIsTest(t *testing.T) {
	for program, want := range map[string]bool{
		"/tmp/arena.test": true, `C:\arena.test.exe`: true, "arena": false, "arena.exe": false,
	} {
		if got := isTest(program); got != want {
			t.Errorf("isTest(%q) = %v, want %v", program, got, want)
		}
	}
}
