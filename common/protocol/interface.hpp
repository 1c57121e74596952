#pragma once

#include <string_view>

namespace procpool::protocol {

inline constexpr std::string_view interface_name = "io.procpool";
inline constexpr std::string_view service_interface_name = "org.varlink.service";

/// The text of the interface files, as GetInterfaceDescription gives it.
std::string_view interface_description();
std::string_view service_interface_description();

}  // namespace procpool::protocol
