#include "connectors/embedded/journal_segment.h"

#include <fcntl.h>
#include <zlib.h>
#include <zstd.h>

#include <algorithm>
#include <charconv>
#include <cstring>
#include <filesystem>
#include <new>
#include <system_error>
#include <utility>

#include "engine/model/bytes.h"

namespace bartizan::embedded {
namespace {

constexpr std::string_view kSegmentMagic{"BZTJRN\x01\n", 8};  // the seventh byte is the version
constexpr std::string_view kSuffix = ".seg";
constexpr std::size_t kNameDigits = 20;
constexpr std::uint32_t kPackedFlag = 1U << 31;
constexpr std::size_t kReadBlock = 1 << 20;

std::uint32_t crc_of(std::string_view bytes) {
  return static_cast<std::uint32_t>(crc32_z(0, reinterpret_cast<const Bytef*>(bytes.data()), bytes.size()));
}

}  // namespace

std::string segment_path(const std::string& folder, std::int64_t first_offset) {
  const std::string digits = std::to_string(first_offset);
  return folder + "/" + std::string(kNameDigits - std::min(kNameDigits, digits.size()), '0') + digits + std::string{kSuffix};
}

std::vector<Segment> list_segments(const std::string& folder) {
  std::vector<Segment> segments;
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator{folder, error}) {
    const std::string name = entry.path().filename().string();
    if (name.size() != kNameDigits + kSuffix.size() || name.substr(kNameDigits) != kSuffix) continue;
    Segment s;
    s.path = folder + "/" + name;
    const char* end = name.data() + kNameDigits;
    if (std::from_chars(name.data(), end, s.first_offset).ptr == end) segments.push_back(std::move(s));
  }
  std::sort(segments.begin(), segments.end(), [](const Segment& a, const Segment& b) { return a.first_offset < b.first_offset; });
  return segments;
}

std::string encode_segment_header(std::int32_t partition, std::int64_t first_offset) {
  std::string bytes{kSegmentMagic};
  ByteWriter w{bytes};
  w.u32(static_cast<std::uint32_t>(partition));
  w.u64(static_cast<std::uint64_t>(first_offset));
  w.u32(crc_of(bytes));
  return bytes;
}

void FrameWriter::Free::operator()(void* context) const { ZSTD_freeCCtx(static_cast<ZSTD_CCtx*>(context)); }

FrameWriter::FrameWriter(int zstd_level) : context_(ZSTD_createCCtx()), level_(zstd_level) {
  if (context_ == nullptr) throw std::bad_alloc{};
}

void FrameWriter::append(std::string& out, std::int64_t offset, Time append_time, std::string_view message) {
  const std::size_t start = out.size();
  const std::size_t bound = ZSTD_compressBound(message.size());
  out.resize(start + kFrameHeaderBytes + bound);
  std::size_t size = ZSTD_compressCCtx(static_cast<ZSTD_CCtx*>(context_.get()), out.data() + start + kFrameHeaderBytes, bound,
                                       message.data(), message.size(), level_);
  std::uint32_t flags = kPackedFlag;
  if (ZSTD_isError(size) != 0 || size >= message.size()) {
    size = message.size();
    flags = 0;
    std::memcpy(out.data() + start + kFrameHeaderBytes, message.data(), size);
  }
  out.resize(start + kFrameHeaderBytes + size);
  std::string header;
  ByteWriter w{header};
  w.u32(static_cast<std::uint32_t>(size));
  w.u32(0);
  w.u64(static_cast<std::uint64_t>(offset));
  w.u64(static_cast<std::uint64_t>(to_ms(append_time)));
  w.u32(static_cast<std::uint32_t>(message.size()) | flags);
  std::memcpy(out.data() + start, header.data(), header.size());
  std::string crc;
  ByteWriter{crc}.u32(crc_of(std::string_view{out}.substr(start + 8)));
  std::memcpy(out.data() + start + 4, crc.data(), crc.size());
}

