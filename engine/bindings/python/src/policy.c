// Policies and options from keyword arguments.

#include "binding.h"

typedef struct policy_target {
  tern_policy policy;
  PyObject* tags;
} policy_target;

#define FIELD(name) offsetof(policy_target, policy) + offsetof(tern_policy, name)

static const keyword policy_table[] = {{"ttl", KEYWORD_MS, FIELD(ttl_ms), 0},
                                       {"stale_while_revalidate", KEYWORD_MS, FIELD(stale_while_revalidate_ms), 0},
                                       {"stale_if_error", KEYWORD_MS, FIELD(stale_if_error_ms), 0},
                                       {"refresh_ahead", KEYWORD_MS, FIELD(refresh_ahead_ms), 0},
                                       {"ttl_jitter", KEYWORD_PERMILLE, FIELD(ttl_jitter_permille), TERN_NO_TTL_JITTER},
                                       {"admit_max_bytes", KEYWORD_U64, FIELD(admit_max_bytes), 0},
                                       {"admit_min_cost", KEYWORD_NS, FIELD(admit_min_cost_ns), 0},
                                       {"negative_caching", KEYWORD_IF_FALSE, 0, TERN_NO_NEGATIVE_CACHING},
                                       {"admit_second_time", KEYWORD_IF_TRUE, 0, TERN_ADMIT_SECOND_TIME},
                                       {"pin", KEYWORD_IF_TRUE, 0, TERN_PIN},
                                       {"tags", KEYWORD_OBJECT, offsetof(policy_target, tags), 0},
                                       {NULL, KEYWORD_OBJECT, 0, 0}};

int policy_take(const char* function, PyObject* keywords, tern_policy* policy, texts* tags) {
  *tags = (texts){0};
  policy_target target = {.policy = {.size = sizeof target.policy}};
  if (keywords_take(function, keywords, policy_table, &target, &target.policy.flags) < 0 ||
      texts_take(tags, target.tags, "tags") < 0)
    return -1;
  target.policy.tags = tags->list;
  target.policy.tag_count = tags->count;
  *policy = target.policy;
  return 0;
}

typedef struct options_target {
  tern_options options;
  PyObject *extensions, *policy, *synchronous;
} options_target;

#undef FIELD
#define FIELD(name) offsetof(options_target, options) + offsetof(tern_options, name)

static const keyword options_table[] = {{"hot_bytes", KEYWORD_U64, FIELD(hot_bytes), TERN_HOT_OFF},
                                        {"store_bytes", KEYWORD_U64, FIELD(store_bytes), TERN_STORE_OFF},
                                        {"max_entry_bytes", KEYWORD_U64, FIELD(max_entry_bytes), 0},
                                        {"max_log_bytes", KEYWORD_U64, FIELD(max_log_bytes), 0},
                                        {"kv_map_bytes", KEYWORD_U64, FIELD(kv_map_bytes), 0},
                                        {"busy_timeout", KEYWORD_MS32, FIELD(busy_timeout_ms), TERN_NO_BUSY_TIMEOUT},
                                        {"busy_retries", KEYWORD_U32, FIELD(busy_retries), TERN_NO_BUSY_RETRIES},
                                        {"max_read_connections", KEYWORD_U32, FIELD(max_read_connections), 0},
                                        {"page_cache_kib", KEYWORD_U32, FIELD(page_cache_kib), 0},
                                        {"checkpoint_frames", KEYWORD_U32, FIELD(checkpoint_frames), 0},
                                        {"create", KEYWORD_IF_FALSE, 0, TERN_OPEN_EXISTING},
                                        {"cache", KEYWORD_IF_FALSE, 0, TERN_CACHE_OFF},
                                        {"convert_to_wal", KEYWORD_IF_TRUE, 0, TERN_CONVERT_TO_WAL},
                                        {"accept_unsafe_sqlite", KEYWORD_IF_TRUE, 0, TERN_ACCEPT_UNSAFE_SQLITE},
                                        {"kv_sync_each", KEYWORD_IF_TRUE, 0, TERN_KV_SYNC_EACH},
                                        {"synchronous", KEYWORD_OBJECT, offsetof(options_target, synchronous), 0},
                                        {"extensions", KEYWORD_OBJECT, offsetof(options_target, extensions), 0},
                                        {"policy", KEYWORD_OBJECT, offsetof(options_target, policy), 0},
                                        {NULL, KEYWORD_OBJECT, 0, 0}};

static int take_synchronous(PyObject* object, uint32_t* flags) {
  if (object == NULL) return 0;
  if (PyUnicode_Check(object) && PyUnicode_CompareWithASCIIString(object, "normal") == 0) return 0;
  if (PyUnicode_Check(object) && PyUnicode_CompareWithASCIIString(object, "full") == 0) {
    *flags |= TERN_SYNCHRONOUS_FULL;
    return 0;
  }
  PyErr_Format(PyExc_ValueError, "synchronous is %R; it must be 'normal' or 'full'", object);
  return -1;
}

int options_take(PyObject* keywords, open_options* out) {
  *out = (open_options){0};
  options_target target = {.options = {.size = sizeof target.options}};
  if (keywords_take("open()", keywords, options_table, &target, &target.options.flags) < 0 ||
      take_synchronous(target.synchronous, &target.options.flags) < 0)
    return -1;
  out->options = target.options;
  if (target.policy != NULL) {
    if (!PyDict_Check(target.policy)) {
      PyErr_Format(PyExc_TypeError, "policy must be a dict of the keyword arguments of prepare(), not %R",
                   target.policy);
      return -1;
    }
    if (policy_take("policy", target.policy, &out->policy, &out->tags) < 0) return -1;
    out->options.policy = &out->policy;
  }
  if (texts_take(&out->extensions, target.extensions, "extensions") < 0) {
    texts_release(&out->tags);
    return -1;
  }
  out->options.extensions = out->extensions.list;
  out->options.extension_count = out->extensions.count;
  return 0;
}

void options_release(open_options* options) {
  texts_release(&options->tags);
  texts_release(&options->extensions);
}
