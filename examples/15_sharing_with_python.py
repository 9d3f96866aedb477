"""The other side of 15_sharing_with_python.cpp: `python3 15_sharing_with_python.py URL`."""

import json
import sys
import time

from dogpile.cache import make_region

# [configure]
region = make_region(
    serializer=lambda value: json.dumps(value).encode(),
    deserializer=json.loads,
).configure(
    "dogpile.cache.redis",
    expiration_time=3600,
    arguments={
        "url": sys.argv[1] if len(sys.argv) > 1 else "redis://127.0.0.1:6379/0",
        "distributed_lock": True,
        "lock_timeout": 30,
        "thread_local_lock": False,
    },
)


def load_user(user_id):
    print("Python creates", flush=True)
    time.sleep(0.5)
    return {"id": user_id, "name": "Ada", "made_by": "Python"}


load_user.__module__ = "shop"  # as if this file were shop.py
load_user = region.cache_on_arguments()(load_user)
# [/configure]

user = load_user(5)
print(user["name"], "was made by", user["made_by"])
