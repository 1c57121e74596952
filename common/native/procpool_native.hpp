// Ordinary C++ functions for a pool of the kind `native`. The headers of this folder
// and a C++17 compiler are all that a library needs:
//
//     #include <procpool/procpool_native.hpp>
//
//     std::int64_t add(std::int64_t a, std::int64_t b) { return a + b; }
//     std::string shout(const std::string& text) { return text + "!"; }
//
//     PROCPOOL_FUNCTIONS(add, shout)
//
// Parameters are integers of any width, float, double, bool, std::string (by value or
// const reference), std::string_view, or Json for a value of any other shape. A
// function returns one of these, const char*, or nothing (null).
//
// The number of arguments and their types are checked: what does not fit is a
// "TypeError", an integer that does not fit its type an "OverflowError". An exception
// becomes the error of the task: Error as it says, any other with the name of
// its type and its what().
#pragma once

#include <cxxabi.h>

#include <charconv>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <limits>
#include <memory>
#include <string>
#include <string_view>
#include <system_error>
#include <tuple>
#include <type_traits>
#include <typeinfo>
#include <utility>

#include "procpool_native.h"
#include "procpool_native_text.hpp"

namespace procpool::native {

/// A value as JSON text. An argument of this type is valid; a result must be.
struct Json {
  std::string text;
};

/// Throw it to choose the error's code: Error("ValueError", "bad number 3").
class Error : public std::exception {
 public:
  Error(std::string type, std::string message) : type_(std::move(type)), message_(std::move(message)) {}
  const std::string& type() const noexcept { return type_; }
  const char* what() const noexcept override { return message_.c_str(); }

 private:
  std::string type_;
  std::string message_;
};

/// The name of the type of what has been thrown, as it is written in the source.
inline std::string readable_name(const std::type_info& type) {
  int status = 0;
  const std::unique_ptr<char, void (*)(void*)> name(
      abi::__cxa_demangle(type.name(), nullptr, nullptr, &status), std::free);
  return name ? name.get() : type.name();
}

// ---- Arguments --------------------------------------------------------------------

/// Takes the elements of a JSON array one behind the other. The text is known to be valid.
class Arguments {
 public:
  explicit Arguments(procpool_text array)
      : begin_(array.data), at_(array.data + 1), end_(array.data + array.size) {}

  /// Is there one more? Then we stand at its first byte.
  bool has_next() {
    skip_space();
    if (*at_ == ',') {
      ++at_;
      skip_space();
    }
    return *at_ != ']';
  }

  std::size_t count() const {
    Arguments all({begin_, static_cast<std::size_t>(end_ - begin_)});
    std::size_t found = 0;
    for (; all.has_next(); ++found) all.skip_value();
    return found;
  }

  /// The element that we stand at. `position` counts from 0, for the error.
  template <class T>
  T take(std::size_t position) {
    if constexpr (std::is_same_v<T, bool>) {
      return take_bool(position);
    } else if constexpr (std::is_integral_v<T>) {
      return take_integer<T>(position);
    } else if constexpr (std::is_floating_point_v<T>) {
      return take_floating<T>(position);
    } else if constexpr (std::is_same_v<T, std::string>) {
      return take_string(position);
    } else {
      static_assert(std::is_same_v<T, Json>,
                    "a parameter is an integer, float, double, bool, std::string, std::string_view or Json");
      const char* const start = at_;
      skip_value();
      return Json{std::string(start, at_)};
    }
  }

 private:
  static bool is_space(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }

  void skip_space() {
    while (is_space(*at_)) ++at_;
  }

  void skip_string() {
    ++at_;
    for (;;) {
      at_ += plain_prefix<false>({at_, static_cast<std::size_t>(end_ - at_)});
      if (*at_ == '"') break;
      at_ += 2;
    }
    ++at_;
  }

  void skip_value() {
    int open = 0;
    do {
      if (*at_ == '"') {
        skip_string();
      } else if (*at_ == '[' || *at_ == '{') {
        ++open;
        ++at_;
      } else if (*at_ == ']' || *at_ == '}') {
        --open;
        ++at_;
      } else if (open > 0) {
        ++at_;
      } else {
        while (*at_ != ',' && *at_ != ']' && !is_space(*at_)) ++at_;
      }
    } while (open > 0);
  }

