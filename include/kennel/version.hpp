#ifndef KENNEL_VERSION_HPP
#define KENNEL_VERSION_HPP

#define KENNEL_VERSION_MAJOR 0
#define KENNEL_VERSION_MINOR 1
#define KENNEL_VERSION_PATCH 0

/// Open and close Kennel's namespace with its inline ABI version, which changes only when the layout of a public type
/// does.
#define KENNEL_NAMESPACE_BEGIN                                                                                         \
    namespace kennel {                                                                                                 \
    inline namespace v0 {
#define KENNEL_NAMESPACE_END                                                                                           \
    }                                                                                                                  \
    }

#endif
