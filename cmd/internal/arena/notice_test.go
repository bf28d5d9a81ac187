package arena

import (
	"bytes"
	"strings"
	"testing"
)

func TestNotice(t *testing.T) {
	wire := AppendNotice(nil, NoticeKill, "Ada killed Bob")
	if kind, text, err := ReadNotice(wire); kind != NoticeKill || text != "Ada killed Bob" || err != nil {
		t.Errorf("ReadNotice = %v, %q, %v", kind, text, err)
	}
	if _, text, err := ReadNotice(AppendNotice(nil, NoticeInfo, strings.Repeat("ä", 300))); err != nil || len(text) != maxNotice {
		t.Errorf("a long text arrives with %d bytes, %v", len(text), err)
	}
	for _, bad := range [][]byte{nil, {9, 'x'}, {0, 0xff}, make([]byte, maxNotice+2)} {
		if _, _, err := ReadNotice(bad); err == nil {
			t.Errorf("ReadNotice(%x) is accepted", bad)
		}
	}
}

func FuzzReadNotice(f *testing.F) {
	f.Add([]byte("\x01Ada killed Bob"))
	f.Fuzz(func(t *testing.T, in []byte) {
		kind, text, err := ReadNotice(in)
		if err != nil || text != strings.TrimSpace(text) {
			return
		}
		if out := AppendNotice(nil, kind, text); !bytes.Equal(out, in) {
			t.Fatalf("%x comes back as %x", in, out)
		}
	})
}
