#ifndef KENNEL_TESTS_CHECKS_HIREDIS_1_H
#define KENNEL_TESTS_CHECKS_HIREDIS_1_H

/* What Kennel uses of the reader of replies in hiredis 1.x, declared and nothing more: so a machine with hiredis 0.14
   compiles what is for 1.x, although it cannot run it. */

#include <stddef.h>

#define HIREDIS_MAJOR 1

#define REDIS_OK 0

#define REDIS_REPLY_STRING 1
#define REDIS_REPLY_ARRAY 2
#define REDIS_REPLY_INTEGER 3
#define REDIS_REPLY_NIL 4
#define REDIS_REPLY_STATUS 5
#define REDIS_REPLY_ERROR 6

struct redisReadTask {
    int type;
    long long elements;
    int idx;
    void* obj;
    redisReadTask* parent;
    void* privdata;
};

struct redisReplyObjectFunctions {
    void* (*createString)(const redisReadTask*, char*, size_t);
    void* (*createArray)(const redisReadTask*, size_t);
    void* (*createInteger)(const redisReadTask*, long long);
    void* (*createDouble)(const redisReadTask*, double, char*, size_t);
    void* (*createNil)(const redisReadTask*);
    void* (*createBool)(const redisReadTask*, int);
    void (*freeObject)(void*);
};

struct redisReader {
    int err;
    char errstr[128];
    size_t pos;
    size_t len;
    size_t maxbuf;
    void* privdata;
};

extern "C" {
redisReader* redisReaderCreateWithFunctions(redisReplyObjectFunctions* functions);
void redisReaderFree(redisReader* reader);
int redisReaderFeed(redisReader* reader, const char* bytes, size_t size);
int redisReaderGetReply(redisReader* reader, void** reply);
}

#endif
