package file
import ("testing";"fmt";"os";"path/filepath";"io/fs";"strings";"assay/source")
func TestZZ(t *testing.T){
 root:=os.Getenv("ZZ"); if root==""{t.Skip("ZZ")}
 filepath.WalkDir(root,func(p string,e fs.DirEntry,err error)error{
  if err!=nil||e.IsDir(){return nil}
  x:=filepath.Ext(p); if x!=".csv"&&x!=".txt"&&x!=".tsv"{return nil}
  cols,rows,st,d,err:=textRows(t,textDataset(p),source.Options{})
  if err!=nil{fmt.Println("ERR",p,err);return nil}
  ev:=""; for _,o:=range d.Evidence{ if o.Code!="dialect.delimiter"{ev+=" "+o.Code}}
  c:=strings.Join(cols,"|"); if len(c)>100{c=c[:100]}
  fmt.Printf("%s: %q q=%q e=%q c=%q h=%d skip=%d %s | cols=%d rows=%d rej=%d |%s\n   %s\n",strings.TrimPrefix(p,root),d.Dialect.Delimiter,d.Dialect.Quote,d.Dialect.Escape,d.Dialect.Comment,d.Dialect.HeaderRows,d.Dialect.SkipRows,d.Encoding,len(cols),st.Rows,st.Rejected,ev,c)
  if len(rows)>0{ r:=strings.Join(rows[0],"|"); if len(r)>100{r=r[:100]}; fmt.Println("   ",r)}
  return nil})
}
