#pragma once
// All inputs as one stream: every file's records in the file's order, files interleaved by published time.

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "connectors/embedded/file_input.h"
#include "engine/model/result.h"

namespace bartizan::embedded {

struct InputPattern {
  std::string glob;      // glob(7), a path, or "-" for standard input
  std::string tenant;    // of records that carry none
  bool is_command = false;
};

struct InputProblem {
  std::string input;
  Error error;
};

/// A merge over the files by each record's own published time (ties: order of the patterns, then of the paths, byte by byte). A file's
/// own order is never changed: a record older than its predecessors in the same file counts as young as they are. So files by category
/// that cover the same days flow as things happened. With one file nothing is compared.
///
/// Follow mode takes what there is: a file without news is not waited for. Called on one thread.
class InputSet {
 public:
  using Committed = std::function<std::optional<InputPosition>(std::string_view path)>;
  /// `skip`: paths that are never an input (our own outputs, which a wide glob may match).
  InputSet(std::vector<InputPattern> patterns, bool follow, Committed committed, std::function<bool(const std::string&)> skip = {});

  /// Pipes are waited for as long as it takes; otherwise take() never blocks.
  void wait_for_pipes() { blocking_ = true; }
  /// Finds and opens the files. Without `follow`, a pattern that matches nothing is a problem; the rest is read all the same.
  void open();
  struct Taken {
    FileInput* input = nullptr;
    InputMessage message;
  };
  /// Appends up to `max` messages, which live until the next take(). None: nothing at hand now, or exhausted().
  void take(std::vector<Taken>& out, std::size_t max);
  /// Every input has been read to its end, or failed; never in follow mode (but for a closed standard input alone).
  bool exhausted() const;

  /// Inputs whose position moved since the last settled(), in a stable order.
  std::vector<FileInput*> moved() const;
  void settled();
  /// What went wrong with inputs, oldest first: each input at most once.
  const std::vector<InputProblem>& problems() const { return problems_; }
  std::uint64_t bytes_left() const;
  std::size_t inputs() const { return inputs_.size(); }

 private:
  struct Entry {
    Time key{};
    std::uint32_t order = 0;
    bool operator>(const Entry& o) const { return key != o.key ? key > o.key : order > o.order; }
  };
  struct Slot {
    std::unique_ptr<FileInput> input;
    bool moved = false;
    bool suspended = false;
  };
  void find_files();
  void add(const std::string& path, const InputPattern& pattern);
  void gather();
  void ready(std::uint32_t order);
  void settle_state(std::uint32_t order, FileInput::State state);
  Time key_of(FileInput& input) const;
  bool take_top(std::vector<Taken>& out);

  std::vector<InputPattern> patterns_;
  bool follow_;
  bool blocking_ = false;
  Committed committed_;
  std::function<bool(const std::string&)> skip_;
  std::vector<Slot> inputs_;          // by order
  std::vector<Entry> heap_;           // inputs with a message in front, smallest key first
  bool top_without_key_ = false;      // the only entry: its key was not worked out
  std::vector<std::uint32_t> hungry_; // inputs without a message at hand
  std::vector<InputProblem> problems_;
  std::int64_t next_search_ms_ = 0;
  std::int64_t next_look_ms_ = 0;  // at dormant inputs
};

}  // namespace bartizan::embedded
