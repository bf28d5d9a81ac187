package pack

import (
	"bytes"
	"testing"
)

func TestRoundTrip(t *testing.T) {
	b := Uint(nil, 300)
	b = Bool(b, true)
	b = Bytes(b, []byte("data"))
	b = append(b, 1, 2, 3)
	r := Reader{Rest: b}
	if got := r.Uint(300); got != 300 {
		t.Errorf("Uint = %d", got)
	}
	if !r.Bool() {
		t.Error("Bool = false")
	}
	if got := r.Bytes(4); string(got) != "data" {
		t.Errorf("Bytes = %q", got)
	}
	if got := r.Take(3); !bytes.Equal(got, []byte{1, 2, 3}) || r.Bad || len(r.Rest) != 0 {
		t.Errorf("Take = %x, %+v", got, r)
	}
}

func TestBad(t *testing.T) {
	for name, read := range map[string]func(*Reader){
		"too large":  func(r *Reader) { r.Uint(1) },
		"count":      func(r *Reader) { r.Count(100) },
		"long bytes": func(r *Reader) { r.Bytes(100) },
		"take":       func(r *Reader) { r.Take(4) },
	} {
		r := Reader{Rest: []byte{9, 1, 2}}
		if read(&r); !r.Bad || r.Uint(9) != 0 || r.Bool() || r.Count(3) != 0 {
			t.Errorf("%s: %+v", name, r)
		}
	}
	for _, b := range [][]byte{nil, {0x80}, {0x80, 0}, bytes.Repeat([]byte{0xff}, 11)} {
		r := Reader{Rest: b}
		if r.Uint(1 << 63); !r.Bad {
			t.Errorf("Uint takes %x", b)
		}
	}
}
