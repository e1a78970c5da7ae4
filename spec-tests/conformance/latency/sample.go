package main

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// sample is how long something took, each time.
type sample []time.Duration

// at is the time within which this part of them was done, nearest rank.
func (s sample) at(percent int) time.Duration {
	sorted := slices.Sorted(slices.Values(s))
	rank := (len(sorted)*percent + 99) / 100
	return sorted[max(rank, 1)-1]
}

func (s sample) String() string {
	var text strings.Builder
	for _, percent := range []int{50, 90, 99, 100} {
		fmt.Fprintf(&text, "%6.1f ", float64(s.at(percent).Microseconds())/1000)
	}
	return strings.TrimRight(text.String(), " ")
}
