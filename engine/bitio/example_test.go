package bitio_test

import (
	"fmt"

	"github.com/reckon-engine/reckon/engine/bitio"
)

func Example() {
	w := bitio.NewWriter(nil)
	w.WriteBool(true)      // alive
	w.WriteBits(100, 7)    // health, 0..100
	w.WriteVarint(-3)      // a small change
	w.WriteUvarint(40_000) // a counter
	data := w.Bytes()

	r := bitio.NewReader(data)
	alive, health, change, counter := r.ReadBool(), r.ReadBits(7), r.ReadVarint(), r.ReadUvarint()
	fmt.Println(len(data), alive, health, change, counter, r.Close())

	r.Reset(data[:2])
	r.ReadBits(64)
	fmt.Println(r.Err())
	// Output:
	// 5 true 100 -3 40000 <nil>
	// bitio: read past the end
}
