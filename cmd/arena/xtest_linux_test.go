package main

import (
	"io"
	"log"
	"os"
	"testing"

	"github.com/jezek/xgb"
	"github.com/jezek/xgb/xproto"
	"github.com/jezek/xgb/xtest"
)

// A hand presses keys and buttons and moves the mouse, through the X server:
// what it does goes the way a person's doing goes.
type hand struct {
	t        *testing.T
	x        *xgb.Conn
	root     xproto.Window
	keycodes map[xproto.Keysym]xproto.Keycode
}

// Keysyms, from X11's keysymdef.h.
const (
	keyA, keyD, keyS, keyW            = 0x61, 0x64, 0x73, 0x77
	keyTab, keyReturn, keyEscape      = 0xff09, 0xff0d, 0xff1b
	keyUp, keyF3, keyF12              = 0xff52, 0xffc0, 0xffc9
	buttonLeft, buttonRight      byte = 1, 3
)

func newHand(t *testing.T) *hand {
	t.Helper()
	xgb.Logger = log.New(io.Discard, "", 0) // it complains where there is no Xauthority
	x, err := xgb.NewConnDisplay(os.Getenv("DISPLAY"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(x.Close)
	if err := xtest.Init(x); err != nil {
		t.Fatal(err)
	}
	setup := xproto.Setup(x)
	h := &hand{t: t, x: x, root: setup.DefaultScreen(x).Root, keycodes: make(map[xproto.Keysym]xproto.Keycode)}
	first, count := setup.MinKeycode, byte(setup.MaxKeycode-setup.MinKeycode+1)
	mapping, err := xproto.GetKeyboardMapping(x, first, count).Reply()
	if err != nil {
		t.Fatal(err)
	}
	per := int(mapping.KeysymsPerKeycode)
	for i := len(mapping.Keysyms) - per; i >= 0; i -= per {
		h.keycodes[mapping.Keysyms[i]] = first + xproto.Keycode(i/per)
	}
	return h
}

func (h *hand) send(kind, detail byte, x, y int16) {
	h.t.Helper()
	if err := xtest.FakeInputChecked(h.x, kind, detail, 0, h.root, x, y, 0).Check(); err != nil {
		h.t.Fatal(err)
	}
}

func (h *hand) code(key xproto.Keysym) byte {
	h.t.Helper()
	code, ok := h.keycodes[key]
	if !ok {
		h.t.Fatalf("no key for keysym %#x", key)
	}
	return byte(code)
}

func (h *hand) press(key xproto.Keysym)   { h.send(xproto.KeyPress, h.code(key), 0, 0) }
func (h *hand) release(key xproto.Keysym) { h.send(xproto.KeyRelease, h.code(key), 0, 0) }
func (h *hand) hold(button byte)          { h.send(xproto.ButtonPress, button, 0, 0) }
func (h *hand) letGo(button byte)         { h.send(xproto.ButtonRelease, button, 0, 0) }
func (h *hand) point(x, y int16)          { h.send(xproto.MotionNotify, 0, x, y) }
