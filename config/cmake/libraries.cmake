# The libraries of others, all from the distribution. A room names them in its USES:
# asio, nlohmann_json::nlohmann_json, spdlog::spdlog, CLI11::CLI11,
# PkgConfig::tomlplusplus, PkgConfig::sqlite3, Threads::Threads; tests have doctest.

set(THREADS_PREFER_PTHREAD_FLAG ON)
find_package(Threads REQUIRED)
find_package(nlohmann_json REQUIRED)
find_package(spdlog REQUIRED)
find_package(CLI11 REQUIRED)
find_package(PkgConfig REQUIRED)
pkg_check_modules(tomlplusplus REQUIRED IMPORTED_TARGET tomlplusplus)
pkg_check_modules(sqlite3 REQUIRED IMPORTED_TARGET sqlite3>=3.38)

# Asio without Boost has no package file of its own.
find_path(ASIO_INCLUDE_DIR asio.hpp REQUIRED)
add_library(asio INTERFACE)
target_include_directories(asio SYSTEM INTERFACE ${ASIO_INCLUDE_DIR})
target_link_libraries(asio INTERFACE Threads::Threads)
target_compile_definitions(asio INTERFACE
  ASIO_STANDALONE
  ASIO_NO_DEPRECATED
  # Asio 1.22 takes it where <cstdlib> came before: memory of one source file would be
  # given back in another by a function that does not belong to it.
  ASIO_DISABLE_STD_ALIGNED_ALLOC
  # Asio 1.22 looks for coroutines in clang only where they were before C++20.
  "$<$<CXX_COMPILER_ID:Clang>:ASIO_HAS_CO_AWAIT=1;ASIO_HAS_STD_COROUTINE=1>")
# g++ 12 takes the frame of a coroutine, which Asio allocates, for a mismatch, and sees
# null pointers in Asio's own lists.
target_compile_options(asio INTERFACE
  "$<$<CXX_COMPILER_ID:GNU>:-Wno-mismatched-new-delete;-Wno-null-dereference>")

if(PROCPOOL_TESTS)
  find_package(doctest REQUIRED)
  add_library(doctest INTERFACE)
  target_link_libraries(doctest INTERFACE doctest::doctest)
endif()