Result<SegmentReader> SegmentReader::open(const Segment& segment) {
  auto fd = open_file(segment.path, O_RDONLY);
  if (!fd) return fd.error();
  SegmentReader reader;
  reader.segment_ = segment;
  reader.fd_ = std::move(fd.value());
  const auto whole = reader.have(kSegmentHeaderBytes);
  if (!whole) return whole.error();
  const std::string_view header = std::string_view{reader.block_}.substr(0, kSegmentHeaderBytes);
  if (!whole.value() || header.substr(0, 6) != kSegmentMagic.substr(0, 6)) {
    return Error{"journal_damaged", segment.path + ": is no journal segment"};
  }
  if (header[6] != kSegmentMagic[6]) {
    return Error{"unknown_version", segment.path + ": journal files of version " + std::to_string(header[6]) + ", this program reads version 1"};
  }
  ByteReader r{header.substr(kSegmentMagic.size())};
  r.u32();
  const auto first = static_cast<std::int64_t>(r.u64());
  if (r.u32() != crc_of(header.substr(0, kSegmentHeaderBytes - 4)) || first != segment.first_offset) {
    return Error{"journal_damaged", segment.path + ": the header is damaged, or the file was renamed"};
  }
  reader.position_ = kSegmentHeaderBytes;
  return reader;
}

// Brings `size` bytes at position_ into block_; false: the file has fewer.
Result<bool> SegmentReader::have(std::size_t size) {
  if (position_ >= block_at_ && position_ + size <= block_at_ + block_.size()) return true;
  block_.resize(std::max(size, kReadBlock));
  block_at_ = position_;
  const auto n = read_at(fd_.get(), block_.data(), block_.size(), position_, segment_.path);
  block_.resize(n ? n.value() : 0);
  if (!n) return n.error();
  return block_.size() >= size;
}

Result<std::optional<Frame>> SegmentReader::next() {
  const std::optional<Frame> none;
  auto there = have(kFrameHeaderBytes);
  if (!there) return there.error();
  if (!there.value()) return none;
  const auto at = [this] { return std::string_view{block_}.substr(static_cast<std::size_t>(position_ - block_at_)); };
  ByteReader r{at()};
  const std::uint32_t size = r.u32();
  const std::uint32_t crc = r.u32();
  Frame frame;
  frame.offset = static_cast<std::int64_t>(r.u64());
  frame.append_time = time_from_ms(static_cast<std::int64_t>(r.u64()));
  const std::uint32_t raw = r.u32();
  frame.raw_size = raw & ~kPackedFlag;
  frame.is_packed = (raw & kPackedFlag) != 0;
  if (size > kFrameBytesMax || frame.raw_size > kFrameBytesMax) return none;
  there = have(kFrameHeaderBytes + size);
  if (!there) return there.error();
  if (!there.value() || crc_of(at().substr(8, kFrameHeaderBytes - 8 + size)) != crc) return none;
  frame.packed = at().substr(kFrameHeaderBytes, size);
  position_ += kFrameHeaderBytes + size;
  return std::optional<Frame>{frame};
}

Result<bool> SegmentReader::has_rest() const {
  const auto id = identify(fd_.get(), segment_.path);
  if (!id) return id.error();
  return id.value().size > position_;
}

void FrameReader::Free::operator()(void* context) const { ZSTD_freeDCtx(static_cast<ZSTD_DCtx*>(context)); }

FrameReader::FrameReader() : context_(ZSTD_createDCtx()) {
  if (context_ == nullptr) throw std::bad_alloc{};
}

Status FrameReader::unpack(const Frame& frame, std::string& out) {
  if (!frame.is_packed) {
    out.assign(frame.packed);
    return Ok{};
  }
  out.resize(frame.raw_size);
  const std::size_t n = ZSTD_decompressDCtx(static_cast<ZSTD_DCtx*>(context_.get()), out.data(), out.size(), frame.packed.data(), frame.packed.size());
  if (ZSTD_isError(n) != 0 || n != frame.raw_size) {
    return Error{"journal_damaged", "journal offset " + std::to_string(frame.offset) + " cannot be unpacked"};
  }
  return Ok{};
}

}  // namespace bartizan::embedded
