package engine

import (
	"errors"
	"fmt"
	"hash/fnv"
	"reflect"
	"unsafe"
)

const (
	maxName     = 32   // bytes of a game's or a table's name
	maxCapacity = 4096 // rows of a table
	maxTables   = 64
)

// A Schema says what a game's world and its inputs are made of. Client and
// server declare it with the same calls; its fingerprint tells whether they
// did.
//
// Mistakes do not panic: the first one sticks, is returned by Err, and makes
// the schema unusable. After the first NewWorld a Schema is immutable and
// safe for concurrent use.
type Schema struct {
	game    string
	version uint32
	tables  []*Layout
	input   *Layout
	frozen  bool
	err     error
}

// NewSchema starts the schema of a game. The name is 1..32 bytes; version is
// the game's build number, which peers compare to say which of them is older.
func NewSchema(game string, version uint32) *Schema {
	s := &Schema{game: game, version: version}
	if err := checkName(game); err != nil {
		s.fail(fmt.Errorf("engine: game name %q: %w", game, err))
	}
	return s
}

// AddTable declares a table of rows of struct type T, with room for capacity
// rows, 1..4096. The order of the calls is part of the schema.
func AddTable[T any](s *Schema, name string, capacity int) Table[T] {
	l, err := s.compile(name, reflect.TypeFor[T](), false)
	if err == nil && (capacity < 1 || capacity > maxCapacity) {
		err = fmt.Errorf("capacity %d is not in 1..%d", capacity, maxCapacity)
	}
	if err == nil && len(s.tables) == maxTables {
		err = fmt.Errorf("more than %d tables", maxTables)
	}
	for _, other := range s.tables {
		if err == nil && other.name == name {
			err = errors.New("the name is taken")
		}
	}
	if err != nil {
		s.fail(fmt.Errorf("engine: table %q: %w", name, err))
		return Table[T]{}
	}
	l.capacity = capacity
	l.newRows = func(n int) unsafe.Pointer {
		return unsafe.Pointer(unsafe.SliceData(make([]T, n)))
	}
	l.zeroRow = l.newRows(1)
	l.quantise(l.zeroRow)
	s.tables = append(s.tables, l)
	return Table[T]{index: len(s.tables) - 1, layout: l}
}

// SetInput declares the struct type of a player's input for one tick. It is
// called once per schema.
func SetInput[I any](s *Schema) InputPlan[I] {
	l, err := s.compile("input", reflect.TypeFor[I](), true)
	if err == nil && s.input != nil {
		err = errors.New("declared twice")
	}
	if err != nil {
		s.fail(fmt.Errorf("engine: input: %w", err))
		return InputPlan[I]{}
	}
	s.input = l
	return InputPlan[I]{layout: l}
}

func (s *Schema) compile(name string, t reflect.Type, isInput bool) (*Layout, error) {
	if s.frozen {
		return nil, errors.New("declared after the first world was made")
	}
	if err := checkName(name); err != nil {
		return nil, err
	}
	return compileLayout(name, t, isInput)
}

// fail keeps the first mistake.
func (s *Schema) fail(err error) {
	if s.err == nil {
		s.err = err
	}
}

func checkName(name string) error {
	if len(name) < 1 || len(name) > maxName {
		return fmt.Errorf("a name has 1..%d bytes", maxName)
	}
	for _, r := range name {
		if r <= ' ' || r == '"' || r > '~' {
			return errors.New("a name is printable ASCII without spaces and quotes")
		}
	}
	return nil
}

// Err returns the first mistake in the declarations, or nil.
func (s *Schema) Err() error { return s.err }

// Name returns the game's name.
func (s *Schema) Name() string { return s.game }

// Version returns the game's build number.
func (s *Schema) Version() uint32 { return s.version }

// Tables returns how many tables there are.
func (s *Schema) Tables() int { return len(s.tables) }

// Layout returns the compiled form of table i, in the order of declaration.
func (s *Schema) Layout(i int) *Layout { return s.tables[i] }

// Input returns the compiled form of the input, nil when none is declared.
func (s *Schema) Input() *Layout { return s.input }

// Fingerprint returns the 64-bit FNV-1a hash of [Schema.Describe]. Peers with
// the same fingerprint understand each other's snapshots and inputs.
func (s *Schema) Fingerprint() uint64 {
	h := fnv.New64a()
	h.Write([]byte(s.Describe()))
	return h.Sum64()
}

// NewWorld returns an empty world at tick 0. It allocates everything the
// world will ever need, and from the first call on the schema cannot change.
// It panics when the schema has a mistake; check Err first.
func (s *Schema) NewWorld() *World {
	if s.err != nil {
		panic("engine: NewWorld of a schema with a mistake: " + s.err.Error())
	}
	if !s.frozen { // a schema that is in use is only read
		s.frozen = true
	}
	w := &World{schema: s, tables: make([]Rows, len(s.tables))}
	for i, l := range s.tables {
		w.tables[i] = newRows(l)
	}
	return w
}

// compatible reports whether worlds of the two schemas have the same memory.
func (s *Schema) compatible(o *Schema) bool {
	if s == o {
		return true
	}
	if len(s.tables) != len(o.tables) {
		return false
	}
	for i, l := range s.tables {
		if !l.same(o.tables[i]) {
			return false
		}
	}
	return true
}
