package relation

import (
	"path"
	"slices"
	"strings"
	"unicode"
)

// keyName is what the names of a column and its table say, word by word, without the
// words that only say "this is a key".
type keyName struct {
	column []string
	table  []string
	isID   bool // the column's name ended in id, code, 编号, …
	common bool // such a name, date or status say, stands in any table
	plural bool // the column's name is a plural: a count or a list, not a reference
}

// Words that make a name a key's: at its end, in front, or written together with the
// last word; and words in front of a table's name that only say that it is a table.
var (
	idWords       = []string{"id", "ids", "key", "no", "nr", "num", "number", "code", "uuid", "guid", "fk", "pk", "sk"}
	idPrefixes    = []string{"id", "fk", "pk"}
	tablePrefixes = []string{"t", "tb", "tbl", "dim", "fact", "ods", "dwd", "dws"}
	idEndings     = []string{"key", "id", "编号", "编码", "代码", "号码", "标识", "号", "码"}
)

// commonNames stand in many tables without saying anything of their relation.
var commonNames = []string{"date", "time", "timestamp", "ts", "day", "month", "year", "name", "title", "value", "status",
	"type", "description", "日期", "时间", "月份", "年份", "名称", "姓名", "状态", "类型"}

// serialNames number the rows of their own table, with a key word (序号, row_no) or without.
var serialNames = []string{"index", "row", "seq", "sequence", "rank", "line", "serial", "序", "行", "顺序"}

// roles are what people are to a thing, or a row to another, as words leaves them; the
// tables that people are in follow.
var (
	roles = []string{"rep", "manager", "supervisor", "boss", "agent", "assignee", "owner", "author", "creator",
		"reviewer", "approver", "operator", "handler", "report to", "created by", "updated by",
		"经办人", "负责人", "审批人", "审核人", "操作员", "创建人", "上级"}
	people  = []string{"employee", "staff", "user", "person", "people", "worker", "member", "account", "员工", "人员", "用户", "职工"}
	parents = []string{"parent", "report to", "manager", "supervisor", "reply to", "previous", "next", "父级", "上级", "父"}
)

// namesOf reads the names of a table's columns. A short first word that all of them
// share (l_orderkey, l_partkey, l_quantity) stands for the table and is left out.
func namesOf(t *Table) []keyName {
	table := words(tableName(t.Name))
	for len(table) > 1 && slices.Contains(tablePrefixes, table[0]) {
		table = table[1:]
	}
	if n := len(table); n > 0 {
		for _, end := range []string{"信息表", "登记表", "信息", "表"} {
			if cut := strings.TrimSuffix(table[n-1], end); cut != "" {
				table[n-1] = cut
			}
		}
	}
	columns := make([][]string, len(t.Columns))
	shared := len(t.Columns) > 1
	for c := range t.Columns {
		columns[c] = words(t.Columns[c].Name)
		shared = shared && len(columns[c]) > 1 && len(columns[c][0]) <= 3 && columns[c][0] == columns[0][0]
	}
	out := make([]keyName, len(t.Columns))
	for c, w := range columns {
		if shared {
			w = w[1:]
		}
		out[c] = nameOf(t.Columns[c].Name, w)
		out[c].table = table
	}
	return out
}

// nameOf takes the key words off a column's words.
func nameOf(name string, column []string) keyName {
	k := keyName{column: column}
	n := len(column)
	switch {
	case n == 0:
		return k
	case slices.Contains(idWords, column[n-1]):
		k.column, k.isID = column[:n-1], true
	case n > 1 && slices.Contains(idPrefixes, column[0]):
		k.column, k.isID = column[1:], true
	default:
		k.cutEnding()
	}
	name = strings.ToLower(name)
	k.plural = !k.isID && strings.HasSuffix(name, "s") && !strings.HasSuffix(name, k.column[n-1])
	k.common = len(k.column) == 1 && (slices.Contains(serialNames, k.column[0]) || !k.isID && slices.Contains(commonNames, k.column[0]))
	return k
}

