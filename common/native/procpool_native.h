/*
 * The interface between procpool-worker and a shared library whose functions a
 * pool of the kind `native` offers. Plain C; the typed layer for C++ is
 * procpool_native.hpp beside this file.
 *
 * A library defines two symbols:
 *
 *     const uint32_t procpool_native_abi = PROCPOOL_NATIVE_ABI;
 *
 *     static void answer(void* context, procpool_call* call) {
 *       (void)context;
 *       call->give_value(call, "42", 2);
 *     }
 *
 *     void procpool_native_register(procpool_registry* registry) {
 *       registry->offer(registry, "answer", answer, NULL);
 *     }
 *
 * Life:      one worker is one process with one library. The library is loaded once and
 *            stays until the process ends. procpool_native_register() is called once,
 *            then the pool's initializer if it has one, then task after task.
 * Threads:   every call comes from the worker's first thread, one at a time. A library may
 *            have threads of its own, but give_value, give_error and offer are called
 *            by the thread that was called, before it returns.
 * Ownership: nothing changes hands. What the host passes in is valid until the function
 *            returns; what the function passes out is copied before give_... returns.
 * Errors:    a function that fails says so by give_error. One that ends the process
 *            costs the one task it had: it is lost, and the pool starts another worker.
 *            C++ exceptions should not leave a function; if one does, it is the
 *            error of that task.
 * Output:    standard output is a copy of standard error here, and lands in the daemon's
 *            log. Standard input is empty.
 *
 * Version:   a change that an existing library could notice (a member of a struct, the
 *            meaning of an argument) adds one to PROCPOOL_NATIVE_ABI. The worker refuses
 *            a library of another version before it calls anything in it.
 */
#ifndef PROCPOOL_NATIVE_H
#define PROCPOOL_NATIVE_H

#include <stddef.h>
#include <stdint.h>

#define PROCPOOL_NATIVE_ABI 1

#ifdef __cplusplus
extern "C" {
#endif

/* UTF-8, not terminated by a zero byte. */
typedef struct procpool_text {
  const char* data;
  size_t size; /* [bytes] */
} procpool_text;

/* One task. The texts are valid JSON (RFC 8259) without a lone surrogate; white space may
 * stand in them wherever JSON allows it. */
typedef struct procpool_call {
  procpool_text arguments; /* an array */
  procpool_text keywords;  /* an object; "{}" where there are none */

  /* The task succeeded with this value: any JSON value, in UTF-8. What is not JSON, or is nested
   * in more than 120 levels, makes the task fail with the code "invalid_value". */
  void (*give_value)(struct procpool_call* call, const char* json, size_t size);

  /* The task failed. `type` is what the caller sees as the error's code, by custom the
   * name of an exception ("ValueError"); `message` is one line for people. */
  void (*give_error)(struct procpool_call* call, const char* type, size_t type_size, const char* message,
                     size_t message_size);

  void* host; /* the worker's own */
} procpool_call;

/* Calls give_value or give_error; the last call counts. Without any the value is null. */
typedef void (*procpool_function)(void* context, procpool_call* call);

typedef struct procpool_registry {
  uint32_t abi; /* the worker's PROCPOOL_NATIVE_ABI */

  /* Offers `function` under `name` (zero-terminated UTF-8, copied). `context` is passed to each call. */
  void (*offer)(struct procpool_registry* registry, const char* name, procpool_function function,
                void* context);

  void* host; /* the worker's own */
} procpool_registry;

/* What a library defines. */
#if defined(__GNUC__)
#pragma GCC visibility push(default)
#endif
extern const uint32_t procpool_native_abi;
void procpool_native_register(procpool_registry* registry);
#if defined(__GNUC__)
#pragma GCC visibility pop
#endif

#ifdef __cplusplus
}
#endif

#endif
