# How everything here is compiled and linked. Every target of ours links
# `procpool_settings`; what is only for one kind of build depends on
# CMAKE_BUILD_TYPE and PROCPOOL_SANITIZE, which the presets set.

set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
set(CMAKE_RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/bin)
set(CMAKE_LIBRARY_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/lib)

option(PROCPOOL_TESTS "Build the tests" ON)
option(PROCPOOL_WERROR "Warnings are errors" ON)
set(PROCPOOL_SANITIZE "" CACHE STRING "Sanitizers, as for -fsanitize=")

if(NOT CMAKE_BUILD_TYPE)
  set(CMAKE_BUILD_TYPE RelWithDebInfo)
endif()
# Line numbers are enough for a stack trace, and make much smaller files than -g.
set(CMAKE_CXX_FLAGS_RELWITHDEBINFO "-O2 -g1 -DNDEBUG")

# Everything is position independent, programs too.
include(CheckPIESupported)
check_pie_supported(LANGUAGES CXX)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)

find_program(CCACHE ccache)
if(CCACHE)
  set(CMAKE_CXX_COMPILER_LAUNCHER ${CCACHE})
endif()

add_library(procpool_settings INTERFACE)
target_include_directories(procpool_settings INTERFACE ${PROJECT_SOURCE_DIR})
target_compile_options(procpool_settings INTERFACE
  -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wsign-conversion -Wnon-virtual-dtor -Wold-style-cast
  -Woverloaded-virtual -Wnull-dereference -Wdouble-promotion -Wimplicit-fallthrough -fno-strict-overflow
  $<$<BOOL:${PROCPOOL_WERROR}>:-Werror>)

# Hardening. Fortified functions need the optimiser and would hide from the sanitizers.
target_compile_definitions(procpool_settings INTERFACE _GLIBCXX_ASSERTIONS)
target_compile_options(procpool_settings INTERFACE -fstack-protector-strong)
target_link_options(procpool_settings INTERFACE -Wl,-z,relro -Wl,-z,now)
if(NOT PROCPOOL_SANITIZE AND NOT CMAKE_BUILD_TYPE STREQUAL "Debug")
  target_compile_options(procpool_settings INTERFACE -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=3)
  # Jumps and returns go only where they may; each architecture has its own word for that.
  include(CheckCXXCompilerFlag)
  foreach(flag -fcf-protection -mbranch-protection=standard)
    string(MAKE_C_IDENTIFIER "PROCPOOL_HAS${flag}" has)
    check_cxx_compiler_flag(${flag} ${has})
    if(${has})
      target_compile_options(procpool_settings INTERFACE ${flag})
    endif()
  endforeach()
  # What a program does not use can be left out of it, function by function.
  target_compile_options(procpool_settings INTERFACE -ffunction-sections -fdata-sections)
  # The same sources make the same programs, wherever and whenever they are compiled.
  target_compile_options(procpool_settings INTERFACE -ffile-prefix-map=${PROJECT_SOURCE_DIR}=. -Wdate-time)
endif()

if(PROCPOOL_SANITIZE)
  set(sanitize -fsanitize=${PROCPOOL_SANITIZE} -fno-sanitize-recover=all)
  # Code of tests is compiled far oftener than it runs.
  define_property(TARGET PROPERTY PROCPOOL_IS_TEST INHERITED)
  set(is_test $<BOOL:$<TARGET_PROPERTY:PROCPOOL_IS_TEST>>)
  target_compile_options(procpool_settings INTERFACE ${sanitize} -O$<IF:${is_test},0,1> -fno-omit-frame-pointer)
  if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
    # With a sanitizer between, g++ takes members of an empty std::optional for used.
    target_compile_options(procpool_settings INTERFACE -Wno-maybe-uninitialized)
  endif()
  if(PROCPOOL_SANITIZE MATCHES thread AND CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
    # It does not see the fences in Asio; what they order is ordered by locks too.
    target_compile_options(procpool_settings INTERFACE -Wno-tsan)
  endif()
  target_link_options(procpool_settings INTERFACE ${sanitize})
endif()

# room(NAME SOURCE... USES LIBRARY...): one room of the house. What it may use is what
# it links. A room of headers only has no source.
function(room name)
  cmake_parse_arguments(ROOM "" "" "USES" ${ARGN})
  if(ROOM_UNPARSED_ARGUMENTS)
    add_library(${name} STATIC ${ROOM_UNPARSED_ARGUMENTS})
    target_link_libraries(${name} PUBLIC procpool_settings ${ROOM_USES})
  else()
    add_library(${name} INTERFACE)
    target_link_libraries(${name} INTERFACE procpool_settings ${ROOM_USES})
  endif()
  set_property(GLOBAL APPEND PROPERTY PROCPOOL_ROOMS ${name})
endfunction()
