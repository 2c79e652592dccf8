#include "tests/property/kv_action.h"

#include <cstring>

namespace tern::test {
namespace {

void put(std::string& to, uint64_t number) { to.append(reinterpret_cast<const char*>(&number), sizeof number); }
void put(std::string& to, std::string_view text) {
  put(to, uint64_t{text.size()});
  to.append(text);
}

uint64_t take_number(std::string_view& from) {
  uint64_t number = 0;
  std::memcpy(&number, from.data(), sizeof number);
  from.remove_prefix(sizeof number);
  return number;
}
std::string take_text(std::string_view& from) {
  const uint64_t size = take_number(from);
  std::string text(from.substr(0, size));
  from.remove_prefix(size);
  return text;
}

constexpr std::string_view kVerbs[] = {"get",
                                       "get_many",
                                       "put",
                                       "put_many",
                                       "remove",
                                       "remove_many",
                                       "remove_prefix",
                                       "put_if_version",
                                       "remove_if_version",
                                       "increment",
                                       "get_and_touch",
                                       "list",
                                       "sweep",
                                       "now",
                                       "open",
                                       "close"};

}  // namespace

std::string encode(const KvAction& action) {
  std::string bytes;
  put(bytes, static_cast<uint64_t>(action.verb));
  put(bytes, uint64_t{action.space});
  put(bytes, uint64_t{action.keys.size()});
  for (const std::string& key : action.keys) put(bytes, std::string_view(key));
  for (const std::string* text : {&action.value, &action.metadata, &action.cursor}) put(bytes, std::string_view(*text));
  for (const int64_t number :
       {action.ttl_ms, action.expires_at_ms, static_cast<int64_t>(action.version), action.number})
    put(bytes, static_cast<uint64_t>(number));
  return bytes;
}

KvAction decode_action(std::string_view bytes) {
  KvAction action;
  action.verb = static_cast<KvAction::Verb>(take_number(bytes));
  action.space = static_cast<uint8_t>(take_number(bytes));
  action.keys.resize(take_number(bytes));
  for (std::string& key : action.keys) key = take_text(bytes);
  action.value = take_text(bytes);
  action.metadata = take_text(bytes);
  action.cursor = take_text(bytes);
  action.ttl_ms = static_cast<int64_t>(take_number(bytes));
  action.expires_at_ms = static_cast<int64_t>(take_number(bytes));
  action.version = take_number(bytes);
  action.number = static_cast<int64_t>(take_number(bytes));
  return action;
}

std::string encode(const KvAnswer& answer) {
  std::string bytes;
  put(bytes, std::string_view(answer.text));
  put(bytes, answer.version);
  put(bytes, std::string_view(answer.cursor));
  return bytes;
}

KvAnswer decode_answer(std::string_view bytes) {
  KvAnswer answer;
  answer.text = take_text(bytes);
  answer.version = take_number(bytes);
  answer.cursor = take_text(bytes);
  return answer;
}

std::string shown(std::string_view text) {
  constexpr size_t kShown = 300;
  std::string printable;
  for (const char c : text.substr(0, kShown)) {
    const bool plain = (c >= ' ' && c <= '~') || c == '\n';
    printable += plain ? std::string(1, c) : "\\" + std::to_string(static_cast<unsigned char>(c));
  }
  return printable + (text.size() > kShown ? "… (" + std::to_string(text.size()) + " bytes)" : "");
}

std::string describe(const KvAction& action) {
  std::string text(kVerbs[static_cast<size_t>(action.verb)]);
  text += " space " + std::to_string(action.space);
  for (const std::string& key : action.keys)
    text += " \"" + shown(key.substr(0, 8)) + "\"(" + std::to_string(key.size()) + ")";
  text += " value " + std::to_string(action.value.size()) + " bytes, metadata " +
          std::to_string(action.metadata.size()) + ", ttl " + std::to_string(action.ttl_ms) + ", expires at " +
          std::to_string(action.expires_at_ms) + ", version " + std::to_string(action.version) + ", number " +
          std::to_string(action.number) + ", cursor \"" + shown(action.cursor.substr(0, 12)) + "\"";
  return text;
}

std::string text_of_value(std::string_view value, std::string_view metadata, int64_t expires_at_ms, uint64_t version) {
  std::string text = "version " + std::to_string(version) + " expires " + std::to_string(expires_at_ms) + " metadata ";
  text += metadata;
  text += " value ";
  text += value;
  return text + "\n";
}

std::string text_of_key(std::string_view key, std::string_view metadata, int64_t expires_at_ms, uint64_t version) {
  return "key " + text_of_value(key, metadata, expires_at_ms, version);
}

}  // namespace tern::test
