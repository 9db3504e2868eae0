"""Appends through event stores from PyPI: the same event, the same numbers of writers, one JSON object a line.

usage: peers.py <eventsourcing|umadb> <postgres url> <writers> <seconds>
Needs `eventsourcing[postgres]` and `umadb`; each writer is a process of its own, with a stream of its own.
"""

import json
import multiprocessing
import os
import socket
import subprocess
import sys
import tempfile
import time
import uuid
from urllib.parse import urlsplit

PAYLOAD = json.dumps({
    "step": "access_point", "number": 1, "attempt": 3,
    "reason": "elasticfilesystem CreateAccessPoint answered 429 ThrottlingException "
              "(request 3f1c2a6e-5a51-4bb0-9b7e-2f6f1d1c9a55): Rate exceeded; the next attempt follows in 12 seconds",
    "metadata": {
        "actor": "process:deployment", "roles": [], "source": "process",
        "causationID": "deployment-acme-shop-production/1/access_point",
        "correlationID": "0192f0c1-7f3a-7c59-9a5b-6f0e4a1d2c3b"}}).encode()


def eventsourcing_writer(url):
    from eventsourcing.persistence import StoredEvent
    from eventsourcing.postgres import PostgresAggregateRecorder, PostgresApplicationRecorder, PostgresDatastore
    parts = urlsplit(url)
    datastore = PostgresDatastore(
        dbname=parts.path[1:], host=parts.hostname, port=str(parts.port), user=parts.username, password=parts.password)
    recorder = PostgresApplicationRecorder(datastore, events_table_name="stored_events")
    recorder.create_table()
    stream = uuid.uuid4()

    def append(version):
        recorder.insert_events([
            StoredEvent(originator_id=stream, originator_version=version + 1, topic="deployment.attempt_failed", state=PAYLOAD)])
    return append


def umadb_writer(url):
    import umadb
    client = umadb.Client(url)
    tag = f"deployment-{uuid.uuid4()}"
    query = umadb.Query(items=[umadb.QueryItem(types=[], tags=[tag])])
    last = None

    def append(version):
        nonlocal last
        event = umadb.Event(event_type="deployment.attempt_failed", data=PAYLOAD, tags=[tag])
        last = client.append([event], umadb.AppendCondition(query, after=last))
    return append


def work(peer, url, seconds, ready, start, results):
    append = {"eventsourcing": eventsourcing_writer, "umadb": umadb_writer}[peer](url)
    ready.release()
    start.wait()
    times, begun = [], time.perf_counter()
    while time.perf_counter() - begun < seconds:
        before = time.perf_counter()
        append(len(times))
        times.append(time.perf_counter() - before)
    results.put(times)


def measure(peer, url, writers, seconds):
    context = multiprocessing.get_context("spawn")
    ready, start, results = context.Semaphore(0), context.Event(), context.Queue()
    processes = [
        context.Process(target=work, args=(peer, url, seconds, ready, start, results)) for _ in range(writers)]
    for process in processes:
        process.start()
    for _ in processes:
        ready.acquire()
    start.set()
    times = sorted(t for _ in processes for t in results.get())
    for process in processes:
        process.join()
    print(json.dumps({
        "peer": peer, "writers": writers, "rate": len(times) / seconds,
        "p99": times[int(len(times) * 0.99)] if times else None}))


def main():
    peer, url, writers, seconds = sys.argv[1], sys.argv[2], int(sys.argv[3]), float(sys.argv[4])
    if peer == "eventsourcing":
        return measure(peer, url, writers, seconds)
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    with tempfile.TemporaryDirectory() as folder:
        server = subprocess.Popen(
            [os.path.join(os.path.dirname(sys.executable), "umadb"),
             "--db-path", f"{folder}/events.db", "--listen", f"127.0.0.1:{port}"],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            for _ in range(100):
                try:
                    socket.create_connection(("127.0.0.1", port), 1).close()
                    break
                except OSError:
                    time.sleep(0.05)
            measure(peer, f"http://127.0.0.1:{port}", writers, seconds)
        finally:
            server.terminate()
            server.wait()


if __name__ == "__main__":
    main()