  [[noreturn]] void refuse(std::size_t position, const char* type, const std::string& why) {
    throw Error(type, "argument " + std::to_string(position + 1) + " " + why);
  }

  [[noreturn]] void refuse_type(std::size_t position, const char* wanted) {
    const char* const start = at_;
    skip_value();
    const auto size = static_cast<std::size_t>(at_ - start);
    const std::string shown = size <= 40 ? std::string(start, size)
                                         : std::string(*start == '"'   ? "a string"
                                                       : *start == '[' ? "an array"
                                                       : *start == '{' ? "an object"
                                                                       : "a number");
    refuse(position, "TypeError", std::string("must be ") + wanted + ", not " + shown);
  }

  bool take_bool(std::size_t position) {
    if (*at_ != 't' && *at_ != 'f') refuse_type(position, "true or false");
    const bool value = *at_ == 't';
    at_ += value ? 4 : 5;
    return value;
  }

  /// One with so few digits that any of them fits, which is what most are; else nothing is taken.
  template <class T>
  bool take_short_integer(T& value) {
    const bool is_negative = std::is_signed_v<T> && *at_ == '-';
    const char* const digits = is_negative ? at_ + 1 : at_;
    const char* behind = digits;
    unsigned long long size = 0;
    for (; *behind >= '0' && *behind <= '9' && behind - digits < std::numeric_limits<T>::digits10; ++behind)
      size = size * 10 + static_cast<unsigned long long>(*behind - '0');
    if (behind == digits || (*behind != ']' && *behind != ',')) return false;
    at_ = behind;
    value = static_cast<T>(is_negative ? 0 - size : size);
    return true;
  }

  template <class T>
  T take_integer(std::size_t position) {
    T value{};
    if (take_short_integer(value)) return value;
    const auto [behind, problem] = std::from_chars(at_, end_, value);
    const char next = problem == std::errc::invalid_argument ? *at_ : *behind;
    if (problem == std::errc() && next != '.' && next != 'e' && next != 'E') {
      at_ = behind;
      return value;
    }
    const bool is_whole = *at_ == '-' || problem == std::errc::result_out_of_range;
    const std::string_view digits(at_, std::strcspn(at_, ",] \t\r\n"));
    if (!is_whole || digits.find_first_of(".eE") != std::string_view::npos)
      refuse_type(position, "an integer");
    refuse(position, "OverflowError",
           std::string("does not fit into ") + (std::is_signed_v<T> ? "a signed" : "an unsigned") +
               " integer of " + std::to_string(8 * sizeof(T)) + " bits");
  }

  template <class T>
  T take_floating(std::size_t position) {
    T value{};
    const auto [behind, problem] = std::from_chars(at_, end_, value);
    if (problem == std::errc::invalid_argument || (*at_ != '-' && (*at_ < '0' || *at_ > '9')))
      refuse_type(position, "a number");
    if (problem != std::errc())
      refuse(position, "OverflowError", "is out of the range of a floating-point number");
    at_ = behind;
    return value;
  }

  std::string take_string(std::size_t position) {
    if (*at_ != '"') refuse_type(position, "a string");
    const char* const start = at_;
    skip_string();
    const std::string_view inside(start + 1, static_cast<std::size_t>(at_ - start) - 2);
    const std::size_t escape = inside.find('\\');
    if (escape == std::string_view::npos) return std::string(inside);
    return unescape(inside, escape);
  }

