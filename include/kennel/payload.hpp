#ifndef KENNEL_PAYLOAD_HPP
#define KENNEL_PAYLOAD_HPP

#include "kennel/detail/type_name.hpp"
#include "kennel/version.hpp"

#include <atomic>
#include <cstddef>
#include <cstring>
#include <memory>
#include <new>
#include <string_view>
#include <type_traits>
#include <typeinfo>
#include <utility>

KENNEL_NAMESPACE_BEGIN

/// What there is to know about a type at run time in order to keep a value of it.
struct TypeDescriptor {
    const std::type_info* identity; ///< for comparisons: see `is_same_type`
    std::size_t size;               ///< in bytes
    std::size_t alignment;          ///< in bytes
    void (*copy_construct)(void* where, const void* from);
    void (*destroy)(void* object) noexcept; ///< null when there is nothing to destroy
    bool is_trivially_copyable;             ///< a copy is no more than its bytes
    const char* name;                       ///< for error messages; to be read by `detail::type_name_in`
};

namespace detail {

template <class Type>
inline constexpr TypeDescriptor type_descriptor = {
    .identity = &typeid(Type),
    .size = sizeof(Type),
    .alignment = alignof(Type),
    .copy_construct = [](void* where, const void* from) { ::new (where) Type(*static_cast<const Type*>(from)); },
    .destroy =
        [] {
            using Destroy = void (*)(void*) noexcept;
            if constexpr (std::is_trivially_destructible_v<Type>) return Destroy(nullptr);
            else return Destroy([](void* object) noexcept { static_cast<Type*>(object)->~Type(); });
        }(),
    .is_trivially_copyable = std::is_trivially_copyable_v<Type>,
    .name = function_name<Type>(),
};

/// Whether a container of bytes keeps them itself. A view of bytes that lie elsewhere gives the same pointer to them
/// whether it is constant or not, and has nothing to destroy.
template <class Container>
inline constexpr bool owns_its_bytes =
    sizeof(*std::declval<Container&>().data()) == 1 &&
    (!std::is_trivially_destructible_v<Container> ||
     !std::is_same_v<decltype(std::declval<Container&>().data()), decltype(std::declval<const Container&>().data())>);

} // namespace detail

/// The one descriptor of a type; compare types with `is_same_type`, because every shared library may have its own.
template <class Type>
[[nodiscard]] constexpr const TypeDescriptor& describe() noexcept {
    static_assert(std::is_same_v<Type, std::remove_cvref_t<Type>>);
    return detail::type_descriptor<Type>;
}

/// Whether both describe one type: by address first, then by the name of the type.
[[nodiscard]] inline bool is_same_type(const TypeDescriptor& left, const TypeDescriptor& right) noexcept {
    return &left == &right || *left.identity == *right.identity;
}

/// An immutable value: an object of any copyable type, or bytes.
///
/// A payload either shares its value with its copies or borrows one that lies elsewhere: in a cache entry, in a reply
/// buffer, on the caller's stack. Copying a borrowed payload copies the value, so whatever is kept is safe to keep, and
/// whatever is only looked at costs nothing. A borrowed payload itself must not outlive the value that it borrows.
/// Payloads may be shared between threads as a `std::shared_ptr<const ...>` may.
class Payload {
public:
    /// Nothing: neither an object nor bytes.
    Payload() = default;

    /// Keeps `object` in a block of its own.
    template <class Type>
    [[nodiscard]] static Payload object(Type&& object) {
        using Object = std::remove_cvref_t<Type>;
        Payload payload;
        payload.block_ = Block::allocate(sizeof(Object), alignof(Object));
        payload.data_ = ::new (payload.block_->value()) Object(std::forward<Type>(object));
        payload.block_->type = payload.type_ = &describe<Object>();
        return payload;
    }

    /// Refers to `object`, which must outlive this payload (but not its copies).
    template <class Type>
    [[nodiscard]] static Payload borrowed_object(const Type& object) noexcept {
        return borrowed_object(describe<Type>(), std::addressof(object));
    }

    /// Refers to an object of a type that is known at run time only.
    [[nodiscard]] static Payload borrowed_object(const TypeDescriptor& type, const void* object) noexcept {
        Payload payload;
        payload.type_ = &type;
        payload.data_ = object;
        return payload;
    }

    /// Keeps a copy of `bytes`.
    [[nodiscard]] static Payload bytes(std::string_view bytes) { return owned_copy(borrowed_bytes(bytes)); }

    /// Keeps the bytes of a container of characters, such as a `std::string`, and the container with them: they are not
    /// copied.
    template <class Container>
        requires std::is_rvalue_reference_v<Container&&>
    [[nodiscard]] static Payload bytes_in(Container&& container) {
        static_assert(
            detail::owns_its_bytes<Container>,
            "kennel::Payload::bytes_in keeps a container that owns its bytes, such as a std::string: copy those of a "
            "view by kennel::Payload::bytes, or refer to them by borrowed_bytes");
        Payload payload;
        payload.block_ = Block::allocate(sizeof(Container), alignof(Container));
        const auto* const kept = ::new (payload.block_->value()) Container(std::move(container));
        payload.block_->type = &describe<Container>();
        payload.data_ = kept->data() != nullptr ? static_cast<const void*>(kept->data()) : "";
        payload.size_ = kept->size();
        return payload;
    }

