// Which pages a statement read, and whether it looked at the clock: what a cached answer hangs on.
//
//   PageRecorder recorder;
//   { PageRecorder::Scope on(recorder); while (statement.step()) … }
//   recorder.pages();                       // sorted, unique, without page 1
//
// How. SQLite takes every page from its page cache by xFetch (https://www.sqlite.org/c3ref/pcache_methods2.html), also
// when the page is there already. The hook that initialize() installs delegates to SQLite's own page cache and notes
// the page number while a recorder is on in the calling thread. Memory-mapped reads and direct overflow reads would go
// past it: connections of sql/ switch both off.
//
// What is recorded is a superset of what the answer hangs on, never less. Left out, because they cannot matter: page 1
// (SQLite keeps it through every transaction; the schema cookie stands in for it) and the pages of ephemeral tables,
// recognised as caches that were created while the recorder was on. Should a cache older than the recorder be
// destroyed meanwhile (SQLite does this only to change a page size), that distinction is void and overflowed() is set.
//
// impure(): the statement asked for the current time (xCurrentTime of our VFS: 'now', CURRENT_TIMESTAMP) or for the
// local time ('localtime', 'utc': the answer hangs on TZ and its rules). Exact at run time, where no look at the SQL
// could be: date functions with fixed arguments are pure.
//
// Contract. A recorder belongs to one thread; a Scope must end in the thread that began it. Scopes nest: the inner
// recorder takes over until it ends. Where Library::pages_recordable is false, nothing is recorded: do not ask.
// Cost: a thread-local load per page fetch while off; while on, an insertion into a hash set. Bounded: past max_pages
// different pages it stops, and overflowed() is true: such a statement is not to be cached by pages.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace tern::sql {

class PageRecorder {
 public:
  static constexpr size_t kDefaultMaxPages = 65'536;

  explicit PageRecorder(size_t max_pages = kDefaultMaxPages);
  PageRecorder(const PageRecorder&) = delete;
  PageRecorder& operator=(const PageRecorder&) = delete;

  class Scope {
   public:
    explicit Scope(PageRecorder& recorder) noexcept;
    ~Scope();
    Scope(const Scope&) = delete;
    Scope& operator=(const Scope&) = delete;

   private:
    PageRecorder* outer_;
  };

  // Forgets all, keeps the memory: a recorder is meant to be used again.
  void clear() noexcept;

  // Sorted, unique, without page 1; valid until the recorder is used again. Incomplete if overflowed().
  std::span<const uint32_t> pages();
  bool overflowed() const noexcept { return overflowed_; }
  bool impure() const noexcept { return impure_; }

  // For the hooks of library.cc alone.
  static PageRecorder* current() noexcept { return active; }
  void note_page(const void* cache, uint32_t page) noexcept;
  void note_cache_created(const void* cache) noexcept;
  void note_cache_destroyed(const void* cache) noexcept;
  void note_impure() noexcept { impure_ = true; }

 private:
  // Only its own thread sees it. constinit: no guard for a dynamic initialiser on each access.
  static constinit thread_local PageRecorder* active;

  void insert(uint32_t page) noexcept;
  bool grow() noexcept;

  size_t max_pages_;
  std::vector<uint32_t> pages_;         // each page once, in the order met, sorted by pages()
  std::vector<uint32_t> slots_;         // open addressing over pages_, 0 = free; a power of two
  std::vector<const void*> ephemeral_;  // caches created while on
  uint32_t last_page_ = 0;              // cursors fetch the same page again and again
  bool overflowed_ = false;
  bool impure_ = false;
};

}  // namespace tern::sql
