#include "daemon/lifecycle.hpp"

namespace procpool {
namespace {

using enum LifeState;

LifeState after_stop(LifeState state) {
  switch (state) {
    case starting:
    case serving:
    case draining: return stopping;
    case stopping: return cancelling;
    case cancelling:
    case ending: return ending;
  }
  return ending;
}

}  // namespace

std::string_view name_of(LifeState state) {
  switch (state) {
    case starting: return "starting";
    case serving: return "serving";
    case draining: return "draining";
    case stopping: return "stopping";
    case cancelling: return "cancelling";
    case ending: return "ending";
  }
  return "ending";
}

LifeState next(LifeState state, LifeEvent event) {
  switch (event) {
    case LifeEvent::ready: return state == starting ? serving : state;
    case LifeEvent::drain: return state == starting || state == serving ? draining : state;
    case LifeEvent::stop: return after_stop(state);
    case LifeEvent::idle: return state == starting || state == serving ? state : ending;
    case LifeEvent::time_up:
      if (state == stopping) return cancelling;
      return state == cancelling ? ending : state;
  }
  return state;
}

}  // namespace procpool
