//go:build !linux

package compare

import (
	"context"

	"github.com/reckon-engine/reckon/sim/tun"
)

func kernelHas(string) bool { return false }

func connectTCP(context.Context, *tun.Network, string) (carriage, error) {
	return nil, tun.ErrUnsupported
}
