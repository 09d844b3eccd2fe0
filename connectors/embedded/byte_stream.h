#pragma once
// The bytes of one input file, whatever it is packed in: plain, gzip (any number of members) or zstd (any number of frames),
// told apart by the first bytes, never by the name.

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

#include "connectors/embedded/posix_file.h"
#include "engine/model/result.h"

namespace bartizan::embedded {

enum class Packing : std::uint8_t { unknown, plain, gzip, zstd };

/// Undoes one packing, piece by piece.
class Unpacker {
 public:
  virtual ~Unpacker() = default;
  struct Step {
    std::size_t consumed = 0;
    std::size_t produced = 0;
  };
  /// Error code `damaged_input`.
  virtual Result<Step> step(const char* in, std::size_t in_size, char* out, std::size_t out_size) = 0;
  /// Between members: the input may end here.
  virtual bool at_boundary() const = 0;
};
std::unique_ptr<Unpacker> make_gzip_unpacker(std::string path);
std::unique_ptr<Unpacker> make_zstd_unpacker(std::string path);

/// Reads a file from its start, or a pipe. A file that grows goes on giving bytes.
class ByteStream {
 public:
  ByteStream(Fd fd, std::string path);
  /// Bytes now at hand, at most `size` (>= 1); 0: nothing at the moment. A pipe blocks until something comes. After an error every
  /// further call gives the same error; what was given before it is good.
  Result<std::size_t> read(char* to, std::size_t size);
  /// True after a 0 on something that cannot grow (a pipe).
  bool closed() const { return closed_; }
  /// Whether the input may end where it stands. Error `truncated_input` in the middle of a gzip member or zstd frame.
  Status complete() const;
  Packing packing() const { return packing_; }
  /// Plain files only: continues at this byte.
  Status seek(std::uint64_t offset);
  int fd() const { return fd_.get(); }

 private:
  Result<std::size_t> read_raw(char* to, std::size_t size);
  Status recognise();
  Result<std::size_t> read_packed(char* to, std::size_t size);

  Fd fd_;
  std::string path_;
  Packing packing_ = Packing::unknown;
  bool closed_ = false;
  std::unique_ptr<Unpacker> unpacker_;
  std::string raw_;          // bytes read but not given or unpacked yet: raw_[raw_at_, ...)
  std::size_t raw_at_ = 0;
  bool output_waits_ = false;
  Status failed_ = Ok{};
};

}  // namespace bartizan::embedded
