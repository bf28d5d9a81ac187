package link

import "fmt"

// A FormatError says which line of a trace or a table cannot be read.
type FormatError struct {
	File string // as named by the caller
	Line int    // from 1
	Want string // what was expected, and what was found
}

// Error begins with "file:line: ".
func (e *FormatError) Error() string {
	return fmt.Sprintf("%s:%d: %s", e.File, e.Line, e.Want)
}
