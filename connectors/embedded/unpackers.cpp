#include <zlib.h>
#include <zstd.h>

#include <algorithm>
#include <limits>
#include <new>
#include <utility>

#include "connectors/embedded/byte_stream.h"

namespace bartizan::embedded {
namespace {

/// gzip as gunzip reads it: members one after the other; zeros behind the last one are padding.
class GzipUnpacker final : public Unpacker {
 public:
  explicit GzipUnpacker(std::string path) : path_(std::move(path)) {
    if (inflateInit2(&z_, 15 + 16) != Z_OK) throw std::bad_alloc{};
  }
  ~GzipUnpacker() override { inflateEnd(&z_); }

  Result<Step> step(const char* in, std::size_t in_size, char* out, std::size_t out_size) override {
    Step done;
    if (boundary_) {
      while (members_ > 0 && done.consumed < in_size && in[done.consumed] == 0) ++done.consumed;
      if (done.consumed == in_size) return done;
      if (members_ > 0) inflateReset(&z_);
      boundary_ = false;
    }
    constexpr std::size_t kMax = std::numeric_limits<uInt>::max();
    z_.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(in + done.consumed));  // zlib never writes there
    z_.avail_in = static_cast<uInt>(std::min(in_size - done.consumed, kMax));
    z_.next_out = reinterpret_cast<Bytef*>(out);
    z_.avail_out = static_cast<uInt>(std::min(out_size, kMax));
    const uInt in_before = z_.avail_in;
    const uInt out_before = z_.avail_out;
    const int code = inflate(&z_, Z_NO_FLUSH);
    done.consumed += in_before - z_.avail_in;
    done.produced = out_before - z_.avail_out;
    if (code == Z_STREAM_END) {
      boundary_ = true;
      ++members_;
    } else if (code != Z_OK && code != Z_BUF_ERROR) {
      return Error{"damaged_input", path_ + ": gzip data is damaged (" + (z_.msg != nullptr ? z_.msg : "unknown") + ")"};
    }
    return done;
  }
  bool at_boundary() const override { return boundary_; }

 private:
  std::string path_;
  z_stream z_{};
  bool boundary_ = true;
  std::uint64_t members_ = 0;
};

class ZstdUnpacker final : public Unpacker {
 public:
  explicit ZstdUnpacker(std::string path) : path_(std::move(path)), stream_(ZSTD_createDStream()) {
    if (stream_ == nullptr) throw std::bad_alloc{};
    // Windows above 128 MiB (zstd --ultra --long) are refused: memory is bounded.
    ZSTD_DCtx_setParameter(stream_, ZSTD_d_windowLogMax, 27);
  }
  ~ZstdUnpacker() override { ZSTD_freeDStream(stream_); }
  ZstdUnpacker(const ZstdUnpacker&) = delete;
  ZstdUnpacker& operator=(const ZstdUnpacker&) = delete;

  Result<Step> step(const char* in, std::size_t in_size, char* out, std::size_t out_size) override {
    if (boundary_ && in_size == 0) return Step{};
    ZSTD_inBuffer source{in, in_size, 0};
    ZSTD_outBuffer target{out, out_size, 0};
    const std::size_t code = ZSTD_decompressStream(stream_, &target, &source);
    if (ZSTD_isError(code) != 0) return Error{"damaged_input", path_ + ": zstd data is damaged (" + ZSTD_getErrorName(code) + ")"};
    boundary_ = code == 0;
    return Step{source.pos, target.pos};
  }
  bool at_boundary() const override { return boundary_; }

 private:
  std::string path_;
  ZSTD_DStream* stream_;
  bool boundary_ = true;
};

}  // namespace

std::unique_ptr<Unpacker> make_gzip_unpacker(std::string path) { return std::make_unique<GzipUnpacker>(std::move(path)); }
std::unique_ptr<Unpacker> make_zstd_unpacker(std::string path) { return std::make_unique<ZstdUnpacker>(std::move(path)); }

}  // namespace bartizan::embedded
