#include "connectors/embedded/input_set.h"

#include <glob.h>

#include <algorithm>
#include <chrono>
#include <utility>

#include "connectors/embedded/published_time.h"

namespace bartizan::embedded {
namespace {

constexpr std::size_t kOpenAtOnce = 64;            // files beyond keep closed until their time comes, and where they have nothing new
constexpr std::int64_t kLookMs = 1000;             // follow: how often files without a descriptor are looked at
constexpr std::int64_t kSearchAgainMs = 2000;      // follow: how often globs are looked at again

std::int64_t monotonic_ms() {
  return std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

// glob(3) sorts by locale, so its order is not used.
std::vector<std::string> expand(const std::string& pattern) {
  if (identify_path(pattern)) return {pattern};  // a name that only looks like a pattern
  glob_t found{};
  std::vector<std::string> paths;
  if (::glob(pattern.c_str(), GLOB_NOSORT | GLOB_BRACE | GLOB_TILDE, nullptr, &found) == 0) {
    paths.assign(found.gl_pathv, found.gl_pathv + found.gl_pathc);
  }
  ::globfree(&found);
  std::sort(paths.begin(), paths.end());
  return paths;
}

}  // namespace

InputSet::InputSet(std::vector<InputPattern> patterns, bool follow, Committed committed, std::function<bool(const std::string&)> skip)
    : patterns_(std::move(patterns)), follow_(follow), committed_(std::move(committed)), skip_(std::move(skip)) {}

void InputSet::open() { find_files(); }

void InputSet::find_files() {
  next_search_ms_ = monotonic_ms() + kSearchAgainMs;
  for (const InputPattern& pattern : patterns_) {
    std::vector<std::string> paths;
    if (pattern.glob == kStandardInput) {
      paths.push_back(pattern.glob);
    } else {
      paths = expand(pattern.glob);
    }
    for (const std::string& path : paths) add(path, pattern);
    if (paths.empty() && !follow_ && !pattern.is_command) {
      problems_.push_back({pattern.glob, Error{"not_found", pattern.glob + ": no such file"}});
    }
  }
}

void InputSet::add(const std::string& path, const InputPattern& pattern) {
  const bool known = std::any_of(inputs_.begin(), inputs_.end(), [&](const Slot& s) { return s.input->path() == path; });
  if (known || (skip_ && skip_(path))) return;
  FileInputOptions options;
  options.follow = follow_;
  options.close_at_end = inputs_.size() >= kOpenAtOnce;
  options.is_command = pattern.is_command;
  options.tenant = pattern.tenant;
  Slot slot;
  slot.input = std::make_unique<FileInput>(path, std::move(options));
  const auto order = static_cast<std::uint32_t>(inputs_.size());
  const auto from = committed_ ? committed_(path) : std::nullopt;
  const auto state = slot.input->open(from);
  slot.moved = state != FileInput::State::failed && !slot.input->resumable();  // its generation is new
  inputs_.push_back(std::move(slot));
  settle_state(order, state);
  if (state == FileInput::State::failed || from || inputs_.size() <= kOpenAtOnce || !inputs_[order].input->resumable()) return;
  // Too many files to hold open at once: note its first time, and close it until that time comes.
  FileInput& input = *inputs_[order].input;
  FileInput::State now = state;
  while (now == FileInput::State::unread) now = input.fill();
  hungry_.pop_back();
  settle_state(order, now);
  if (now != FileInput::State::message) return;
  input.suspend();
  inputs_[order].suspended = true;
}

Time InputSet::key_of(FileInput& input) const {
  const std::string_view message = input.front().bytes;
  const auto published = input.options().is_command ? command_time(message) : published_time(message);
  return published ? std::max(*published, input.merge_time) : input.merge_time;
}

void InputSet::ready(std::uint32_t order) {
  if (heap_.empty()) {
    heap_.push_back({Time{}, order});
    top_without_key_ = true;
    if (inputs_.size() > 1) heap_.front().key = key_of(*inputs_[order].input), top_without_key_ = false;
    return;
  }
  if (top_without_key_) heap_.front().key = key_of(*inputs_[heap_.front().order].input);
  top_without_key_ = false;
  heap_.push_back({key_of(*inputs_[order].input), order});
  std::push_heap(heap_.begin(), heap_.end(), std::greater<>{});
}

void InputSet::settle_state(std::uint32_t order, FileInput::State state) {
  FileInput& input = *inputs_[order].input;
  switch (state) {
    case FileInput::State::message: ready(order); break;
    case FileInput::State::unread:
    case FileInput::State::waiting: hungry_.push_back(order); break;
    case FileInput::State::finished: inputs_[order].moved = true; break;
    case FileInput::State::failed: problems_.push_back({input.path(), input.error()}); break;
  }
}

void InputSet::gather() {
  if (follow_ && monotonic_ms() >= next_search_ms_) find_files();
  const bool look = monotonic_ms() >= next_look_ms_;
  if (look) next_look_ms_ = monotonic_ms() + kLookMs;
  std::vector<std::uint32_t> hungry;
  hungry.swap(hungry_);
  std::sort(hungry.begin(), hungry.end());
  for (const std::uint32_t order : hungry) {
    FileInput& input = *inputs_[order].input;
    if (input.dormant() && !look) {
      hungry_.push_back(order);
      continue;
    }
    FileInput::State state = input.state();
    const bool waited = state == FileInput::State::waiting || !input.packed();
    const std::uint32_t generation = input.source().generation;
    do {
      if (!blocking_ && !input.readable_now()) break;
      state = input.fill();
    } while (state == FileInput::State::unread);
    if (input.source().generation != generation || (state == FileInput::State::waiting && !waited)) inputs_[order].moved = true;
    settle_state(order, state);
  }
}

// False: the input in front needs its file first, and its messages already given would die with that.
bool InputSet::take_top(std::vector<Taken>& out) {
  const std::uint32_t order = heap_.front().order;
  FileInput& input = *inputs_[order].input;
  if (inputs_[order].suspended) {
    inputs_[order].suspended = false;
    FileInput::State state = FileInput::State::unread;
    while (state == FileInput::State::unread) state = input.fill();
    if (state != FileInput::State::message) {
      std::pop_heap(heap_.begin(), heap_.end(), std::greater<>{});
      heap_.pop_back();
      settle_state(order, state);
      return true;
    }
  }
  if (!top_without_key_) input.merge_time = heap_.front().key;
  out.push_back({&input, input.front()});
  inputs_[order].moved = true;
  const FileInput::State state = input.pop();
  if (state == FileInput::State::message && top_without_key_) return true;
  std::pop_heap(heap_.begin(), heap_.end(), std::greater<>{});
  heap_.pop_back();
  settle_state(order, state);
  return state == FileInput::State::message;
}

void InputSet::take(std::vector<Taken>& out, std::size_t max) {
  gather();
  while (out.size() < max && !heap_.empty()) {
    if (!take_top(out)) return;
  }
}

bool InputSet::exhausted() const {
  const bool more = std::any_of(hungry_.begin(), hungry_.end(), [this](std::uint32_t order) {
    return !follow_ || !inputs_[order].input->options().is_command;
  });
  if (!heap_.empty() || more) return false;
  const bool waits_for_files = std::any_of(patterns_.begin(), patterns_.end(), [](const InputPattern& p) {
    return p.glob != kStandardInput && !p.is_command;
  });
  return !follow_ || !waits_for_files;
}

std::vector<FileInput*> InputSet::moved() const {
  std::vector<FileInput*> inputs;
  for (const Slot& slot : inputs_) {
    if (slot.moved) inputs.push_back(slot.input.get());
  }
  return inputs;
}

void InputSet::settled() {
  for (Slot& slot : inputs_) slot.moved = false;
}

std::uint64_t InputSet::bytes_left() const {
  std::uint64_t sum = 0;
  for (const Slot& slot : inputs_) sum += slot.input->bytes_left();
  return sum;
}

}  // namespace bartizan::embedded
