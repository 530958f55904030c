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

// Words that make a name a key's, at its end.
var (
	idWords   = []string{"id", "ids", "key", "no", "nr", "num", "number", "code", "uuid", "guid", "fk", "pk", "sk"}
	idEndings = []string{"编号", "编码", "代码", "号码", "标识", "号", "码"}
)

// commonNames stand in many tables without saying anything of their relation.
var commonNames = []string{"date", "time", "timestamp", "ts", "day", "month", "year", "name", "title", "value", "status",
	"type", "description", "index", "row", "seq", "rank", "日期", "时间", "月份", "年份", "名称", "姓名", "序", "序号", "状态", "类型"}

// roles are what people are to a thing, or a row to another, as words leaves them; the
// tables that people are in follow.
var (
	roles = []string{"rep", "manager", "supervisor", "boss", "agent", "assignee", "owner", "author", "creator",
		"reviewer", "approver", "operator", "handler", "report to", "created by", "updated by",
		"经办人", "负责人", "审批人", "审核人", "操作员", "创建人", "上级"}
	people  = []string{"employee", "staff", "user", "person", "people", "worker", "member", "account", "员工", "人员", "用户", "职工"}
	parents = []string{"parent", "report to", "manager", "supervisor", "reply to", "previous", "next", "父级", "上级", "父"}
)

func nameOf(table, column string) keyName {
	k := keyName{column: words(column), table: words(tableName(table))}
	if n := len(k.table); n > 0 {
		for _, end := range []string{"信息表", "登记表", "信息", "表"} {
			if cut := strings.TrimSuffix(k.table[n-1], end); cut != "" {
				k.table[n-1] = cut
			}
		}
	}
	n := len(k.column)
	if n > 0 && slices.Contains(idWords, k.column[n-1]) {
		k.column, k.isID = k.column[:n-1], true
	} else if n > 0 {
		for _, end := range idEndings {
			if cut, ok := strings.CutSuffix(k.column[n-1], end); ok {
				k.column[n-1], k.isID = cut, true
				if cut == "" {
					k.column = k.column[:n-1]
				}
				break
			}
		}
	}
	k.plural = !k.isID && n > 0 && strings.HasSuffix(strings.ToLower(column), "s") && !strings.HasSuffix(strings.ToLower(column), k.column[n-1])
	k.common = len(k.column) == 1 && slices.Contains(commonNames, k.column[0])
	return k
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
