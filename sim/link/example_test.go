package link_test

import (
	"fmt"
	"time"

	"github.com/reckon-engine/reckon/sim/link"
)

// A link of 2 Mbit/s, 40 ms one way, that loses 3 % in bursts of 5.
func ExampleNew() {
	burst, err := link.Bursts(0.03, 5)
	if err != nil {
		fmt.Println(err)
		return
	}
	l, err := link.New(link.Config{
		Delay: 40 * time.Millisecond,
		Burst: burst,
		Rate:  2_000_000,
	}, 1)
	if err != nil {
		fmt.Println(err)
		return
	}
	now := time.Unix(0, 0)
	for range 3 {
		fate := l.Send(now, 1000)
		fmt.Println(fate.Cause, fate.Delay)
	}
	// Output:
	// delivered 44ms
	// delivered 48ms
	// delivered 52ms
}

// A pipe holds the datagrams until they are due.
func ExamplePipe() {
	pipe, err := link.NewPipe(link.Config{Delay: 40 * time.Millisecond}, 1, link.PipeLimits{})
	if err != nil {
		fmt.Println(err)
		return
	}
	start := time.Unix(0, 0)
	pipe.Push(start, []byte("hello"))

	due := pipe.NextDelivery()
	datagram, ok := pipe.Pop(due)
	fmt.Println(due.Sub(start), string(datagram), ok)
	// Output: 40ms hello true
}

// Configurations are checked where they are used.
func ExampleFieldError() {
	_, err := link.New(link.Config{Loss: 3}, 1)
	fmt.Println(err)
	// Output: link: Loss is 3, want 0 to 1
}
