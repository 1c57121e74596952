/* A library in plain C: the interface without any layer on it. */

#include "common/native/procpool_native.h"

#include <string.h>

static void give(procpool_call* call, const char* json) { call->give_value(call, json, strlen(json)); }

static void give_error(procpool_call* call, const char* type, const char* message) {
  call->give_error(call, type, strlen(type), message, strlen(message));
}

/* The value that it gets as its context. */
static void constant(void* context, procpool_call* call) { give(call, context); }

static void nothing(void* context, procpool_call* call) {
  (void)context;
  (void)call;
}

static void arguments(void* context, procpool_call* call) {
  (void)context;
  call->give_value(call, call->arguments.data, call->arguments.size);
}

static void keywords(void* context, procpool_call* call) {
  (void)context;
  call->give_value(call, call->keywords.data, call->keywords.size);
}

static void change_of_mind(void* context, procpool_call* call) {
  (void)context;
  give(call, "1");
  give_error(call, "Doubt", "not sure");
  give(call, "2");
}

static void value_then_error(void* context, procpool_call* call) {
  (void)context;
  give(call, "1");
  give_error(call, "", "after all");
}

void procpool_native_register(procpool_registry* registry) {
  registry->offer(registry, "answer", constant, "42");
  registry->offer(registry, "not_json", constant, "{1:2}");
  registry->offer(registry, "two_values", constant, "1 2");
  registry->offer(registry, "leading_zero", constant, "007");
  registry->offer(registry, "two_lines", constant, "[1,\n 2]\n");
  registry->offer(registry, "not_utf8", constant, "\"\xff\"");
  registry->offer(registry, "nothing", nothing, NULL);
  registry->offer(registry, "arguments", arguments, NULL);
  registry->offer(registry, "keywords", keywords, NULL);
  registry->offer(registry, "change_of_mind", change_of_mind, NULL);
  registry->offer(registry, "value_then_error", value_then_error, NULL);
}

const uint32_t procpool_native_abi = PROCPOOL_NATIVE_ABI;
