//go:build !unix

package run

import "time"

func processorTime() time.Duration { return 0 }
