package main

import (
	"errors"

	"github.com/reckon-engine/reckon/sim/result"
)

// writeFiles writes the report and the tables, if asked for.
func (o *runOptions) writeFiles(*result.Run) error {
	if o.report != "" || o.csv != "" {
		return errors.New("--report and --csv are not there yet")
	}
	return nil
}
