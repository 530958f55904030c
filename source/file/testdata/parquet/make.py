"""Makes the Parquet files of this folder that were not taken from elsewhere.

    python -m venv v && v/bin/pip install pyarrow==26.0.1 duckdb==2.0.1
    v/bin/python make.py && v/bin/python oracle.py *.parquet
"""
import datetime as dt, decimal, random, uuid
import duckdb, pyarrow as pa, pyarrow.parquet as pq

R = random.Random(20240624)
D = decimal.Decimal
N = 150

def some(f, n=N, nulls=0.2): return [None if R.random() < nulls else f(i) for i in range(n)]

def flat(nulls=0.2):
    s = lambda f: some(f, nulls=nulls)
    day = dt.date(1970, 1, 1)
    t = pa.table({
        "i8": pa.array(s(lambda i: R.randrange(-128, 128)), pa.int8()),
        "u8": pa.array(s(lambda i: R.randrange(256)), pa.uint8()),
        "i16": pa.array(s(lambda i: R.randrange(-2**15, 2**15)), pa.int16()),
        "i32": pa.array(s(lambda i: R.randrange(-2**31, 2**31)), pa.int32()),
        "u32": pa.array(s(lambda i: R.randrange(2**32)), pa.uint32()),
        "i64": pa.array(s(lambda i: R.choice([-2**63, 2**63 - 1, i, -i])), pa.int64()),
        "u64": pa.array(s(lambda i: R.randrange(2**64)), pa.uint64()),
        "u64small": pa.array(s(lambda i: R.randrange(1000)), pa.uint64()),
        "f16": pa.array(s(lambda i: R.choice([0.5, -65504.0, 6e-8, float("inf")])), pa.float16()),
        "f32": pa.array(s(lambda i: R.choice([1.5, -0.0, float("nan"), 3.4e38])), pa.float32()),
        "f64": pa.array(s(lambda i: R.choice([R.random(), float("-inf"), -0.0])), pa.float64()),
        "bool": pa.array(s(lambda i: R.random() < 0.3), pa.bool_()),
        "date": pa.array(s(lambda i: day + dt.timedelta(R.randrange(-30000, 30000))), pa.date32()),
        "t_ms": pa.array(s(lambda i: R.randrange(86400000)), pa.time32("ms")),
        "t_us": pa.array(s(lambda i: R.randrange(86400000000)), pa.time64("us")),
        "t_ns": pa.array(s(lambda i: R.randrange(86400000000000)), pa.time64("ns")),
        "ts_ms": pa.array(s(lambda i: R.randrange(-10**12, 10**13)), pa.timestamp("ms")),
        "ts_us": pa.array(s(lambda i: R.randrange(-10**15, 10**16)), pa.timestamp("us", "UTC")),
        "ts_ns": pa.array(s(lambda i: R.randrange(-10**18, 10**18)), pa.timestamp("ns", "UTC")),
        "d9": pa.array(s(lambda i: D(R.randrange(-10**9 + 1, 10**9)).scaleb(-2)), pa.decimal128(9, 2)),
        "d18": pa.array(s(lambda i: D(R.randrange(-10**18 + 1, 10**18)).scaleb(-4)), pa.decimal128(18, 4)),
        "d38": pa.array(s(lambda i: D(R.randrange(-10**30, 10**30)).scaleb(-10)), pa.decimal128(38, 10)),
        "d60": pa.array(s(lambda i: D(R.randrange(-10**40, 10**40)).scaleb(-1, decimal.Context(prec=60))), pa.decimal256(60, 1)),
        "text": pa.array(s(lambda i: R.choice(["", "高新区", "abc", "x" * 40, "é"]) + str(R.randrange(9))), pa.string()),
        "uuid": pa.array(s(lambda i: uuid.UUID(int=R.getrandbits(128)).bytes), pa.binary(16)).cast(pa.uuid()),
        "bytes": pa.array(s(lambda i: R.randbytes(R.randrange(6))), pa.binary()),
        "bytes_text": pa.array(s(lambda i: "文字%d" % R.randrange(5)), pa.string()).cast(pa.binary()),
        "fixed": pa.array(s(lambda i: R.randbytes(3)), pa.binary(3)),
        "empty": pa.array([None] * N, pa.int32()),
    })
    return t

