"""
The part of sessionize that runs inside Spark: one application that answers the statements of one
command, started by spark-submit.

It connects back to the command over loopback (port and token come in the environment) and then
takes one JSON object per line:

  {"id": 1, "do": "describe", "sql": "..."}               -> {"id": 1, "columns": [[name, type], ...]}
  {"id": 2, "do": "run", "sql": "..."}                    -> {"id": 2}
  {"id": 3, "do": "fetch", "sql": "...", "folder": "..."} -> {"id": 3, "columns": [...]},
                                                             {"id": 3, "file": "..."} per file,
                                                             {"id": 3, "rows": 42}
  {"id": 4, "do": "write", "sql": "...", "path": "..."}   -> {"id": 4}
  {"id": 6, "do": "exists", "table": "a.b"}               -> {"id": 6, "exists": true}
  {"id": 7, "do": "files", "paths": ["..."], "format": "csv", "view": "..."} -> {"id": 7}
  {"id": 8, "do": "keep", "sql": "...", "view": "..."}    -> {"id": 8}
  {"do": "cancel"}                                        what runs now ends in an error
  {"id": 5, "do": "persistent", "table": "a.b"}           -> {"id": 5, "persistent": true}

A statement that fails is answered with {"id": ..., "error": {...}}. When the connection ends, so does
the application.

Only DataFrame calls are used: the executors need no Python.
"""

import json
import os
import queue
import socket
import sys
import threading
import traceback

# Rows are handed over in files of about this size, each of which is dealt with while the next is made.
FILE_BYTES = int(os.environ.get("SESSIONIZE_FILE_BYTES", 64 * 1024 * 1024))
CANCEL_EVERY_SECONDS = 0.2


class Connection:
    """Lines of JSON both ways; what arrives is queued by a thread, so that `cancel` is heard."""

    def __init__(self, port, token):
        self.socket = socket.create_connection(("127.0.0.1", port))
        self.sending = threading.Lock()
        self.requests = queue.Queue()
        self.idle = threading.Event()
        self.idle.set()
        self.cancelled = False
        self.send({"token": token})

    def send(self, message):
        with self.sending:
            self.socket.sendall(json.dumps(message).encode("utf-8") + b"\n")

    def listen(self, spark):
        with self.socket.makefile("r", encoding="utf-8", newline="\n") as lines:
            try:
                for line in lines:
                    request = json.loads(line)
                    if request["do"] == "cancel":
                        threading.Thread(target=self.cancel, args=(spark,), daemon=True).start()
                    else:
                        self.requests.put(request)
            except OSError:
                pass
        # The command is gone: whatever runs for it is stopped too.
        self.cancel_once(spark)
        self.requests.put(None)

    def cancel(self, spark):
        # A statement that is still being planned has no job that could be cancelled yet.
        while not self.idle.wait(CANCEL_EVERY_SECONDS):
            self.cancel_once(spark)

    def cancel_once(self, spark):
        try:
            self.cancelled = True
            spark.sparkContext.cancelAllJobs()
        except Exception:
            pass


def serve(spark, connection):
    while True:
        request = connection.requests.get()
        if request is None:
            return
        connection.idle.clear()
        connection.cancelled = False
        try:
            answer = ANSWERS[request["do"]](spark, request, connection)
        except Exception as error:
            answer = {"error": described(error, connection.cancelled)}
        connection.idle.set()
        answer["id"] = request["id"]
        try:
            connection.send(answer)
        except OSError:
            return


def describe(spark, request, connection):
    return {"columns": columns(spark.sql(request["sql"]))}


def columns(frame):
    return [[field.name, field.dataType.simpleString()] for field in frame.schema.fields]


def run(spark, request, connection):
    spark.sql(request["sql"])
    return {}


def write(spark, request, connection):
    spark.sql(request["sql"]).write.mode("errorifexists").parquet(request["path"])
    return {}


