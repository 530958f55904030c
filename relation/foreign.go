package relation

import (
	"bytes"
	"cmp"
	"context"
	"slices"
)

// ForeignKey is a column that points at rows of a table, as data and names suggest.
type ForeignKey struct {
	Dependent, Referenced Ref
	Confidence            float64 // 0 to 1; an order, not a probability
	Coverage              float64 // share of the referenced values that occur in the dependent column
	OrphanValues          int     // distinct values without a counterpart
	OrphanRows            int     // rows with such values
	Reason                Reason  // the strongest sign
}

// Reason is the sign that speaks most for a foreign key.
type Reason string

// The reasons, strongest first.
const (
	NameSame  Reason = "name.same"   // both columns say the same: ArtistId → Artist.ArtistId
	NameTable Reason = "name.table"  // the column says the table: applicant_id → applicant.id
	NamePart  Reason = "name.part"   // it ends so: billing_address_id → address.id
	NameShort Reason = "name.short"  // it abbreviates it: dept_id → department.id
	NameRole  Reason = "name.role"   // it says what a person or a row is to another: reports_to → employee.id
	NameStem  Reason = "name.stem"   // a word of it begins like the table: ship_via → shipper.id
	ValueText Reason = "values.text" // no sign in the names, but many texts that are no numbers, all of them there
)

// weights are what a reason alone makes of the confidence. They were chosen by hand,
// not learnt; docs/methods/relation.md has what they give on known schemas.
var weights = map[Reason]float64{NameSame: 1, NameTable: .95, NamePart: .8, NameShort: .75, NameRole: .65, NameStem: .6, ValueText: .5}

// Dirty data have foreign keys too. In a key that others point at some rows may repeat
// a value; and of the column that points some rows may lack a counterpart, where the
// names leave no doubt or where many texts cannot agree by chance. Elsewhere one
// orphan is enough to say no. Shares of rows.
const (
	maxRepeated   = 0.02
	maxOrphans    = 0.05
	maxOrphanText = 0.02
	manyTexts     = 100 // distinct
)

// ForeignKeys finds at most one foreign key for every column of the tables, which must
// come from one Loader; sorted by dependent column. Views are passed over: what their
// columns point at follows from what they are made of.
//
// A referenced column is unique (nearly: maxRepeated) and looks like a key: by its
// name, or by standing first. Inclusion alone proves little, since serial numbers are all within
// one another; so names decide, and coverage only breaks ties (Rostin et al., WebDB
// 2009, and shared experience: metadata alone does well, Motl and Kordík, ITAT 2017).
// Composite keys are not looked for.
func ForeignKeys(ctx context.Context, tables []*Table) ([]ForeignKey, error) {
	names := make([][]keyName, len(tables))
	for t, table := range tables {
		names[t] = namesOf(table)
	}
	targets := keysOf(tables, names)
	var out []ForeignKey
	for t, table := range tables {
		if table.View {
			continue
		}
		for c := range table.Columns {
			if err := ctx.Err(); err != nil {
				return nil, err
			}
			var best ForeignKey
			from := dependent{Ref{t, c}, names[t][c], table, &table.Columns[c], tellingTexts(&table.Columns[c], table.Compare)}
			for _, target := range targets {
				if k, ok := judge(tables, &from, target); ok && k.Confidence > best.Confidence {
					best = k
				}
			}
			if best.Confidence > 0 {
				out = append(out, best)
			}
		}
	}
	return oneWay(out), nil
}

// target is a column that others may point at.
type target struct {
	at   Ref
	name keyName
}

func keysOf(tables []*Table, names [][]keyName) []target {
	var out []target
	for t, table := range tables {
		if table.View {
			continue
		}
		for c := range table.Columns {
			column := &table.Columns[c]
			name := names[t][c]
			keyLike := name.isID || c == 0 || slices.Equal(name.column, name.table)
			repeated := table.Rows - column.Distinct()
			if keyLike && !name.common && table.Rows > 0 && float64(repeated) <= maxRepeated*float64(table.Rows) {
				out = append(out, target{Ref{t, c}, name})
			}
		}
	}
	return out
}

