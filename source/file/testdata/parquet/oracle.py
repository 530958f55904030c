"""Writes what pyarrow reads from Parquet files, as the truth for parquet_test.go.

    python oracle.py FILE.parquet …      writes FILE.json beside each

Per leaf: path, declared kind, and per row the list of its places (one for columns that
are not repeated). Values are text: integers, unscaled times in microseconds, plain
decimals, floats as the hexadecimal IEEE 754 double, text and bytes in hexadecimal.
Only needed to make the files again; the tests do not run Python.
"""
import json, struct, sys
import pyarrow as pa, pyarrow.parquet as pq

def leaf(t):
    """(kind, function from an array to a list of texts)"""
    ints = lambda a, div=1, mul=1: [None if v is None else str(v * mul // div) for v in a.to_pylist()]
    if pa.types.is_boolean(t): return "bool", lambda a: ints(a.cast(pa.int8()))
    if pa.types.is_uint64(t): return "uint64", ints
    if pa.types.is_integer(t): return "int", ints
    if pa.types.is_floating(t):
        return "float", lambda a: [None if v is None else struct.pack(">d", v).hex() if v == v else "nan"
                                   for v in a.cast(pa.float64()).to_pylist()]
    if pa.types.is_decimal(t): return "decimal", lambda a: [None if v is None else format(v, "f") for v in a.to_pylist()]
    if pa.types.is_date32(t): return "date", lambda a: ints(a.cast(pa.int32()))
    if pa.types.is_time32(t): return "time", lambda a: ints(a.cast(pa.int32()), mul=1000 if t.unit == "ms" else 10**6)
    if pa.types.is_time64(t): return "time", lambda a: ints(a.cast(pa.int64()), div=1000 if t.unit == "ns" else 1)
    if pa.types.is_timestamp(t):
        mul, div = {"s": (10**6, 1), "ms": (1000, 1), "us": (1, 1), "ns": (1, 1000)}[t.unit]
        return "timestamp", lambda a: ints(a.cast(pa.int64()), mul=mul, div=div)
    if pa.types.is_string(t) or pa.types.is_large_string(t):
        return "text", lambda a: [None if v is None else v.encode().hex() for v in a.to_pylist()]
    if pa.types.is_binary(t) or pa.types.is_large_binary(t) or pa.types.is_fixed_size_binary(t):
        return "binary", lambda a: [None if v is None else v.hex() for v in a.to_pylist()]
    if isinstance(t, pa.UuidType): return "text", lambda a: [None if v is None else str(v).encode().hex() for v in a.to_pylist()]
    if pa.types.is_null(t): return "any", lambda a: [None] * len(a)
    raise TypeError(t)

def walk(arr, path, rows, repeated, out):
    t = arr.type
    if isinstance(t, pa.DictionaryType):
        arr = arr.dictionary_decode(); t = arr.type
    ok = arr.is_valid().to_pylist()
    if pa.types.is_struct(t):
        rows = [[None if i is None or not ok[i] else i for i in r] for r in rows]
        for f in range(t.num_fields):
            walk(arr.field(f), path + "." + t.field(f).name, rows, repeated, out)
    elif pa.types.is_list(t) or pa.types.is_large_list(t) or pa.types.is_map(t):
        off = arr.offsets.to_pylist()
        rows = [[j for i in r if i is not None and ok[i] for j in range(off[i], off[i + 1])] for r in rows]
        if pa.types.is_map(t):
            walk(arr.keys, path + "[].key", rows, True, out)
            walk(arr.items, path + "[].value", rows, True, out)
        else:
            walk(arr.values, path + "[]", rows, True, out)
    else:
        kind, text = leaf(t)
        v = text(arr)
        out.append(dict(path=path, kind=kind, repeated=repeated,
                        rows=[[None if i is None else v[i] for i in r] for r in rows]))

def truth(name):
    table, out = pq.ParquetFile(name, coerce_int96_timestamp_unit="us").read(), []
    for n, c in enumerate(table.columns):
        arr = c.combine_chunks()
        if isinstance(arr, pa.ChunkedArray):
            arr = pa.concat_arrays(arr.chunks) if arr.num_chunks else pa.array([], c.type)
        walk(arr, table.column_names[n], [[i] for i in range(len(arr))], False, out)
    return dict(rows=table.num_rows, columns=out)

if __name__ == "__main__":
    for name in sys.argv[1:]:
        try:
            t = truth(name)
        except Exception as e:
            print("skipped", name, repr(e)[:150]); continue
        with open(name.removesuffix(".parquet") + ".json", "w") as f:
            json.dump(t, f, separators=(",", ":"))
