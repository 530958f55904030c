package file
import ("testing";"context";"fmt";"os";"time";"assay/internal/message")
func TestTryList(t *testing.T){
  t0:=time.Now()
  s,err:=Open([]string{os.Getenv("TRY")},Options{})
  if err!=nil{t.Fatal(err)}
  l,err:=s.List(context.Background())
  if err!=nil{t.Fatal(err)}
  fmt.Println(time.Since(t0))
  for _,d:=range l.Datasets{ fmt.Println(d.Format,len(d.Parts),d.Name,d.Locator,d.Note)}
  for _,k:=range l.Skipped{ fmt.Println("SKIP",k.Code,k.Locator, message.Text("en",k.Code,k.Params))}
}
