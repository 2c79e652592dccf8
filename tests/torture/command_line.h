// The command line of a torture program: a role, and options that each have a value.
//
// What is wrong ends the program, with what it is and how the program is used. The arguments outlive all of it.
#pragma once

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <string_view>

namespace torture {

class CommandLine {
 public:
  // What stands behind an option.
  class Value {
   public:
    Value(const CommandLine& line, const char* text) : line_(line), text_(text) {}
    const char* text() const { return text_; }
    double number() const {
      char* end = nullptr;
      const double value = std::strtod(text_, &end);
      if (*text_ == '\0' || *end != '\0' || value < 0) line_.leave("this is not a number:", text_);
      return value;
    }
    template <typename Whole>
    Whole whole() const {
      return static_cast<Whole>(number());
    }
    bool flag() const { return number() != 0; }

   private:
    const CommandLine& line_;
    const char* const text_;
  };
  template <typename Settings>
  using Options = std::map<std::string_view, void (*)(Settings&, const Value&)>;

  CommandLine(const char* program, const char* usage, int argc, char** argv)
      : program_(program), usage_(usage), argc_(argc), argv_(argv) {
    if (argc < 2) leave("a subcommand is missing", "");
  }

  std::string_view role() const { return argv_[1]; }
  template <typename Settings>
  Settings settings(const Options<Settings>& options) const {
    Settings settings;
    for (int i = 2; i < argc_; i += 2) {
      const auto option = options.find(argv_[i]);
      if (option == options.end()) leave("there is no option", argv_[i]);
      if (i + 1 == argc_) leave("a value is missing after", argv_[i]);
      option->second(settings, Value(*this, argv_[i + 1]));
    }
    return settings;
  }
  [[noreturn]] void leave(const char* what, std::string_view which) const {
    std::fprintf(stderr, "%s: %s '%.*s'\n%s", program_, what, static_cast<int>(which.size()), which.data(), usage_);
    std::exit(2);
  }

 private:
  const char* const program_;
  const char* const usage_;
  const int argc_;
  char** const argv_;
};

}  // namespace torture
