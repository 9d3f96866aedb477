#ifndef KENNEL_DEMO_CREW_HPP
#define KENNEL_DEMO_CREW_HPP

#include <atomic>
#include <cstddef>
#include <functional>

namespace demo {

/// Has `work` done by that many threads, and calls `report` now and then until all are done.
///
/// `work` is told its thread's number, and looks at the flag that asks it to stop early: because another thread failed, whose
/// exception this throws in the end, or because of Ctrl-C, for which it throws `Interrupted`.
void work_together(
    std::size_t threads,
    const std::function<void(std::size_t thread, const std::atomic<bool>& is_to_stop)>& work,
    const std::function<void()>& report);

} // namespace demo

#endif