def fetch(spark, request, connection):
    """Rows as NDJSON with the keys c0, c1, ...; instants as microseconds since 1970."""
    from pyspark.sql import functions as F

    frame = spark.sql(request["sql"])
    connection.send({"id": request["id"], "columns": columns(frame)})
    names = ["c%d" % i for i in range(len(frame.schema.fields))]
    # Names may repeat and hold any character, so that columns are named by their place.
    frame = frame.toDF(*names)
    fields = [plain(F, field).alias(field.name) for field in frame.schema.fields]
    lines = frame.select(F.to_json(F.struct(*fields)))
    rows = 0
    files = 0
    written = 0
    file = None
    path = None
    for (line,) in lines.toLocalIterator(prefetchPartitions=True):
        if file is None:
            path = os.path.join(request["folder"], "rows-%06d.ndjson" % files)
            file = open(path, "wb")
        written += file.write(line.encode("utf-8") + b"\n")
        rows += 1
        if written >= FILE_BYTES:
            file.close()
            connection.send({"id": request["id"], "file": path})
            file = None
            files += 1
            written = 0
    if file is not None:
        file.close()
        connection.send({"id": request["id"], "file": path})
    return {"rows": rows}


def plain(F, field):
    """What JSON would round or spell in its own way."""
    kind = field.dataType.typeName()
    column = F.col(field.name)
    if kind == "timestamp":
        return F.unix_micros(column)
    if kind == "timestamp_ntz":
        return F.unix_micros(column.cast("timestamp"))
    if kind == "decimal" or kind == "date":
        return column.cast("string")
    if kind == "binary":
        return F.hex(column)
    return column


def exists(spark, request, connection):
    return {"exists": spark.catalog.tableExists(request["table"])}


def files(spark, request, connection):
    reader = spark.read.format(request["format"]).options(**READING[request["format"]])
    reader.load(request["paths"]).createOrReplaceTempView(request["view"])
    return {}


def keep(spark, request, connection):
    # CACHE TABLE keeps text, which is planned anew for each reader and then may not be found again.
    frame = spark.sql(request["sql"]).cache()
    frame.count()
    frame.createOrReplaceTempView(request["view"])
    return {}


READING = {
    # Columns that only some files have are there for all.
    "parquet": {"mergeSchema": "true"},
    # Quotes are doubled, not escaped, and what is in them is taken as it is.
    "csv": {"header": "true", "escape": '"'},
    "json": {},
}


def persistent(spark, request, connection):
    """Whether a table created in the catalog will be there after this application."""
    conf = spark.conf
    first = request["table"].split(".")[0].strip("`")
    for catalog in (first, conf.get("spark.sql.defaultCatalog", "spark_catalog"), "spark_catalog"):
        if conf.get("spark.sql.catalog." + catalog, None) is not None:
            return {"persistent": True}
    if conf.get("spark.sql.catalogImplementation", "in-memory") != "hive":
        return {"persistent": False}
    hadoop = spark.sparkContext._jsc.hadoopConfiguration()
    metastore = hadoop.get("hive.metastore.uris") or ""
    database = hadoop.get("javax.jdo.option.ConnectionURL") or ""
    return {"persistent": metastore != "" or database not in ("", DERBY_HERE)}


DERBY_HERE = "jdbc:derby:;databaseName=metastore_db;create=true"

ANSWERS = {
    "describe": describe,
    "run": run,
    "fetch": fetch,
    "write": write,
    "persistent": persistent,
    "exists": exists,
    "files": files,
    "keep": keep,
}


def described(error, cancelled):
    """An exception as its causes, outermost first, and the whole trace for those who ask for it."""
    causes = [[type(error).__name__, str(error)]]
    condition = None
    try:
        named = getattr(error, "getCondition", None) or getattr(error, "getErrorClass", None)
        condition = named() if named is not None else None
        java = getattr(error, "java_exception", None) or getattr(error, "_origin", None)
        while java is not None and len(causes) < 20:
            causes.append([java.getClass().getName(), str(java.getMessage())])
            java = java.getCause()
    except Exception:
        # The JVM is gone, and what it said with it.
        pass
    return {
        "cancelled": cancelled,
        "condition": condition,
        "causes": causes,
        "trace": traceback.format_exc(),
    }


def main():
    connection = Connection(int(os.environ["SESSIONIZE_PORT"]), os.environ["SESSIONIZE_TOKEN"])
    try:
        from pyspark.sql import SparkSession

        builder = SparkSession.builder
        spark = builder.getOrCreate()
    except Exception as error:
        connection.send({"error": described(error, False)})
        sys.exit(1)
    context = spark.sparkContext
    context.setLogLevel("WARN")
    connection.send(
        {"version": spark.version, "application": context.applicationId, "web": context.uiWebUrl}
    )
    listener = threading.Thread(target=connection.listen, args=(spark,), daemon=True)
    listener.start()
    serve(spark, connection)
    spark.stop()


main()