// cutEnding takes a key word off that is written together with the word before it:
// orderkey, userid, 部门编号. Cut wrongly (asteroid), a name is like no other: no harm.
func (k *keyName) cutEnding() {
	last := len(k.column) - 1
	word := k.column[last]
	for _, end := range idEndings {
		cut, ok := strings.CutSuffix(word, end)
		if !ok || end[0] < 0x80 && len(cut) < 4 {
			continue
		}
		k.isID = true
		k.column = slices.Clone(k.column)
		if k.column[last] = cut; cut == "" {
			k.column = k.column[:last]
		}
		return
	}
}

// tableName is the last part of a dataset's name, without a file's ending.
func tableName(dataset string) string {
	last := dataset[strings.LastIndexAny(dataset, `/\#`)+1:]
	return strings.TrimSuffix(last, path.Ext(last))
}

// words cuts a name at capitals, digits, signs and script, in lower case and singular:
// "OrderDetails" is order, detail.
func words(name string) []string {
	var out []string
	var word []rune
	flush := func() {
		if len(word) > 0 {
			out = append(out, singular(strings.ToLower(string(word))))
		}
		word = word[:0]
	}
	runes := []rune(name)
	for i, r := range runes {
		letter := unicode.IsLetter(r) || unicode.IsDigit(r)
		if !letter {
			flush()
			continue
		}
		if i > 0 {
			before := runes[i-1]
			capital := unicode.IsUpper(r) && (unicode.IsLower(before) || i+1 < len(runes) && unicode.IsLower(runes[i+1]))
			if capital || unicode.Is(unicode.Han, r) != unicode.Is(unicode.Han, before) {
				flush()
			}
		}
		word = append(word, r)
	}
	flush()
	return out
}

// singular undoes the commonest English plurals.
func singular(w string) string {
	switch {
	case len(w) > 4 && strings.HasSuffix(w, "ies"):
		return w[:len(w)-3] + "y"
	case len(w) > 4 && (strings.HasSuffix(w, "sses") || strings.HasSuffix(w, "xes") || strings.HasSuffix(w, "ches") || strings.HasSuffix(w, "shes")):
		return w[:len(w)-2]
	case len(w) > 3 && strings.HasSuffix(w, "s") && !strings.HasSuffix(w, "ss") && !strings.HasSuffix(w, "us") && !strings.HasSuffix(w, "is"):
		return w[:len(w)-1]
	}
	return w
}

// compareNames finds the strongest sign that from points at to, or "".
func compareNames(from, to keyName, sameTable bool) Reason {
	concept := to.column
	if len(concept) == 0 {
		concept = to.table // the key is called id: its table says of what
	}
	whole := strings.Join(from.column, " ")
	switch {
	case len(from.column) == 0:
		return "" // called id itself: it says nothing of another table
	case sameTable && slices.Contains(parents, whole):
		return NameRole
	case sameTable && from.isID && !slices.Equal(from.column, concept) && endsIn(from.column, concept):
		return NamePart // parent_category_id in category
	case sameTable || from.common || from.plural:
		return ""
	case slices.Equal(from.column, concept) && len(to.column) > 0:
		return NameSame
	case slices.Equal(from.column, to.table):
		return NameTable
	case from.isID && (endsIn(from.column, concept) || endsIn(from.column, to.table)):
		return NamePart
	case from.isID && len(from.column) == 1 && len(to.table) == 1 && abbreviates(from.column[0], to.table[0]):
		return NameShort
	case isRole(from.column) && slices.ContainsFunc(to.table, func(w string) bool { return slices.Contains(people, w) }):
		return NameRole
	case len(to.table) == 1 && slices.ContainsFunc(from.column, func(w string) bool { return len(w) >= 4 && strings.HasPrefix(to.table[0], w) }):
		return NameStem
	}
	return ""
}

func endsIn(words, end []string) bool {
	return len(end) > 0 && len(words) >= len(end) && slices.Equal(words[len(words)-len(end):], end)
}

func isRole(words []string) bool {
	return slices.Contains(roles, strings.Join(words, " ")) || len(words) > 0 && slices.Contains(roles, words[len(words)-1])
}

// abbreviates reports whether short has 3 letters or more, in the order of long, from
// its first letter on: dept, department.
func abbreviates(short, long string) bool {
	if len(short) < 3 || len(short) >= len(long) || short[0] != long[0] {
		return false
	}
	at := 0
	for _, r := range long {
		if at < len(short) && rune(short[at]) == r {
			at++
		}
	}
	return at == len(short)
}
