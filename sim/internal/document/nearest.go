package document

import "strings"

// Unknown adds the problem of a key that is none of names, with the nearest of
// them if it looks like a slip.
func Unknown(problems *Problems, line int, key, name string, names []string) {
	problems.Add(line, key, "unknown key; want %s", OneOf(name, names))
}

// OneOf returns the nearest of names with a question mark if name looks like a
// slip of it, else all of them.
func OneOf(name string, names []string) string {
	best, least := "", min(len(name), len(name)/3+2)
	for _, n := range names {
		if d := distance(strings.ToLower(name), n); d < least {
			best, least = n, d
		}
	}
	switch {
	case best != "":
		return best + "?"
	case len(names) == 0:
		return "none"
	case len(names) == 1:
		return names[0]
	}
	return "one of " + strings.Join(names, ", ")
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
