"""An application with redis-py that writes without end through Sentinels. One JSON line for each write; ends with its input."""

import json
import sys
import threading
import time

import redis
from redis.sentinel import Sentinel

addresses, name, key = sys.argv[1:4]
sentinels = [(host, int(port)) for host, port in (one.split(":") for one in addresses.split(","))]
primary = Sentinel(sentinels, socket_timeout=0.5).master_for(name, socket_timeout=0.5)
ended = threading.Event()
threading.Thread(target=lambda: (sys.stdin.read(), ended.set()), daemon=True).start()

n = 0
while not ended.is_set():
    n += 1
    started = time.monotonic()
    try:
        primary.set(f"{key}:{n}", n)
        said = {"n": n}
    except redis.RedisError as error:
        said = {"n": n, "error": f"{type(error).__name__}: {error}"}
    print(json.dumps({**said, "tookMs": (time.monotonic() - started) * 1000}), flush=True)
    time.sleep(0.005)
