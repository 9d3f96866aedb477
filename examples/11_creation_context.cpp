// A creator that takes a `kennel::Creation&` learns of the value before and says what is to become of the new one.

#include <kennel/kennel.hpp>

#include "expect.hpp"

#include <chrono>
#include <iostream>
#include <string>

using namespace std::chrono_literals;

struct Page {
    std::string text;
    std::string version; // as an ETag
};

/// Stands for a web server, which sends a page only if it is another than the one that is known.
struct Server {
    Page page{"Welcome", "v1"};
    int pages_sent = 0;

    bool send_unless(const std::string& known_version, Page& page_sent) {
        if (page.version == known_version) return false;
        ++pages_sent;
        page_sent = page;
        return true;
    }
};

int main() {
    kennel::CacheRegion pages{{.name = "pages"}};
    pages.configure("memory", {.expiration_time = 1h});

    // [conditional_refresh]
    Server server;
    const auto fetch = [&server](kennel::Creation& creation) {
        const Page* const previous = creation.previous<Page>(); // null when there is none
        Page page;
        return server.send_unless(previous != nullptr ? previous->version : "", page) ? page
                                                                                      : *previous;
    };
    // [/conditional_refresh]
    (void)pages.get_or_create("/", fetch);
    pages.invalidate(kennel::Invalidation::soft); // expired, but still there
    const Page page = pages.get_or_create("/", fetch);
    std::cout << page.text << " (" << page.version << ") was sent " << server.pages_sent
              << " time\n";
    expect(page.text == "Welcome" && server.pages_sent == 1,
           "a page that has not changed is not sent again");

    // [own_time_to_live]
    const auto load_session = [](kennel::Creation& creation) {
        const bool is_guest = creation.key() == "session:guest";
        creation.expire_after(is_guest ? 10s : 30min).tag("sessions");
        return is_guest ? std::string("Guest") : std::string("Ada");
    };
    // [/own_time_to_live]
    (void)pages.get_or_create("session:guest", load_session);
    const auto entry = pages.backend()->get("session:guest");
    std::cout << "the guest's session ends after " << entry->metadata.time_to_live->seconds()
              << " s\n";
    expect(entry->metadata.time_to_live == kennel::TimeSpan(10s),
           "an entry has a time to live of its own");

    // [do_not_store]
    const auto load_cart = [](kennel::Creation& creation) {
        creation.do_not_store(); // this caller and who waits with him get it, nobody else does
        return std::string("incomplete cart");
    };
    // [/do_not_store]
    const std::string cart = pages.get_or_create("cart", load_cart);
    expect(cart == "incomplete cart" && !pages.get<std::string>("cart"),
           "what is not to be stored is not");
}