def nested():
    el = lambda i: R.choice([None, "a", "b%d" % i])
    lst = lambda i: [el(j) for j in range(R.randrange(4))]
    st = lambda i: R.choice([None, {"x": i, "y": el(i), "zs": R.choice([None, [], [1, None, i]])}])
    return pa.table({
        "id": pa.array(range(N), pa.int64()),
        "tags": pa.array(some(lst), pa.list_(pa.string())),
        "lol": pa.array(some(lambda i: [R.choice([None, [], [i, None, 3]]) for _ in range(R.randrange(4))]), pa.list_(pa.list_(pa.int32()))),
        "s": pa.array(some(st), pa.struct([("x", pa.int32()), ("y", pa.string()), ("zs", pa.list_(pa.int64()))])),
        "ls": pa.array(some(lambda i: [st(j) for j in range(R.randrange(3))]),
                       pa.list_(pa.struct([("x", pa.int32()), ("y", pa.string()), ("zs", pa.list_(pa.int64()))]))),
        "m": pa.array(some(lambda i: [("k%d" % j, R.choice([None, j * 1.5])) for j in range(R.randrange(3))]), pa.map_(pa.string(), pa.float64())),
        "deep": pa.array(some(lambda i: {"a": R.choice([None, {"b": R.choice([None, i])}])}),
                         pa.struct([("a", pa.struct([("b", pa.int64())]))])),
    })

f = flat()
pq.write_table(f, "flat_dict_v1.parquet", compression="snappy", row_group_size=64, data_page_size=64, write_batch_size=16)
pq.write_table(f, "flat_plain_v2.parquet", compression="zstd", use_dictionary=False, data_page_version="2.0", row_group_size=100, data_page_size=64, write_batch_size=16, write_page_checksum=True)
pq.write_table(flat(0).drop(["empty"]), "flat_full.parquet", compression="none", row_group_size=70)
enc = {c: "DELTA_BINARY_PACKED" for c in ["i8", "u8", "i16", "i32", "u32", "i64", "u64", "date", "ts_us", "ts_ms", "t_ms"]}
enc |= {"text": "DELTA_BYTE_ARRAY", "bytes": "DELTA_LENGTH_BYTE_ARRAY", "bytes_text": "DELTA_BYTE_ARRAY",
        "f16": "BYTE_STREAM_SPLIT", "f32": "BYTE_STREAM_SPLIT", "f64": "BYTE_STREAM_SPLIT", "d9": "BYTE_STREAM_SPLIT",
        "d18": "DELTA_BYTE_ARRAY", "ts_ns": "BYTE_STREAM_SPLIT", "fixed": "BYTE_STREAM_SPLIT", "bool": "RLE", "uuid": "DELTA_BYTE_ARRAY"}
pq.write_table(f, "flat_encodings.parquet", compression="gzip", use_dictionary=False, column_encoding=enc, data_page_version="2.0", data_page_size=512, write_batch_size=64)
small = f.select(["i32", "text", "f64"])
for codec in ["brotli", "lz4", "gzip"]:
    pq.write_table(small, "codec_%s.parquet" % codec, compression=codec)
pq.write_table(pa.table({"s": ["value number %d" % i for i in range(1500)], "n": pa.array([i % 1400 for i in range(1500)], pa.int64())}),
               "fallback.parquet", dictionary_pagesize_limit=9000, data_page_size=200, write_batch_size=50)
pq.write_table(f.select(["ts_us", "ts_ns"]), "int96.parquet", use_deprecated_int96_timestamps=True, store_schema=False)
pq.write_table(nested(), "nested_v1.parquet", row_group_size=60, data_page_size=100, write_batch_size=7)
pq.write_table(nested(), "nested_v2.parquet", row_group_size=60, data_page_size=100, write_batch_size=7, data_page_version="2.0", use_dictionary=False)
pq.write_table(f.slice(0, 0), "no_rows.parquet")
spark = '{"type":"struct","fields":[{"name":"a","type":"long","nullable":true,"metadata":{"comment":"户籍人数"}}]}'
t = pa.table({"a": [1, 2, 3]}).replace_schema_metadata({"org.apache.spark.sql.parquet.row.metadata": spark})
pq.write_table(t, "spark_comment.parquet")

c = duckdb.connect()
c.execute("""copy (select i as id, i % 7 as small, ('v' || (i % 5)) as word, (i * 1.25)::decimal(12,3) as d, (i * 7919)::hugeint as h,
  date '2024-01-01' + (i % 400)::int as day, timestamp '2024-01-01 00:00:00' + interval (i) minute as ts,
  case when i % 3 = 0 then null else [i, null, i + 1] end as l, {'a': i, 'b': case when i % 4 = 0 then null else 'x' || i end} as st,
  uuid() as u, i % 2 = 0 as even
  from range(400) t(i)) to 'duckdb.parquet' (format parquet, compression zstd, row_group_size 2048)""")
