package main

import (
	"bytes"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"runtime"

	"github.com/reckon-engine/reckon/netcode"
)

// A key file is the private key in 64 hexadecimal digits and a newline.
const keyFileBytes = 2*32 + 1

// loadKey reads the key from a file, or makes a new one there if there is no
// such file. created reports the latter.
func loadKey(name string) (pair netcode.KeyPair, created bool, err error) {
	pair, err = readKey(name)
	if !errors.Is(err, fs.ErrNotExist) {
		return pair, false, err
	}
	if pair, err = netcode.GenerateKeyPair(nil); err != nil {
		return pair, false, err
	}
	if err = writeKey(name, pair); errors.Is(err, fs.ErrExist) {
		// Another server made one between our two looks: use that.
		pair, err = readKey(name)
		return pair, false, err
	}
	return pair, err == nil, err
}

func readKey(name string) (netcode.KeyPair, error) {
	var none netcode.KeyPair
	info, err := os.Stat(name)
	if err != nil {
		return none, fmt.Errorf("key file: %w", err)
	}
	if !info.Mode().IsRegular() {
		return none, fmt.Errorf("key file %s: not a regular file", name)
	}
	if runtime.GOOS != "windows" && info.Mode().Perm()&0o077 != 0 {
		return none, fmt.Errorf("key file %s: open to other users; run chmod 600 on it", name)
	}
	text, err := os.ReadFile(name)
	if err != nil {
		return none, fmt.Errorf("key file: %w", err)
	}
	private, err := hex.DecodeString(string(bytes.TrimSpace(text)))
	if err != nil || len(private) != len(none.Private) {
		return none, fmt.Errorf("key file %s: not %d hexadecimal digits", name, 2*len(none.Private))
	}
	return netcode.GenerateKeyPair(bytes.NewReader(private))
}

// writeKey makes the file; it never replaces one.
func writeKey(name string, pair netcode.KeyPair) error {
	f, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return fmt.Errorf("key file: %w", err)
	}
	text := make([]byte, 0, keyFileBytes)
	text = append(hex.AppendEncode(text, pair.Private[:]), '\n')
	_, err = f.Write(text)
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		os.Remove(name) // half a key would block every later start
		return fmt.Errorf("key file: %w", err)
	}
	return nil
}
