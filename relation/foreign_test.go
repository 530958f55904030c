package relation

import (
	"context"
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// serial is a table whose columns hold 1, 2, …, n over and over, n per column.
func serial(t *testing.T, l *Loader, name string, rows int, columns map[string]int, order ...string) *Table {
	cells := make([][]string, rows)
	for i := range cells {
		for _, c := range order {
			cells[i] = append(cells[i], fmt.Sprint(i%columns[c]+1))
		}
	}
	return load(t, l, name, order, cells)
}

// Serial numbers everywhere: every column lies within every longer key. Only names can
// tell, and where they do not, nothing is said.
func TestForeignKeysAmongSerialNumbers(t *testing.T) {
	l := NewLoader(LoadOptions{})
	tables := []*Table{
		serial(t, l, "shop/Customers", 50, map[string]int{"CustomerID": 50, "Rating": 5}, "CustomerID", "Rating"),
		serial(t, l, "shop/departments", 9, map[string]int{"id": 9}, "id"),
		serial(t, l, "shop/staff", 30, map[string]int{"id": 30, "dept_id": 9, "manager_id": 4, "floor": 6}, "id", "dept_id", "manager_id", "floor"),
		serial(t, l, "shop/order_items", 200, map[string]int{"id": 200, "billing_customer_id": 50, "quantity": 7, "sales_rep": 3, "customers": 9},
			"id", "billing_customer_id", "quantity", "sales_rep", "customers"),
		serial(t, l, "shop/部门表", 8, map[string]int{"编号": 8}, "编号"),
		serial(t, l, "shop/人员", 40, map[string]int{"人员编号": 40, "部门编号": 8, "年龄": 30}, "人员编号", "部门编号", "年龄"),
	}
	want := []string{
		"staff.dept_id → departments.id name.short",
		"staff.manager_id → staff.id name.role",
		"order_items.billing_customer_id → Customers.CustomerID name.part",
		"order_items.sales_rep → staff.id name.role",
		"人员.部门编号 → 部门表.编号 name.table",
	}
	if d := cmp.Diff(want, foreign(t, tables)); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
}

func foreign(t *testing.T, tables []*Table) []string {
	t.Helper()
	got, err := ForeignKeys(context.Background(), tables)
	if err != nil {
		t.Fatal(err)
	}
	end := func(r Ref) string {
		return tableName(tables[r.Table].Name) + "." + tables[r.Table].Columns[r.Column].Name
	}
	var out []string
	for _, k := range got {
		line := fmt.Sprintf("%s → %s %s", end(k.Dependent), end(k.Referenced), k.Reason)
		if k.OrphanRows > 0 {
			line += fmt.Sprintf(" %d/%d", k.OrphanValues, k.OrphanRows)
		}
		out = append(out, line)
	}
	return out
}

// Dirty data: a repeated key and planted orphans. Many orphans are no foreign key, and
// texts without a common name need to be many.
func TestForeignKeysOfDirtyData(t *testing.T) {
	l := NewLoader(LoadOptions{})
	var firms, permits [][]string
	for i := range 300 {
		code := fmt.Sprintf("9123%03dMA", i)
		firms = append(firms, []string{code, code}) // a copy of a key is no foreign key
	}
	firms = append(firms, firms[7]) // entered twice
	for i := range 400 {
		code := fmt.Sprintf("9123%03dMA", i%250)
		lost := code
		if i%100 == 3 {
			code = "nowhere" + fmt.Sprint(i%2)
		}
		if i%5 == 0 {
			lost = "nowhere" + fmt.Sprint(i)
		}
		permits = append(permits, []string{fmt.Sprint(i), code, code, lost, fmt.Sprintf("9123%03dMA", i%9)})
	}
	tables := []*Table{
		load(t, l, "企业", []string{"信用代码", "类"}, firms),
		load(t, l, "许可", []string{"流水号", "信用代码", "uscc", "企业代码", "few"}, permits),
	}
	// Of 400 rows 4 have nowhere0 or nowhere1: rows 3, 103, 203, 303, all odd.
	want := []string{"许可.信用代码 → 企业.信用代码 name.same 1/4", "许可.uscc → 企业.信用代码 values.text 1/4"}
	if d := cmp.Diff(want, foreign(t, tables)); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
	tables[1].View = true
	if got := foreign(t, tables); len(got) != 0 {
		t.Errorf("foreign keys of a view: %q", got)
	}
}

// Two tables with the same key point at each other; one way is kept.
func TestForeignKeysPointOneWay(t *testing.T) {
	l := NewLoader(LoadOptions{})
	tables := []*Table{
		serial(t, l, "order", 20, map[string]int{"order_id": 20}, "order_id"),
		serial(t, l, "order_detail", 20, map[string]int{"order_id": 20}, "order_id"),
	}
	if got := foreign(t, tables); len(got) != 1 {
		t.Errorf("got %q, want one way", got)
	}
}

// Ways of naming in schemas that people know: TPC-H, Sakila, test_db, warehouses.
func TestForeignKeyNames(t *testing.T) {
	l := NewLoader(LoadOptions{})
	key := func(table string, n int, columns ...string) *Table {
		m := map[string]int{}
		for i, c := range columns {
			m[c] = max(n/(1<<i), 3)
		}
		return serial(t, l, table, n, m, columns...)
	}
	for name, c := range map[string]struct {
		tables []*Table
		want   []string
	}{
		"tpch": {[]*Table{key("orders", 60, "o_orderkey", "o_custkey", "o_shippriority"), key("customer", 40, "c_custkey", "c_nationkey", "c_acctbal"), key("nation", 25, "n_nationkey", "n_size")},
			[]string{"orders.o_custkey → customer.c_custkey name.same", "customer.c_nationkey → nation.n_nationkey name.same"}},
		"sakila": {[]*Table{key("film", 50, "film_id", "original_language_id", "length"), key("language", 30, "language_id", "x"), key("store", 20, "store_id", "manager_staff_id"), key("staff", 12, "staff_id", "store_id")},
			[]string{"film.original_language_id → language.language_id name.part", "store.manager_staff_id → staff.staff_id name.part", "staff.store_id → store.store_id name.same"}},
		"serials":   {[]*Table{key("types", 30, "type_id", "x"), key("a", 50, "seq_no", "type_id", "status"), key("b", 40, "seq_no", "line_no"), key("c", 30, "序号", "x"), key("d", 20, "序号", "type")}, []string{"a.type_id → types.type_id name.same"}},
		"test_db":   {[]*Table{key("employees", 50, "emp_no", "age"), key("salaries", 99, "salary_row", "emp_no", "salary")}, []string{"salaries.emp_no → employees.emp_no name.same"}},
		"warehouse": {[]*Table{key("dim_product", 50, "id", "weight"), key("fact_sale", 99, "id", "fk_product", "userid"), key("t_user", 60, "id", "level")}, []string{"fact_sale.fk_product → dim_product.id name.table", "fact_sale.userid → t_user.id name.table"}},
	} {
		if d := cmp.Diff(c.want, foreign(t, c.tables)); d != "" {
			t.Errorf("%s (-want +got):\n%s", name, d)
		}
	}
}

func TestWords(t *testing.T) {
	for name, want := range map[string][]string{
		"OrderDetails": {"order", "detail"}, "order_details": {"order", "detail"}, "HTTPServer": {"http", "server"},
		"Categories": {"category"}, "addresses": {"address"}, "status": {"status"}, "boxes": {"box"}, "CustomerID": {"customer", "id"},
		"申请人ID": {"申请人", "id"}, "a.b-c d": {"a", "b", "c", "d"}, "": nil, "analysis": {"analysis"},
	} {
		if d := cmp.Diff(want, words(name)); d != "" {
			t.Errorf("%q (-want +got):\n%s", name, d)
		}
	}
}
