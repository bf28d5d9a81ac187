package main

import (
	"cmp"
	"image"
	"image/png"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/jezek/xgb/xproto"

	"github.com/reckon-engine/reckon/cmd/arena/internal/headless"
)

// TestWindow plays the real game, in a window, on a real server, by keys and
// mouse, and saves a picture of it. With ARENA_SCREENSHOT=FILE the picture is
// kept: the liveliest of several.
func TestWindow(t *testing.T) {
	if testing.Short() {
		t.Skip("opens a window and plays for a while")
	}
	address, key := serve(t, "--bots", "7", "--round", "1h", "--seed", "11", "--quiet")
	dir := t.TempDir()
	client := launch(t, dir, "arena", "--connect", address, "--key", key, "--name", "Tester", "--status", "--mute")
	h := newHand(t)

	line := client.until("game with eight players", func(line string) bool {
		players, _ := field(line, "players")
		return players == 8 && strings.Contains(line, " alive=true")
	})
	walk(t, h, client, line)
	aim(h, client)
	shoot(h, client, "shots", buttonLeft)
	shoot(h, client, "rockets", buttonRight)

	h.press(keyF3)
	h.release(keyF3)
	h.press(keyTab)
	img, _ := capture(t, h, client, dir)
	check(t, img)
	h.release(keyTab)

	tap(h, client, keyEscape, "screen=menu:0")
	tap(h, client, keyUp, "screen=menu:4") // from the first item to the last: leave
	h.press(keyReturn)
	if code, lines := client.wait(); code != 0 {
		t.Errorf("exit code %d, want 0; it said:\n%s", code, strings.Join(lines, "\n"))
	}
	h.release(keyReturn)
	if name := os.Getenv("ARENA_SCREENSHOT"); name != "" {
		keepBest(t, h, address, name)
	}
}

func isStatus(line string) bool { return strings.Contains(line, " fps=") }

// tap presses a key, and again if need be, until a status line shows what it
// does.
func tap(h *hand, client *process, key xproto.Keysym, want string) {
	h.t.Helper()
	for range 10 {
		h.press(key)
		client.until("status line", isStatus)
		h.release(key)
		if strings.Contains(client.until("status line", isStatus), want) {
			return
		}
	}
	h.t.Fatalf("a key does not lead to %s; it said:\n%s", want, client.tail())
}

// walk holds one key after the other until the player has moved a tile by
// his own feet: alive, and in the same life. 512 units are a tile.
func walk(t *testing.T, h *hand, client *process, line string) {
	t.Helper()
	for range 10 {
		for _, way := range []struct {
			key       xproto.Keysym
			coord     string
			direction int
		}{{keyD, "x", 1}, {keyS, "y", 1}, {keyA, "x", -1}, {keyW, "y", -1}} {
			from, _ := field(line, way.coord)
			life, _ := field(line, "deaths")
			h.press(way.key)
			client.until("status line", isStatus)
			line = client.until("status line", isStatus)
			h.release(way.key)
			to, ok := field(line, way.coord)
			now, _ := field(line, "deaths")
			if ok && now == life && strings.Contains(line, "alive=true") && (to-from)*way.direction >= 512 {
				return
			}
		}
	}
	t.Fatalf("the player does not walk; it said:\n%s", client.tail())
}

// aim points to the right and to the left edge of the screen, which lie to
// the right and to the left of the player wherever he stands.
func aim(h *hand, client *process) {
	h.point(headless.Width-3, headless.Height/2)
	client.until("aim to the right", func(line string) bool {
		angle, ok := field(line, "aim")
		return ok && (angle < 1024 || angle > 3072)
	})
	h.point(3, headless.Height/2)
	client.until("aim to the left", func(line string) bool {
		angle, ok := field(line, "aim")
		return ok && angle > 1024 && angle < 3072
	})
}

// shoot holds a button until a weapon has been fired.
func shoot(h *hand, client *process, counter string, button byte) {
	before, _ := field(client.until("status line", func(line string) bool {
		_, ok := field(line, counter)
		return ok
	}), counter)
	h.hold(button)
	client.until(counter+" fired", func(line string) bool {
		now, ok := field(line, counter)
		return ok && now != before
	})
	h.letGo(button)
}

// capture has the game save a picture, and reads it.
func capture(t *testing.T, h *hand, client *process, dir string) (img image.Image, path string) {
	t.Helper()
	const said = "picture saved as "
	h.press(keyF12)
	line := client.until("picture", func(line string) bool { return strings.Contains(line, said) })
	h.release(keyF12)
	_, name, _ := strings.Cut(line, said)
	path = filepath.Join(dir, name)
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if img, err = png.Decode(f); err != nil {
		t.Fatal(err)
	}
	return img, path
}

// check looks whether a picture can be one of the game: its size, and enough
// colours and light.
func check(t *testing.T, img image.Image) {
	t.Helper()
	if got := img.Bounds(); got.Dx() != headless.Width || got.Dy() != headless.Height {
		t.Errorf("the picture is %v, want %d × %d", got, headless.Width, headless.Height)
	}
	colours, light := survey(img)
	if colours < 500 || light < 50 {
		t.Errorf("%d colours and %d bright pixels, want a picture of the game", colours, light)
	}
}

// survey counts the colours of a picture and its bright pixels.
func survey(img image.Image) (colours, bright int) {
	seen := make(map[[3]uint32]bool)
	for y := img.Bounds().Min.Y; y < img.Bounds().Max.Y; y += 2 {
		for x := img.Bounds().Min.X; x < img.Bounds().Max.X; x += 2 {
			r, g, b, _ := img.At(x, y).RGBA()
			seen[[3]uint32{r, g, b}] = true
			if r+g > 0xffff*3/2 {
				bright++
			}
		}
	}
	return len(seen), bright
}

// keepBest lets the game play by itself and keeps the liveliest of a number
// of pictures: the one with the most light in it, which is fire.
func keepBest(t *testing.T, h *hand, address, name string) {
	t.Helper()
	dir := t.TempDir()
	client := launch(t, dir, "arena", "--connect", address, "--name", "Ada", "--demo", "--status", "--mute")
	client.until("game", func(line string) bool { return strings.Contains(line, " alive=true") })
	best, most := "", -1
	for range 30 {
		client.until("status line", isStatus)
		img, path := capture(t, h, client, dir)
		if _, light := survey(img); cmp.Compare(light, most) > 0 && strings.Contains(client.tail(), "alive=true") {
			best, most = path, light
		}
	}
	data, err := os.ReadFile(best)
	if err != nil {
		t.Fatal(err)
	}
	if !filepath.IsAbs(name) {
		name = filepath.Join("..", "..", name) // the test runs in its own folder
	}
	if err := os.WriteFile(name, data, 0o644); err != nil {
		t.Fatal(err)
	}
	t.Logf("kept %s, %d bytes", name, len(data))
}