  const char* begin_;
  const char* at_;
  const char* end_;
};

// ---- Results ----------------------------------------------------------------------

inline void give(procpool_call& call, std::string_view json) {
  call.give_value(&call, json.data(), json.size());
}

template <class T>
void give_result(procpool_call& call, const T& value) {
  if constexpr (std::is_same_v<T, bool>) {
    give(call, value ? "true" : "false");
  } else if constexpr (std::is_arithmetic_v<T>) {
    char digits[64];
    const auto [end, problem] = std::to_chars(digits, digits + sizeof digits, value);
    give(call, {digits, static_cast<std::size_t>(end - digits)});
  } else if constexpr (std::is_same_v<T, Json>) {
    give(call, value.text);
  } else if constexpr (std::is_same_v<T, const char*>) {
    value ? give(call, quoted(value)) : give(call, "null");
  } else {
    static_assert(std::is_convertible_v<const T&, std::string_view>,
                  "a result is an integer, float, double, bool, std::string, const char*, Json or nothing");
    give(call, quoted(value));
  }
}

// ---- Functions --------------------------------------------------------------------

/// What keeps an argument while the function runs.
template <class Parameter>
using Kept = std::conditional_t<std::is_same_v<std::decay_t<Parameter>, std::string_view>, std::string,
                                std::decay_t<Parameter>>;

template <class Result, class... Parameters>
struct Adapter {
  template <auto function>
  static void call(const char* name, procpool_call& call) {
    static_assert(((!std::is_lvalue_reference_v<Parameters> ||
                    std::is_const_v<std::remove_reference_t<Parameters>>)&&...),
                  "a parameter is a value or a const reference");
    if (call.keywords.size > 2) throw Error("TypeError", std::string(name) + "() takes no keyword arguments");
    Arguments arguments(call.arguments);
    std::size_t position = 0;
    const auto next = [&](auto* type) {
      if (!arguments.has_next()) refuse_count(name, arguments);
      return arguments.template take<std::remove_pointer_t<decltype(type)>>(position++);
    };
    static_cast<void>(next);
    std::tuple<Kept<Parameters>...> values{next(static_cast<Kept<Parameters>*>(nullptr))...};
    if (arguments.has_next()) refuse_count(name, arguments);
    if constexpr (std::is_void_v<Result>) {
      std::apply(function, std::move(values));
    } else {
      give_result<std::decay_t<Result>>(call, std::apply(function, std::move(values)));
    }
  }

  [[noreturn]] static void refuse_count(const char* name, const Arguments& arguments) {
    const std::size_t given = arguments.count();
    throw Error("TypeError", std::string(name) + "() takes " + std::to_string(sizeof...(Parameters)) +
                                 (sizeof...(Parameters) == 1 ? " argument, but " : " arguments, but ") +
                                 std::to_string(given) + (given == 1 ? " was given" : " were given"));
  }
};

template <class Result, class... Parameters>
Adapter<Result, Parameters...> adapter_of(Result (*)(Parameters...));
template <class Result, class... Parameters>
Adapter<Result, Parameters...> adapter_of(Result (*)(Parameters...) noexcept);

inline void give_error(procpool_call& call, std::string_view type, std::string_view message) {
  call.give_error(&call, type.data(), type.size(), message.data(), message.size());
}

/// A procpool_function; its context is the function's name.
template <auto function>
void call_typed(void* context, procpool_call* call) {
  try {
    decltype(adapter_of(function))::template call<function>(static_cast<const char*>(context), *call);
  } catch (const Error& error) {
    give_error(*call, error.type(), error.what());
  } catch (const std::exception& error) {
    give_error(*call, readable_name(typeid(error)), error.what());
  } catch (...) {
    const std::type_info* const type = abi::__cxa_current_exception_type();
    give_error(*call, type ? readable_name(*type) : "unknown",
               "something that is not a std::exception was thrown");
  }
}

/// The last word of "math::add", "&add".
inline std::string_view bare_name(std::string_view word) {
  word = word.substr(0, word.find_last_not_of(" \t\n") + 1);
  const std::size_t before = word.find_last_of(" :&\t\n");
  return before == std::string_view::npos ? word : word.substr(before + 1);
}

/// Offers each function under its part of `list`, "square, math::add", without the namespace.
template <auto... functions>
void offer_all(procpool_registry* registry, std::string_view list) {
  static std::string names[sizeof...(functions)];  // the functions' contexts
  std::string* name = names;
  const auto offer = [&](procpool_function function) {
    const std::size_t comma = list.find(',');
    *name = bare_name(list.substr(0, comma));
    list.remove_prefix(comma == std::string_view::npos ? list.size() : comma + 1);
    registry->offer(registry, name->c_str(), function, name->data());
    ++name;
  };
  (offer(&call_typed<functions>), ...);
}

}  // namespace procpool::native

/// Once in a library, outside of any namespace: the functions that it offers.
#define PROCPOOL_FUNCTIONS(...)                                         \
  const uint32_t procpool_native_abi = PROCPOOL_NATIVE_ABI;             \
  void procpool_native_register(procpool_registry* registry) {          \
    ::procpool::native::offer_all<__VA_ARGS__>(registry, #__VA_ARGS__); \
  }                                                                     \
  static_assert(true, "so that a semicolon may follow")
