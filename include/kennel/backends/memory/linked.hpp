#ifndef KENNEL_BACKENDS_MEMORY_LINKED_HPP
#define KENNEL_BACKENDS_MEMORY_LINKED_HPP

#include "kennel/version.hpp"

KENNEL_NAMESPACE_BEGIN
namespace detail {

/// A list of items that are linked by their own members `next` and `previous`, and belong to somebody else.
template <class Item>
class Linked {
public:
    [[nodiscard]] bool empty() const noexcept { return first_ == nullptr; }
    [[nodiscard]] bool has_only(const Item& item) const noexcept { return first_ == &item && item.next == nullptr; }

    /// There must be one.
    [[nodiscard]] Item& front() const noexcept { return *first_; }

    /// Puts an item at the front that is in no list.
    void add(Item& item) noexcept {
        item.previous = nullptr;
        item.next = first_;
        if (first_ != nullptr) first_->previous = &item;
        first_ = &item;
    }

    /// Takes out an item of this list.
    void remove(Item& item) noexcept {
        (item.previous != nullptr ? item.previous->next : first_) = item.next;
        if (item.next != nullptr) item.next->previous = item.previous;
    }

private:
    Item* first_ = nullptr;
};

} // namespace detail
KENNEL_NAMESPACE_END

#endif
