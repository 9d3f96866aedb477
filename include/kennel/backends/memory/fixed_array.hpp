#ifndef KENNEL_BACKENDS_MEMORY_FIXED_ARRAY_HPP
#define KENNEL_BACKENDS_MEMORY_FIXED_ARRAY_HPP

#include "kennel/version.hpp"

#include <cstddef>
#include <memory>
#include <utility>

KENNEL_NAMESPACE_BEGIN
namespace detail {

/// Objects that can be neither copied nor moved, side by side.
template <class Type>
class FixedArray {
public:
    explicit FixedArray(std::size_t capacity)
        : capacity_(capacity), items_(std::allocator<Type>().allocate(capacity)) {}
    FixedArray(const FixedArray&) = delete;
    FixedArray& operator=(const FixedArray&) = delete;
    ~FixedArray() {
        while (size_ != 0) items_[--size_].~Type();
        std::allocator<Type>().deallocate(items_, capacity_);
    }

    /// There must be room.
    template <class... Args>
    void emplace_back(Args&&... args) {
        ::new (static_cast<void*>(items_ + size_)) Type(std::forward<Args>(args)...);
        ++size_;
    }

    [[nodiscard]] std::size_t size() const noexcept { return size_; }
    [[nodiscard]] Type& operator[](std::size_t index) const noexcept { return items_[index]; }
    [[nodiscard]] Type* begin() const noexcept { return items_; }
    [[nodiscard]] Type* end() const noexcept { return items_ + size_; }

private:
    std::size_t capacity_;
    std::size_t size_ = 0;
    Type* items_;
};

} // namespace detail
KENNEL_NAMESPACE_END

#endif
