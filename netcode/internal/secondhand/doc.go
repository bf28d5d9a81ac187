// Package secondhand is a second implementation of the protocol, a client,
// written from docs/PROTOCOL.md and nothing else. It is only tests: they let
// it play against the real netcode.Core, in virtual time, so that what that
// page leaves out, or gets wrong, shows.
//
// It shares no code with netcode: no encoding, no cryptography of ours, no
// types. It is written to be read beside the page, not to be fast, and cites
// the section that it follows.
package secondhand
