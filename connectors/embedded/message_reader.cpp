#include "connectors/embedded/message_reader.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "engine/codec/record_decoder.h"
#include "engine/model/alert.h"

namespace bartizan::embedded {
namespace {

constexpr std::string_view kMark{"\xef\xbb\xbf", 3};
constexpr std::size_t kNotFound = static_cast<std::size_t>(-1);

std::size_t find_newline(const char* data, std::size_t from, std::size_t end) {
  if (from >= end) return kNotFound;
  const void* at = std::memchr(data + from, '\n', end - from);
  return at == nullptr ? kNotFound : static_cast<std::size_t>(static_cast<const char*>(at) - data);
}

}  // namespace

MessageReader::MessageReader(ByteStream stream) : stream_(std::move(stream)) {}

Status MessageReader::resume(const ReadPosition& position) {
  position_ = position;
  start_of_file_ = position.bytes == 0;
  if (position.bytes == 0) return Ok{};
  std::string discarded(std::min<std::uint64_t>(kBlockBytes, position.bytes), '\0');
  std::uint64_t left = position.bytes;
  while (left > 0) {
    const auto n = stream_.read(discarded.data(), static_cast<std::size_t>(std::min<std::uint64_t>(discarded.size(), left)));
    if (!n) return n.error();
    if (n.value() == 0) return Error{"input_shrunk", "the input is shorter than what has been read of it"};
    left -= n.value();
    if (stream_.packing() == Packing::plain) return stream_.seek(position.bytes);
  }
  return Ok{};
}

void MessageReader::make_room() {
  const std::size_t rest = end_ - begin_;
  const std::size_t padding = RecordDecoder::kPadding;
  std::size_t wanted = kBlockBytes + padding;
  while (wanted < rest + kBlockBytes / 2 + padding) wanted *= 2;
  if (wanted != capacity_) {
    std::unique_ptr<char[]> bigger{new char[wanted]};
    if (rest > 0) std::memcpy(bigger.get(), buffer_.get() + begin_, rest);
    buffer_ = std::move(bigger);
    capacity_ = wanted;
  } else if (begin_ > 0) {
    std::memmove(buffer_.get(), buffer_.get() + begin_, rest);
  }
  scanned_ -= begin_;
  begin_ = 0;
  end_ = rest;
}

Result<std::size_t> MessageReader::fill() {
  make_room();
  const auto n = stream_.read(buffer_.get() + end_, capacity_ - end_ - RecordDecoder::kPadding);
  if (!n) return n;
  end_ += n.value();
  std::memset(buffer_.get() + end_, 0, RecordDecoder::kPadding);  // the decoder looks at the padding, so it has values
  return n;
}

// False: too few bytes to tell.
bool MessageReader::skip_mark() {
  const std::string_view have{buffer_.get() + begin_, end_ - begin_};
  if (have.size() < kMark.size() && kMark.substr(0, have.size()) == have) return false;
  start_of_file_ = false;
  if (have.substr(0, kMark.size()) == kMark) {
    begin_ += kMark.size();
    scanned_ = begin_;
    position_.bytes += kMark.size();
  }
  return true;
}

// Looks at the next line and the one after it. False: not at hand yet.
bool MessageReader::decide_layout(bool final) {
  const std::size_t first_end = find_newline(buffer_.get(), begin_, end_);
  if (first_end == kNotFound) {
    if (!final && end_ - begin_ <= kMessageBytesMax) return false;
    position_.layout = Layout::lines;
    return true;
  }
  const std::string_view first{buffer_.get() + begin_, first_end - begin_};
  if (is_blank(first)) return true;  // given as a line; the next one decides
  std::size_t second_end = find_newline(buffer_.get(), first_end + 1, end_);
  if (second_end == kNotFound) {
    const bool needed = begins_document(first, {});
    if (needed && !final && end_ - begin_ <= kMessageBytesMax) return false;
    second_end = end_;
  }
  const std::string_view second{buffer_.get() + first_end + 1, second_end - first_end - 1};
  position_.layout = begins_document(first, second) ? Layout::documents : Layout::lines;
  return true;
}

void MessageReader::give(std::size_t end, std::size_t after, InputMessage& out) {
  out = InputMessage{};
  out.line = position_.line;
  std::size_t size = end - begin_;
  if (size > 0 && buffer_[end - 1] == '\r') --size;
  out.bytes = {buffer_.get() + begin_, size};
  out.size = size;
  position_.unterminated = after == end;
  position_.line += lines_inside_ + 1;
  position_.bytes += after - begin_;
  begin_ = scanned_ = after;
  shape_ = JsonShape{};
  lines_inside_ = 0;
}

// The newline that ends the message, looked for from `from`; otherwise how far was looked.
std::size_t MessageReader::find_end(std::size_t from, bool& found) {
  found = true;
  if (position_.layout != Layout::documents) {
    const std::size_t at = find_newline(buffer_.get(), from, end_);
    found = at != kNotFound;
    return found ? at : end_;
  }
  for (std::size_t i = from; i < end_; ++i) {
    const char c = buffer_[i];
    if (c != '\n') {
      shape_.feed(c);
      continue;
    }
    shape_.feed(c);
    if (shape_.closed()) return i;
    ++lines_inside_;
  }
  found = false;
  return end_;
}

bool MessageReader::next_large(bool final, InputMessage& out) {
  bool found = false;
  const std::size_t end = find_end(begin_, found);
  large_->sha256.update({buffer_.get() + begin_, end - begin_});
  large_->size += end - begin_;
  const std::size_t after = found ? end + 1 : end;
  position_.bytes += after - begin_;
  begin_ = scanned_ = after;
  if (!found && !final) return false;
  large_given_ = std::move(large_->kept);
  out = InputMessage{};
  out.bytes = large_given_;
  out.line = position_.line;
  out.too_large = true;
  out.size = large_->size;
  out.sha256 = large_->sha256.finish_hex();
  position_.line += lines_inside_ + 1;
  position_.unterminated = !found;
  lines_inside_ = 0;
  shape_ = JsonShape{};
  large_.reset();
  return true;
}

bool MessageReader::next(bool final, InputMessage& out) {
  if (large_ != nullptr) return next_large(final, out);
  if (begin_ == end_) return false;
  if (start_of_file_ && !skip_mark() && !final) return false;
  if (position_.unterminated && scanned_ == begin_) {
    // The newline of a line that has been given already.
    if (buffer_[begin_] == '\r' && begin_ + 1 == end_ && !final) return false;
    std::size_t skip = buffer_[begin_] == '\r' && begin_ + 1 < end_ ? 1 : 0;
    skip = buffer_[begin_ + skip] == '\n' ? skip + 1 : 0;
    begin_ += skip;
    scanned_ = begin_;
    position_.bytes += skip;
    position_.unterminated = false;
  }
  if (begin_ == end_) return false;
  if (position_.layout == Layout::unknown && !decide_layout(final)) return false;
  bool found = false;
  const std::size_t end = find_end(scanned_, found);
  scanned_ = end;
  if (end - begin_ > kMessageBytesMax) {
    large_ = std::make_unique<Large>();
    large_->kept.assign(buffer_.get() + begin_, kDeadLetterBytesMax);
    if (found) {
      // Its end is at hand: look for it again from the start, with the digest.
      shape_ = JsonShape{};
      lines_inside_ = 0;
      return next_large(final, out);
    }
    large_->sha256.update({buffer_.get() + begin_, end - begin_});
    large_->size = end - begin_;
    position_.bytes += end - begin_;
    begin_ = end;
    return final && next_large(final, out);
  }
  if (!found && !final) return false;
  give(end, found ? end + 1 : end, out);
  return true;
}

void MessageReader::release() {
  buffer_.reset();
  capacity_ = begin_ = scanned_ = end_ = 0;
}

bool MessageReader::rest_is_closed_value() const {
  return large_ == nullptr && begin_ < end_ && is_closed_value({buffer_.get() + begin_, end_ - begin_});
}

}  // namespace bartizan::embedded
