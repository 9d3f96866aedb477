#ifndef KENNEL_REGION_WRAPPED_NAMES_HPP
#define KENNEL_REGION_WRAPPED_NAMES_HPP

#include "kennel/detail/joined.hpp"
#include "kennel/detail/type_name.hpp"
#include "kennel/errors.hpp"
#include "kennel/region/text_of.hpp"

#include <mutex>
#include <string>
#include <string_view>
#include <typeinfo>
#include <utility>

KENNEL_NAMESPACE_BEGIN
namespace detail {

/// What a wrapped function makes of what: its value and its arguments.
struct WrappedSignature {
    const std::type_info* identity;
    const char* name; ///< as `function_name` puts it
};

template <class Value, class... Args>
[[nodiscard]] WrappedSignature wrapped_signature() {
    return {&typeid(Value(Args...)), function_name<Value(Args...)>()};
}

class WrappedName;

/// The names under which functions are wrapped in a region now.
class WrappedNames {
private:
    friend class WrappedName;

    std::mutex mutex_;
    WrappedName* first_ = nullptr;
};

/// The name of a wrapped function, on the list of its region as long as it lives.
class WrappedName {
public:
    /// Throws `ValidationError` when a function of another signature has the name now, since the two would share
    /// values.
    WrappedName(WrappedNames& names, std::string_view region, std::string name, WrappedSignature signature)
        : names_(names), name_(std::move(name)), signature_(signature) {
        const std::lock_guard lock(names_.mutex_);
        for (const WrappedName* other = names_.first_; other != nullptr; other = other->next_)
            if (other->name_ == name_) refuse_unless_alike(*other, region);
        next_ = names_.first_;
        if (next_ != nullptr) next_->previous_ = this;
        names_.first_ = this;
    }
    WrappedName(const WrappedName&) = delete;
    WrappedName& operator=(const WrappedName&) = delete;
    ~WrappedName() {
        const std::lock_guard lock(names_.mutex_);
        (previous_ != nullptr ? previous_->next_ : names_.first_) = next_;
        if (next_ != nullptr) next_->previous_ = previous_;
    }

private:
    void refuse_unless_alike(const WrappedName& other, std::string_view region) const {
        if (*other.signature_.identity == *signature_.identity) return;
        throw ValidationError(
            joined({region_called(region), ": a function is wrapped as '", name_, "' already, of type ",
                    type_name_in(other.signature_.name), ", and would share its values with this one, of type ",
                    type_name_in(signature_.name), ": give one of them another name or a key_namespace"}));
    }

    WrappedNames& names_;
    std::string name_;
    WrappedSignature signature_;
    WrappedName* previous_ = nullptr;
    WrappedName* next_ = nullptr;
};

} // namespace detail
KENNEL_NAMESPACE_END

#endif