    /// Refers to `bytes`, which must outlive this payload (but not its copies).
    [[nodiscard]] static Payload borrowed_bytes(std::string_view bytes) noexcept {
        Payload payload;
        payload.data_ = bytes.data() != nullptr ? bytes.data() : "";
        payload.size_ = bytes.size();
        return payload;
    }

    /// Shares the value, or copies it when `other` borrows it, and throws what that throws.
    Payload(const Payload& other) {
        if (other.is_borrowed()) {
            owned_copy(other).swap(*this);
            return;
        }
        type_ = other.type_;
        data_ = other.data_;
        size_ = other.size_;
        block_ = other.block_;
        if (block_ != nullptr) block_->users.fetch_add(1, std::memory_order_relaxed);
    }

    /// Takes over what `other` holds or borrows; `other` is nothing afterwards.
    Payload(Payload&& other) noexcept { swap(other); }

    /// Replaces what this holds, as the constructors do.
    // Two of them: one that takes its argument by value would make the assignments of whatever contains a payload
    // noexcept, while the copy itself throws.
    Payload& operator=(const Payload& other) {
        Payload(other).swap(*this);
        return *this;
    }
    Payload& operator=(Payload&& other) noexcept {
        Payload(std::move(other)).swap(*this);
        return *this;
    }

    ~Payload() {
        if (block_ != nullptr) Block::drop(block_);
    }

    /// Whether this is neither an object nor bytes.
    [[nodiscard]] bool empty() const noexcept { return data_ == nullptr; }

    /// Whether this is an object, of whatever type.
    [[nodiscard]] bool is_object() const noexcept { return type_ != nullptr; }

    /// Whether this is bytes, if only none of them.
    [[nodiscard]] bool is_bytes() const noexcept { return type_ == nullptr && data_ != nullptr; }

    /// Whether the value lies elsewhere and must outlive this payload.
    [[nodiscard]] bool is_borrowed() const noexcept { return data_ != nullptr && block_ == nullptr; }

    /// The type of the object; null when this holds none.
    [[nodiscard]] const TypeDescriptor* type() const noexcept { return type_; }

    /// The object if it is exactly a `Type`, else null.
    template <class Type>
    [[nodiscard]] const Type* get_if() const noexcept {
        if (type_ == &describe<Type>() || has_type(describe<Type>())) [[likely]]
            return static_cast<const Type*>(data_);
        return nullptr;
    }

    /// The object of whatever type; null when this holds none.
    [[nodiscard]] const void* address() const noexcept { return type_ != nullptr ? data_ : nullptr; }

    /// The bytes; empty when this holds none.
    [[nodiscard]] std::string_view as_bytes() const noexcept {
        return is_bytes() ? std::string_view(static_cast<const char*>(data_), size_) : std::string_view();
    }

private:
    /// The reference count, then the value.
    struct Block {
        std::atomic<std::size_t> users{1};
        const TypeDescriptor* type; ///< whose value to destroy; null for bytes and while there is no value yet
        std::size_t alignment;

        static Block* allocate(std::size_t size, std::size_t value_alignment) {
            const std::size_t alignment = value_alignment > alignof(Block) ? value_alignment : alignof(Block);
            void* const memory = ::operator new(value_offset(alignment) + size, std::align_val_t(alignment));
            return ::new (memory) Block{.type = nullptr, .alignment = alignment};
        }

        static std::size_t value_offset(std::size_t alignment) noexcept {
            return (sizeof(Block) + alignment - 1) / alignment * alignment;
        }

        void* value() noexcept { return reinterpret_cast<std::byte*>(this) + value_offset(alignment); }

        /// Apart, so that the destructor of a payload that keeps nothing is only a comparison.
        static void drop(Block* block) noexcept {
            if (block->users.fetch_sub(1, std::memory_order_acq_rel) == 1) release(block);
        }

        static void release(Block* block) noexcept {
            if (block->type != nullptr && block->type->destroy != nullptr) block->type->destroy(block->value());
            const std::align_val_t alignment{block->alignment};
            block->~Block();
            ::operator delete(block, alignment);
        }
    };

    static Payload owned_copy(const Payload& borrowed) {
        Payload payload; // owns the block from here on, also while the value's copy constructor throws
        if (const TypeDescriptor* const type = borrowed.type_) {
            payload.block_ = Block::allocate(type->size, type->alignment);
            type->copy_construct(payload.block_->value(), borrowed.data_);
            payload.block_->type = payload.type_ = type;
        } else {
            payload.block_ = Block::allocate(borrowed.size_, 1);
            std::memcpy(payload.block_->value(), borrowed.data_, borrowed.size_);
            payload.size_ = borrowed.size_;
        }
        payload.data_ = payload.block_->value();
        return payload;
    }

    /// Seldom needed, and so not compiled in place.
    [[nodiscard]] [[gnu::noinline]] bool has_type(const TypeDescriptor& type) const noexcept {
        return type_ != nullptr && is_same_type(*type_, type);
    }

    void swap(Payload& other) noexcept {
        std::swap(type_, other.type_);
        std::swap(data_, other.data_);
        std::swap(size_, other.size_);
        std::swap(block_, other.block_);
    }

    const TypeDescriptor* type_ = nullptr; ///< of the object; null for bytes
    const void* data_ = nullptr;           ///< the value, wherever it lies
    std::size_t size_ = 0;                 ///< of the bytes
    Block* block_ = nullptr;               ///< where the value lies; null when it is borrowed
};

KENNEL_NAMESPACE_END

#endif
