package engine

import (
	"errors"
	"fmt"
	"math"
	"math/big"
	"math/bits"
	"reflect"
)

func (k kind) size() uintptr {
	return [...]uintptr{1, 1, 2, 4, 8, 1, 2, 4, 8, 4}[k]
}

func (k kind) String() string {
	return [...]string{
		"bool", "int8", "int16", "int32", "int64",
		"uint8", "uint16", "uint32", "uint64", "float32",
	}[k]
}

// kindOf maps a type to its kind. loose says that the type's width depends on
// the platform.
func kindOf(t reflect.Type) (k kind, loose bool, err error) {
	switch t.Kind() {
	case reflect.Bool:
		return kindBool, false, nil
	case reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		return kindInt8 + kind(bits.Len(uint(t.Size()))-1), false, nil
	case reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		return kindUint8 + kind(bits.Len(uint(t.Size()))-1), false, nil
	case reflect.Int:
		return kindInt8 + kind(bits.Len(uint(t.Size()))-1), true, nil
	case reflect.Uint:
		return kindUint8 + kind(bits.Len(uint(t.Size()))-1), true, nil
	case reflect.Float32:
		return kindFloat32, false, nil
	case reflect.Float64:
		return 0, false, errors.New("float64 cannot be replicated; use float32, or an integer with a step")
	default:
		return 0, false, fmt.Errorf("%v cannot be replicated; use bools, integers, float32, and structs and arrays of them", t)
	}
}

// compileField applies a tag to a type.
func compileField(t reflect.Type, path string, offset uintptr, tag fieldTag) (Field, error) {
	k, loose, err := kindOf(t)
	if err != nil {
		return Field{}, err
	}
	f := Field{name: path, offset: offset, kind: k, size: uint8(k.size()), lerp: tag.lerp}
	switch {
	case k == kindBool:
		err = f.compileBool(tag)
	case k == kindFloat32:
		err = f.compileFloat(tag)
	default:
		err = f.compileInteger(tag, loose)
	}
	if err != nil {
		return Field{}, err
	}
	f.bits = uint(bits.Len64(f.count))
	f.modular = f.count&(f.count+1) == 0
	f.code = newDeltaCode(f.bits)
	f.zero = f.index(0)
	return f, f.compileLerp(tag)
}

func (f *Field) compileBool(tag fieldTag) error {
	if tag.max != nil || tag.bits > 0 || tag.lerp != lerpNone {
		return errors.New("a bool has no range, bits or lerp")
	}
	f.full, f.count, f.max, f.step = true, 1, 1, 1
	return nil
}

func (f *Field) compileInteger(tag fieldTag, loose bool) error {
	width := uint(f.size) * 8
	low, high := typeRange(width, f.kind.signed())
	step := big.NewInt(1)
	switch {
	case tag.bits > 0:
		if f.kind.signed() {
			return errors.New("bits is for unsigned integers; give a signed one a range")
		}
		if tag.bits > width {
			return fmt.Errorf("bits=%d is more than the %d of %v", tag.bits, width, f.kind)
		}
		_, high = typeRange(tag.bits, false)
	case tag.max != nil:
		if !tag.min.IsInt() || !tag.max.IsInt() || tag.step != nil && !tag.step.IsInt() {
			return errors.New("range and step of an integer must be whole numbers")
		}
		if tag.min.Num().Cmp(low) < 0 || tag.max.Num().Cmp(high) > 0 {
			return fmt.Errorf("range %s..%s does not fit %v", tag.min.RatString(), tag.max.RatString(), f.kind)
		}
		low, high = tag.min.Num(), tag.max.Num()
		if tag.step != nil {
			step = tag.step.Num()
		}
	case loose:
		return errors.New("int and uint need a range, max or bits: their width is not the same everywhere")
	}
	if _, loosest := typeRange(31, false); loose && (high.Cmp(loosest) > 0 || low.BitLen() > 31) {
		return errors.New("the range of an int or uint must fit 31 bits, as it does everywhere")
	}
	count, rest := new(big.Int).QuoRem(new(big.Int).Sub(high, low), step, new(big.Int))
	if rest.Sign() != 0 {
		return fmt.Errorf("step %v does not divide the range %v..%v", step, low, high)
	}
	f.min, f.max = patternOf(low), patternOf(high)
	f.count, f.step = count.Uint64(), step.Uint64()
	f.full = uint(bits.Len64(f.count)) == width && f.count&(f.count+1) == 0
	return nil
}

// typeRange returns the range of an integer of that many bits.
func typeRange(width uint, signed bool) (low, high *big.Int) {
	low, high = new(big.Int), big.NewInt(1)
	if signed {
		high.Lsh(high, width-1)
		low.Neg(high)
	} else {
		high.Lsh(high, width)
	}
	return low, high.Sub(high, big.NewInt(1))
}

// patternOf returns v as the 64 bits a field of it is widened to.
func patternOf(v *big.Int) uint64 {
	if v.Sign() < 0 {
		return uint64(v.Int64())
	}
	return v.Uint64()
}

func (f *Field) compileFloat(tag fieldTag) error {
	if tag.bits > 0 {
		return errors.New("a float32 has a range and a step instead of bits")
	}
	if tag.max == nil {
		f.count = math.MaxUint32
		return nil
	}
	if tag.step == nil {
		return errors.New("a float32 with a range needs a step")
	}
	count := new(big.Rat).Quo(new(big.Rat).Sub(tag.max, tag.min), tag.step)
	if !count.IsInt() {
		return fmt.Errorf("step %s does not divide the range %s..%s",
			tag.step.RatString(), tag.min.RatString(), tag.max.RatString())
	}
	f.ranged = true
	f.floatMin, _ = tag.min.Float64()
	f.floatMax, _ = tag.max.Float64()
	f.floatStep, _ = tag.step.Float64()
	// Neighbouring values have to stay apart when they are stored as float32:
	// with a step of two units in the last place, rounding a stored value
	// moves it by at most a quarter of a step.
	farthest := float32(max(math.Abs(f.floatMin), math.Abs(f.floatMax)))
	ulp := float64(math.Nextafter32(farthest, math.MaxFloat32)) - float64(farthest)
	if f.floatStep < 2*ulp || math.IsInf(float64(farthest), 0) {
		return fmt.Errorf("step %s is too fine for a float32 near %v", tag.step.RatString(), farthest)
	}
	f.count = count.Num().Uint64()
	f.stepString = tag.step.RatString()
	return nil
}

func (f *Field) compileLerp(tag fieldTag) error {
	if tag.lerp == lerpAngle && (f.kind == kindFloat32 || f.kind.signed() || f.min != 0 || f.step != 1 || !f.modular) {
		return errors.New("lerp=angle needs an unsigned integer of 0..2^N-1")
	}
	if tag.snap == nil {
		return nil
	}
	f.hasSnap = true
	if f.kind == kindFloat32 {
		f.floatSnap, _ = tag.snap.Float64()
		return nil
	}
	if !tag.snap.IsInt() || !tag.snap.Num().IsUint64() {
		return errors.New("snap of an integer must be a whole number")
	}
	f.snap = tag.snap.Num().Uint64()
	return nil
}
