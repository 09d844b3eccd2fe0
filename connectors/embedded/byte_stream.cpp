#include "connectors/embedded/byte_stream.h"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <string_view>
#include <utility>

namespace bartizan::embedded {
namespace {

constexpr std::size_t kRawBlock = 256 * 1024;
constexpr std::string_view kGzipMagic{"\x1f\x8b", 2};
constexpr std::string_view kZstdMagic{"\x28\xb5\x2f\xfd", 4};

bool may_become(std::string_view head, std::string_view magic) {
  return head.size() < magic.size() && magic.substr(0, head.size()) == head;
}

}  // namespace

ByteStream::ByteStream(Fd fd, std::string path) : fd_(std::move(fd)), path_(std::move(path)) {}

Result<std::size_t> ByteStream::read_raw(char* to, std::size_t size) {
  while (true) {
    const ssize_t n = ::read(fd_.get(), to, size);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return errno_error("read", path_, errno);
    return static_cast<std::size_t>(n);
  }
}

Status ByteStream::recognise() {
  char head[4];
  while (packing_ == Packing::unknown) {
    const bool undecided = raw_.empty() || may_become(raw_, kGzipMagic) || may_become(raw_, kZstdMagic);
    if (undecided) {
      const auto n = read_raw(head, sizeof head - raw_.size());
      if (!n) return n.error();
      if (n.value() == 0) return Ok{};  // too little to tell; whatever came stays in raw_
      raw_.append(head, n.value());
      continue;
    }
    const std::string_view have{raw_};
    packing_ = have.substr(0, 2) == kGzipMagic ? Packing::gzip : have.substr(0, 4) == kZstdMagic ? Packing::zstd : Packing::plain;
  }
  if (packing_ == Packing::gzip) unpacker_ = make_gzip_unpacker(path_);
  if (packing_ == Packing::zstd) unpacker_ = make_zstd_unpacker(path_);
  return Ok{};
}

Result<std::size_t> ByteStream::read_packed(char* to, std::size_t size) {
  while (true) {
    if (raw_at_ == raw_.size() && !output_waits_) {
      raw_.resize(kRawBlock);
      raw_at_ = 0;
      const auto n = read_raw(raw_.data(), raw_.size());
      raw_.resize(n ? n.value() : 0);
      if (!n) return n.error();
      if (raw_.empty()) return std::size_t{0};
    }
    const auto step = unpacker_->step(raw_.data() + raw_at_, raw_.size() - raw_at_, to, size);
    if (!step) return step.error();
    raw_at_ += step.value().consumed;
    output_waits_ = step.value().produced == size;  // a full buffer: more may wait inside, without further input
    if (step.value().produced > 0) return step.value().produced;
  }
}

Result<std::size_t> ByteStream::read(char* to, std::size_t size) {
  if (!failed_) return failed_.error();
  if (packing_ == Packing::unknown) failed_ = recognise();
  if (!failed_) return failed_.error();
  Result<std::size_t> n = std::size_t{0};
  if (packing_ == Packing::plain && raw_at_ < raw_.size()) {
    n = std::min(size, raw_.size() - raw_at_);
    std::memcpy(to, raw_.data() + raw_at_, n.value());
    raw_at_ += n.value();
  } else if (packing_ == Packing::plain) {
    n = read_raw(to, size);
  } else if (packing_ != Packing::unknown) {
    n = read_packed(to, size);
  }
  if (!n) failed_ = n.error();
  if (n && n.value() == 0) {
    const auto id = identify(fd_.get(), path_);
    closed_ = id && !id.value().regular;
  }
  return n;
}

Status ByteStream::complete() const {
  if (!failed_) return failed_;
  if (packing_ == Packing::unknown && !raw_.empty()) return Error{"truncated_input", path_ + ": ends inside the first bytes of an archive"};
  if (unpacker_ && !unpacker_->at_boundary()) {
    const std::string what = packing_ == Packing::gzip ? "gzip member" : "zstd frame";
    return Error{"truncated_input", path_ + ": ends in the middle of a " + what + "; what stood before has been read"};
  }
  return Ok{};
}

Status ByteStream::seek(std::uint64_t offset) {
  packing_ = Packing::plain;
  raw_.clear();
  raw_at_ = 0;
  if (::lseek(fd_.get(), static_cast<off_t>(offset), SEEK_SET) < 0) return errno_error("seek in", path_, errno);
  return Ok{};
}

}  // namespace bartizan::embedded
