package relation
import ("testing";"context";"time")
func TestZZ(t *testing.T){
 table := generated(t,1000,200,3)
 ctx,c:=context.WithTimeout(context.Background(),8*time.Second); defer c()
 g,_:=Discover(ctx,table,Wanted{FD:true,MaxLHS:2})
 t.Log(len(g.FDs),g.Truncated)
}
