#pragma once
// SHA-256 (FIPS 180-4), by OpenSSL's libcrypto.

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace bartizan {

using Sha256Digest = std::array<std::uint8_t, 32>;

/// The digest of bytes that come in pieces.
class Sha256 {
 public:
  Sha256();
  ~Sha256();
  Sha256(Sha256&&) noexcept;
  Sha256& operator=(Sha256&&) noexcept;
  void update(std::string_view bytes);
  /// The digest of everything since the start or the last finish(); starts again.
  Sha256Digest finish();
  std::string finish_hex();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

Sha256Digest sha256(std::string_view bytes);
/// 64 lower-case hexadecimal digits.
std::string sha256_hex(std::string_view bytes);
std::string to_hex(const Sha256Digest& digest);

}  // namespace bartizan