// dependent is a column that may point at others.
type dependent struct {
	at      Ref
	name    keyName
	table   *Table
	column  *Column
	telling bool // its texts cannot be in another column by chance
}

// judge says what speaks for a foreign key from a column to a key.
func judge(tables []*Table, from *dependent, to target) (k ForeignKey, ok bool) {
	if from.at == to.at {
		return k, false
	}
	sameTable := from.at.Table == to.at.Table
	k = ForeignKey{Dependent: from.at, Referenced: to.at, Reason: compareNames(from.name, to.name, sameTable)}
	if k.Reason == "" {
		if !from.telling || sameTable { // in its own table: a copy of the key
			return k, false
		}
		k.Reason = ValueText
	}
	rows := float64(from.table.Rows - from.column.nulls)
	most := k.tolerated(from.column) * rows
	values := k.count(from.column, &tables[to.at.Table].Columns[to.at.Column], emptyKey(from.table.Compare), most)
	if values == 0 || float64(k.OrphanRows) > most {
		return k, false
	}
	k.Confidence = weights[k.Reason]*.85 + .15*k.Coverage - float64(k.OrphanRows)/rows
	return k, k.Confidence > 0
}

// tolerated is the share of rows that may be orphans.
func (k *ForeignKey) tolerated(from *Column) float64 {
	switch {
	case weights[k.Reason] >= weights[NameTable]:
		return maxOrphans
	case k.Reason == ValueText && from.Distinct() >= manyTexts:
		return maxOrphanText
	}
	return 0
}

// count compares the values and returns the number of distinct ones that are not
// empty; 0 as soon as more than most of them are orphans, since each has a row or more.
func (k *ForeignKey) count(from, to *Column, skip []byte, most float64) (values int) {
	orphan := make([]bool, from.dict.len())
	matched := 0
	for code := range uint32(from.dict.len()) {
		v := from.dict.value(code)
		if bytes.Equal(v, skip) {
			continue
		}
		values++
		if to.dict.has(from.dict.hashes[code], v) {
			matched++
			continue
		}
		orphan[code] = true
		if k.OrphanValues++; float64(k.OrphanValues) > most {
			return 0
		}
	}
	if k.OrphanValues > 0 {
		for _, code := range from.codes {
			if code != none && orphan[code] {
				k.OrphanRows++
			}
		}
	}
	k.Coverage = float64(matched) / float64(max(to.dict.len(), 1))
	return values
}

// tellingTexts reports whether a column's values can hardly be in another by chance:
// 10 or more texts of 3 bytes or more, at least half of them no mere numbers or dates.
func tellingTexts(c *Column, how Compare) bool {
	const enough = 10
	texts, plain := 0, 0
	for code := range uint32(c.dict.len()) {
		v := c.dict.value(code)
		if how == Typed && v[0] == isText {
			v = v[1:]
		}
		switch {
		case len(v) == 0:
			continue
		case len(v) < 3:
			return false
		case len(bytes.Trim(v, "0123456789.-:+eE /T")) == 0:
			plain++
		}
		texts++
	}
	return texts >= enough && 2*plain <= texts
}

// oneWay keeps one of two keys that point at each other: the one whose referenced
// table has the name of the key, else the one with more coverage, else the first.
func oneWay(all []ForeignKey) []ForeignKey {
	worse := func(a, b ForeignKey) bool {
		return cmp.Or(cmp.Compare(a.Confidence, b.Confidence), cmp.Compare(a.Coverage, b.Coverage)) < 0
	}
	return slices.DeleteFunc(slices.Clone(all), func(k ForeignKey) bool {
		for i, other := range all {
			if other.Dependent == k.Referenced && other.Referenced == k.Dependent {
				first := slices.Index(all, k) < i
				return worse(k, other) || !worse(other, k) && !first
			}
		}
		return false
	})
}
