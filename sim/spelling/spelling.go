// Package spelling finds what was meant by a name that there is not, for errors that ask whether it was.
//
//	best, ok := spelling.Closest("fibr", []string{"fibre", "cable"})
package spelling

// longest is the longest name that is compared.
const longest = 64

// Closest is the name that is spelt most like another; ok is false when none is near enough to have been meant.
func Closest(name string, names []string) (best string, ok bool) {
	if name == "" || len(name) > longest {
		return "", false
	}
	least := max(2, len(name)/3) + 1
	for _, n := range names {
		if d := Distance(name, n); d < least {
			best, least, ok = n, d, true
		}
	}
	return best, ok
}

// Distance is how many letters must be put in, taken out or changed to make one word of another (Levenshtein 1966).
func Distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := 1
			if a[i] == b[j] {
				cost = 0
			}
			diagonal, row[j+1] = row[j+1], min(row[j+1]+1, row[j]+1, diagonal+cost)
		}
	}
	return row[len(b)]
}
