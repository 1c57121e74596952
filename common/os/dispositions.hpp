#pragma once

#include <cstdint>

namespace procpool::os {

/// Signals as a set: the signal n is bit n - 1.
using SignalBits = std::uint64_t;

inline constexpr SignalBits every_signal = ~SignalBits{0};

/// The signals that this process ignores or handles, those that libc keeps for itself
/// included.
SignalBits signals_not_at_default();

}  // namespace procpool::os
