#pragma once

namespace procpool {

/// Joins lambdas into one visitor, so that std::visit does not compile until
/// every alternative has been thought about.
template <class... Handlers>
struct Overloaded : Handlers... {
  using Handlers::operator()...;
};
template <class... Handlers>
Overloaded(Handlers...) -> Overloaded<Handlers...>;

}  // namespace procpool
