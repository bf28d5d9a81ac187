//go:build !unix

package stage_test

import "time"

func processorTime() time.Duration { return 0 }
