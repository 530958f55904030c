package main

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"hash/fnv"
	"io/fs"
	"math/rand/v2"
	"strings"

	"assay/examples"
)

// seed is the only input. The day is the one in the brief's example of a date.
const seed = 20240624

// stream gives a subject random numbers of its own.
func stream(subject string) *rand.Rand {
	h := fnv.New64a()
	h.Write([]byte(subject)) // a hash never fails
	return rand.New(rand.NewPCG(seed, h.Sum64()))
}

// builder collects what the subjects make.
type builder struct {
	tables []*table
	files  map[string][]byte // relative to the folder of examples
	err    error
}

func (b *builder) one(t *table, data []byte, err error) *table {
	if b.err == nil {
		b.err = err
	}
	b.tables = append(b.tables, t)
	b.files["zone/"+t.first().file] = data
	return t
}

func (b *builder) many(tables []*table, files map[string][]byte, err error) {
	if b.err == nil {
		b.err = err
	}
	b.tables = append(b.tables, tables...)
	for name, data := range files {
		b.files["zone/"+name] = data
	}
}

// zone makes every file: name relative to the folder of examples, and content.
func zone() (map[string][]byte, error) {
	b := &builder{files: map[string][]byte{}}
	b.open()
	if b.err != nil {
		return nil, b.err
	}
	regions := homeRegions(b.files["zone/open/divisions/areas.csv"])
	all := newEnterprises(stream("enterprises"), 3000, regions)
	register := b.one(marketRegister(stream("register"), all))
	b.one(shareholders(stream("shareholders"), all, register, regions))
	b.one(subsidies(stream("subsidies"), all, register))
	b.many(annualReport(stream("annual report"), all, register))
	b.one(permits(stream("permits"), all, register))
	tables, data, err := service(stream("service"), all, regions)
	b.many(tables, map[string][]byte{serviceFile: data}, err)
	t, files, err := hotline(stream("hotline"))
	b.many([]*table{t}, files, err)
	b.many(heat(stream))
	b.one(robot(stream("robot")))
	flights, data, passes := passTable(stream("passes"))
	b.one(flights, data, nil)
	b.one(scenes(stream("scenes"), passes))
	b.many(hubs(stream("hubs")))
	if b.err != nil {
		return nil, b.err
	}
	return b.files, b.lists()
}

// lists writes flaws.json and truth.json.
func (b *builder) lists() (err error) {
	var flaws []flawEntry
	for _, t := range b.tables {
		flaws = append(flaws, t.entries()...)
	}
	if b.files["flaws.json"], err = flawsJSON(flaws); err != nil {
		return err
	}
	b.files["truth.json"], err = truthJSON(b.tables)
	return err
}

// open copies what others published and counts it with the standard library's reader.
func (b *builder) open() {
	b.err = fs.WalkDir(examples.Zone(), "open", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		data, err := fs.ReadFile(examples.Zone(), name)
		if err != nil {
			return err
		}
		b.files["zone/"+name] = data
		if !strings.HasSuffix(name, ".csv") {
			return nil
		}
		t, err := openTable(name, data)
		b.tables = append(b.tables, t)
		return err
	})
}

func openTable(name string, data []byte) (*table, error) {
	records, err := csv.NewReader(bytes.NewReader(data)).ReadAll()
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	kinds := map[string]kind{"timestamp": timestamp, "value": decimal, "code": integer, "cityCode": integer, "provinceCode": integer}
	var columns []column
	for _, c := range records[0] {
		k := kinds[c]
		if k == "" {
			k = text
		}
		columns = append(columns, col(c, k))
	}
	t := newTable(name, name, columns...)
	for _, rec := range records[1:] {
		values := make([]any, len(rec))
		for i, v := range rec {
			values[i] = v
		}
		t.first().add(values...)
	}
	return t, nil
}

// homeRegions are the counties people of the zone come from: mostly Jilin, some of the
// two provinces beside it and of Hebei. Zones with codes of their own (…71 and up)
// stand in no identity number.
func homeRegions(areas []byte) []string {
	var out []string
	for _, line := range strings.Split(string(areas), "\n") {
		code, _, ok := strings.Cut(line, ",")
		if !ok || len(code) != 6 || code[4:] > "70" && code[4:] < "81" {
			continue
		}
		copies := map[string]int{"22": 6, "21": 1, "23": 1, "13": 1}[code[:2]]
		for range copies {
			out = append(out, code)
		}
	}
	return out
}
