package engine

import (
	"errors"
	"fmt"
	"math/big"
	"strconv"
	"strings"
)

type lerpMode uint8

const (
	lerpNone lerpMode = iota
	lerpLinear
	lerpAngle
)

// tagKey is the key of our words in a struct tag.
const tagKey = "net"

// A fieldTag is what the words of one tag say, before it is known to what
// type they are applied. Numbers are exact until then.
type fieldTag struct {
	text     string // as written; "" when there is none
	min, max *big.Rat
	step     *big.Rat
	bits     uint // 0: not given
	lerp     lerpMode
	snap     *big.Rat
	owner    bool
	hidden   bool
}

func parseTag(text string) (fieldTag, error) {
	tag := fieldTag{text: text}
	if text == "" {
		return tag, nil
	}
	seen := make(map[string]bool)
	for word := range strings.SplitSeq(text, ",") {
		key, value, hasValue := strings.Cut(strings.TrimSpace(word), "=")
		if seen[key] {
			return tag, fmt.Errorf("tag word %q appears twice", key)
		}
		seen[key] = true
		if err := tag.set(key, value, hasValue); err != nil {
			return tag, err
		}
	}
	return tag, tag.check(len(seen))
}

func (tag *fieldTag) set(key, value string, hasValue bool) (err error) {
	takesValue := true
	switch key {
	case "range":
		if tag.max != nil {
			return errors.New("max and range cannot both be given")
		}
		low, high, ok := strings.Cut(value, "..")
		if !ok {
			return fmt.Errorf("range=%s is not of the form A..B", value)
		}
		if tag.min, err = parseNumber("range", low); err != nil {
			return err
		}
		tag.max, err = parseNumber("range", high)
	case "max":
		if tag.max != nil {
			return errors.New("max and range cannot both be given")
		}
		tag.min = new(big.Rat)
		tag.max, err = parseNumber("max", value)
	case "step":
		tag.step, err = parseNumber("step", value)
		if err == nil && tag.step.Sign() <= 0 {
			return fmt.Errorf("step=%s is not positive", value)
		}
	case "bits":
		n, convErr := strconv.ParseUint(value, 10, 8)
		if convErr != nil || n < 1 || n > 64 {
			return fmt.Errorf("bits=%s is not in 1..64", value)
		}
		tag.bits = uint(n)
	case "snap":
		tag.snap, err = parseNumber("snap", value)
		if err == nil && tag.snap.Sign() <= 0 {
			return fmt.Errorf("snap=%s is not positive", value)
		}
	case "lerp":
		tag.lerp = lerpLinear
		if hasValue && value != "angle" {
			return fmt.Errorf("lerp=%s is unknown (lerp or lerp=angle)", value)
		}
		if hasValue {
			tag.lerp = lerpAngle
		}
		return nil
	case "owner":
		tag.owner, takesValue = true, false
	case "-":
		tag.hidden, takesValue = true, false
	default:
		return fmt.Errorf("unknown tag word %q", key)
	}
	if err == nil && takesValue != hasValue {
		return fmt.Errorf("tag word %q: value missing or not allowed", key)
	}
	return err
}

// check finds words that contradict each other.
func (tag *fieldTag) check(words int) error {
	switch {
	case tag.hidden && words > 1:
		return errors.New(`"-" stands alone`)
	case tag.bits > 0 && tag.max != nil:
		return errors.New("bits and a range cannot both be given")
	case tag.step != nil && tag.max == nil:
		return errors.New("step needs a range")
	case tag.max != nil && tag.min.Cmp(tag.max) >= 0:
		return fmt.Errorf("range %s..%s is empty or inverted", tag.min.RatString(), tag.max.RatString())
	case tag.snap != nil && tag.lerp == lerpNone:
		return errors.New("snap needs lerp")
	case tag.owner && (tag.bits > 0 || tag.max != nil || tag.lerp != lerpNone):
		return errors.New("an owner has no range and is not interpolated")
	}
	return nil
}

// parseNumber reads an integer, a decimal or a fraction, exactly.
func parseNumber(word, text string) (*big.Rat, error) {
	const longest = 40 // characters; keeps 1e999999999 out of big.Rat
	text = strings.TrimSpace(text)
	if len(text) > longest || strings.ContainsAny(text, "eExXpP_") {
		return nil, fmt.Errorf("%s: %q is not a number", word, text)
	}
	number, ok := new(big.Rat).SetString(text)
	if !ok {
		return nil, fmt.Errorf("%s: %q is not a number", word, text)
	}
	return number, nil
}
