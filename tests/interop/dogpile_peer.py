"""One of the programs that share a cache in the tests: the one of dogpile.cache.

It is started with the backend's name, its arguments in JSON, the expiration time in seconds, and "hashed" for keys
that are. Each line that it reads is a request in JSON, and each line that it writes an answer; kennel_peer.cpp speaks
the same language.
"""

import json
import sys
import threading
import time

import dogpile.cache.backends.memcached
from dogpile.cache import make_region
from dogpile.cache.api import NO_VALUE
from dogpile.cache.util import kwarg_function_key_generator, sha1_mangle_key


class Hurry:
    """Stands for the module `time` where Memcached's lock sleeps: half a second and more, doubled each time."""

    sleep = staticmethod(lambda seconds: time.sleep(min(seconds / 40, 0.03)))


dogpile.cache.backends.memcached.time = Hurry

region = make_region(
    serializer=lambda value: json.dumps(value).encode(),
    deserializer=json.loads,
    key_mangler=(lambda key: sha1_mangle_key(key.encode())) if sys.argv[4] == "hashed" else None,
)
region.configure(sys.argv[1], arguments=json.loads(sys.argv[2]), expiration_time=float(sys.argv[3]))
created = []  # what creators have made since the last request
output = threading.Lock()


def answer(*parts):
    with output:
        print(json.dumps(parts), flush=True)


def create(value):
    created.append(value)
    return value


def create_held(value):
    answer("creating")
    sys.stdin.readline()
    return create(value)


def in_module(function):
    function.__module__ = "shop.users"
    return function


@region.cache_on_arguments(namespace="v2")
@in_module
def load(number, text, truth, fraction, nothing):
    return create(["loaded", number, text, truth, fraction, nothing])


@region.cache_on_arguments(function_key_generator=kwarg_function_key_generator)
@in_module
def area(width, height=2):
    return create(width * height)


@region.cache_multi_on_arguments(namespace="many")
@in_module
def squares(*numbers):
    return [create(number * number) for number in numbers]


def get(key):
    value = region.get(key)
    return ["miss"] if value is NO_VALUE else ["hit", value]


def create_together(key, value, threads, creator):
    values = []

    def run():
        values.append(region.get_or_create(key, lambda: creator(value)))

    runners = [threading.Thread(target=run) for _ in range(threads)]
    for runner in runners:
        runner.start()
    for runner in runners:
        runner.join()
    return values


def create_many(keys, value):
    return region.get_or_create_multi(keys, lambda *missing: [create(value + key) for key in missing])


requests = {
    "get": get,
    "set": lambda key, value: region.set(key, value),
    "delete": lambda key: region.delete(key),
    "set_multi": lambda values: region.set_multi(values),
    "get_multi": lambda keys: [None if value is NO_VALUE else value for value in region.get_multi(keys)],
    "is_locked": lambda key: region.key_is_locked(key),
    "get_or_create": lambda key, value: region.get_or_create(key, lambda: create(value)),
    "get_or_create_held": lambda key, value: region.get_or_create(key, lambda: create_held(value)),
    "create_together": lambda key, value, threads: create_together(key, value, threads, create),
    "create_together_held": lambda key, value, threads: create_together(key, value, threads, create_held),
    "get_or_create_multi": create_many,
    "load": lambda *arguments: load(*arguments),
    "area": lambda *arguments: area(*arguments),
    "squares": lambda *numbers: squares(*numbers),
}

answer("ready")
while line := sys.stdin.readline():
    request = json.loads(line)
    created.clear()
    result = requests[request[0]](*request[1:])
    answer("done", result, created)
