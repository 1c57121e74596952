#pragma once

#include <string>

namespace procpool::notify {

/// Messages to a service manager, sd_notify(3); nothing happens without one. Its
/// variables stay in our environment and are kept from workers (pool/process_launcher).
void ready(const std::string& status);
void stopping();
void reloading();

}  // namespace procpool::notify
