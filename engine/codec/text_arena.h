#pragma once
// Memory for texts that a record does not hold as such: unescaped, lower-cased, or parsed again.

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <memory>
#include <string_view>
#include <vector>

namespace bartizan {

/// A bump allocator. `reset()` keeps the first blocks, so that the steady state allocates nothing. One owner, one thread.
class TextArena {
 public:
  /// At least `size` bytes, not aligned, valid until reset().
  char* take(std::size_t size) {
    if (size > left_) refill(size);
    char* p = at_;
    at_ += size;
    left_ -= size;
    return p;
  }
  std::string_view copy(std::string_view text) {
    char* p = take(text.size());
    std::copy(text.begin(), text.end(), p);
    return {p, text.size()};
  }
  void reset() {
    if (blocks_.size() > kBlocksKept) blocks_.resize(kBlocksKept);
    used_ = 0;
    at_ = nullptr;
    left_ = 0;
  }

 private:
  struct Block {
    std::unique_ptr<char[]> bytes;
    std::size_t size = 0;
  };
  static constexpr std::size_t kBlockBytes = 64 * 1024;
  static constexpr std::size_t kBlocksKept = 4;

  void refill(std::size_t size) {
    while (used_ < blocks_.size() && blocks_[used_].size < size) ++used_;
    if (used_ == blocks_.size()) {
      const std::size_t bytes = std::max(size, kBlockBytes);
      blocks_.push_back({std::unique_ptr<char[]>(new char[bytes]), bytes});
    }
    at_ = blocks_[used_].bytes.get();
    left_ = blocks_[used_].size;
    ++used_;
  }

  std::vector<Block> blocks_;
  std::size_t used_ = 0;
  char* at_ = nullptr;
  std::size_t left_ = 0;
};

}  // namespace bartizan
