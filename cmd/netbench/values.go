package main

import (
	"errors"
	"flag"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/reckon-engine/reckon/sim/link"
)

// durationVar adds a flag for a time within limits.
func durationVar(set *flag.FlagSet, d *time.Duration, name string, low, high time.Duration) {
	set.Func(name, "", func(s string) error {
		parsed, err := time.ParseDuration(s)
		switch {
		case err != nil:
			return errors.New("want a time such as 80ms or 1.5s")
		case parsed < low || parsed > high:
			return fmt.Errorf("want %v to %v", low, high)
		}
		*d = parsed
		return nil
	})
}

// secondsVar adds a flag for a number of seconds.
func secondsVar(set *flag.FlagSet, d *time.Duration, name string, low, high float64) {
	set.Func(name, "", func(s string) error {
		n, err := parseNumber(s, low, high)
		*d = time.Duration(n * float64(time.Second))
		return err
	})
}

// numberVar adds a flag for a whole number within limits.
func numberVar(set *flag.FlagSet, n *int, name string, low, high int) {
	set.Func(name, "", func(s string) error {
		parsed, err := strconv.Atoi(s)
		switch {
		case err != nil:
			return errors.New("want a whole number")
		case parsed < low || parsed > high:
			return fmt.Errorf("want %d to %d", low, high)
		}
		*n = parsed
		return nil
	})
}

// lossVar adds --loss: percent, with or without the sign.
func lossVar(set *flag.FlagSet, loss *float64) {
	set.Func("loss", "", func(s string) error {
		n, err := parseNumber(strings.TrimSuffix(s, "%"), 0, 100)
		if err != nil {
			return fmt.Errorf("%w of percent, such as 5", err)
		}
		*loss = n / 100
		return nil
	})
}

// rateVar adds --rate.
func rateVar(set *flag.FlagSet, rate *int64) {
	set.Func("rate", "", func(s string) error {
		lower := strings.TrimSuffix(strings.ToLower(s), "/s")
		for _, u := range []struct {
			suffix string
			factor float64
		}{{"gbit", 1e9}, {"mbit", 1e6}, {"kbit", 1e3}, {"bit", 1}} {
			number, ok := strings.CutSuffix(lower, u.suffix)
			if !ok {
				continue
			}
			n, err := parseNumber(number, link.MinRate/u.factor, link.MaxRate/u.factor)
			if err != nil {
				return fmt.Errorf("%w of %s/s", err, u.suffix)
			}
			*rate = int64(math.Round(n * u.factor))
			return nil
		}
		return errors.New("want a rate such as 500kbit or 2mbit")
	})
}

// parseNumber parses a number within limits.
func parseNumber(s string, low, high float64) (float64, error) {
	value, err := strconv.ParseFloat(s, 64)
	switch {
	case err != nil || math.IsNaN(value):
		return 0, errors.New("want a number")
	case value < low || value > high:
		return 0, fmt.Errorf("want %g to %g", low, high)
	}
	return value, nil
}

// milliseconds is for figures: microseconds are what is left of a duration.
func milliseconds(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }

// rounded cuts a ratio to what is worth printing.
func rounded(x float64, digits int) float64 {
	scale := math.Pow10(digits)
	return math.Round(x*scale) / scale
}

// share returns part of whole; 0 of nothing.
func share(part, whole float64) float64 {
	if whole == 0 {
		return 0
	}
	return part / whole
}
