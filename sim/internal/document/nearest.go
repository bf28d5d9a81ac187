package document

import "strings"

// Unknown adds the problem of a key that is none of names.
func Unknown(problems *Problems, line int, key, name string, names []string) {
	problems.Add(line, key, "unknown key: %s", Hint(name, names))
}

// Hint says which of names is meant if name looks like a slip of it, else
// which there are.
func Hint(name string, names []string) string {
	best, least := "", min(len(name), len(name)/3+2)
	for _, n := range names {
		if d := distance(strings.ToLower(name), n); d < least {
			best, least = n, d
		}
	}
	switch {
	case best != "":
		return "did you mean " + best + "?"
	case len(names) == 0:
		return "there is none"
	}
	return "there is " + List(names, "and")
}

// List returns names as a sentence has them: "a, b and c".
func List(names []string, and string) string {
	last := len(names) - 1
	if last < 1 {
		return strings.Join(names, "")
	}
	return strings.Join(names[:last], ", ") + " " + and + " " + names[last]
}

// maxSlip bounds the work for a name that is long on purpose.
const maxSlip = 64

// distance is how many letters must be inserted, removed or replaced, or
// swapped with their neighbour, to turn a into b (the optimal string alignment
// distance).
func distance(a, b string) int {
	if len(a) > maxSlip || len(b) > maxSlip {
		return maxSlip
	}
	before, last, row := make([]int, len(b)+1), make([]int, len(b)+1), make([]int, len(b)+1)
	for j := range last {
		last[j] = j
	}
	for i := range len(a) {
		row[0] = i + 1
		for j := range len(b) {
			change := 1
			if a[i] == b[j] {
				change = 0
			}
			row[j+1] = min(last[j]+change, last[j+1]+1, row[j]+1)
			if i > 0 && j > 0 && a[i] == b[j-1] && a[i-1] == b[j] {
				row[j+1] = min(row[j+1], before[j-1]+1)
			}
		}
		before, last, row = last, row, before
	}
	return last[len(b)]
}
