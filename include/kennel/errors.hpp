#ifndef KENNEL_ERRORS_HPP
#define KENNEL_ERRORS_HPP

#include "kennel/version.hpp"

#include <stdexcept>

KENNEL_NAMESPACE_BEGIN

/// The root of every exception that Kennel itself throws.
class DogpileCacheException : public std::runtime_error {
public:
    using std::runtime_error::runtime_error;
};

/// A region was configured a second time without `replace_existing_backend`.
class RegionAlreadyConfigured : public DogpileCacheException {
public:
    using DogpileCacheException::DogpileCacheException;
};

/// A region was used before `configure`.
class RegionNotConfigured : public DogpileCacheException {
public:
    using DogpileCacheException::DogpileCacheException;
};

/// A setting, an argument or a name is not acceptable; the text says which, why, and what is.
class ValidationError : public DogpileCacheException {
public:
    using DogpileCacheException::DogpileCacheException;
};

/// A backend or proxy name is not registered; the text lists what is, or names the header to include.
class PluginNotFound : public DogpileCacheException {
public:
    using DogpileCacheException::DogpileCacheException;
};

/// A store could not do what it was asked: unreachable, refusing, or answering nonsense.
class BackendError : public DogpileCacheException {
public:
    using DogpileCacheException::DogpileCacheException;
};

/// A value of this type cannot be turned into bytes for a backend that keeps bytes.
class SerializationError : public DogpileCacheException {
public:
    using DogpileCacheException::DogpileCacheException;
};

/// Thrown by a serializer when the bytes are not a value of the type asked for: the entry is then a miss.
class CantDeserializeException : public DogpileCacheException {
public:
    using DogpileCacheException::DogpileCacheException;
};

/// A creator asked, directly or through other creators, for the very value that it is creating.
class RecursiveCreation : public DogpileCacheException {
public:
    using DogpileCacheException::DogpileCacheException;
};

/// A runner has no room for another creation in the background, which is then done in place.
class CreationRefused : public DogpileCacheException {
public:
    using DogpileCacheException::DogpileCacheException;
};

/// Somebody else's creation did not finish within `lock_timeout`, and there was no older value to serve.
class CreationTimeout : public DogpileCacheException {
public:
    using DogpileCacheException::DogpileCacheException;
};

KENNEL_NAMESPACE_END

#endif
