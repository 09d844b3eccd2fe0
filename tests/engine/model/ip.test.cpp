#include "engine/model/ip.h"

#include <catch2/catch.hpp>

using namespace bartizan;

namespace {
std::string reread(std::string_view text) {
  const auto a = IpAddress::parse(text);
  return a ? a->str() : "refused";
}
}  // namespace

TEST_CASE("addresses are read in every form and written in canonical text", "[ip]") {
  CHECK(reread("192.0.2.1") == "192.0.2.1");
  CHECK(reread("192.0.2.1:443") == "192.0.2.1");
  CHECK(reread("[2001:db8::1]:443") == "2001:db8::1");
  CHECK(reread("[2001:DB8::1]") == "2001:db8::1");
  CHECK(reread("2001:0db8:0000:0000:0001:0000:0000:0001") == "2001:db8::1:0:0:1");
  CHECK(reread("2001:db8:0:1:1:1:1:1") == "2001:db8:0:1:1:1:1:1");
  CHECK(reread("::") == "::");
  CHECK(reread("::1") == "::1");
  CHECK(reread("2001:db8::") == "2001:db8::");
  CHECK(reread("::ffff:192.0.2.9") == "192.0.2.9");
  CHECK(reread("64:ff9b::192.0.2.33") == "64:ff9b::c000:221");
}

TEST_CASE("what is no address is refused", "[ip]") {
  for (const auto* text : {"", "999.1.1.1", "192.0.2", "192.0.2.1.1", "192.0.2.01", "192.0.2.XXX", "192.0.2.1:", "192.0.2.1:123456", ":::", "1::2::3",
                           "2001:db8:1:2:3:4:5:6:7", "2001:db8::12345", "[192.0.2.1]:80", "fe80::1%eth0", "::1.2.3", "g::", " 192.0.2.1", "1:2:3:4:5:6:7:8:"}) {
    INFO(text);
    CHECK(reread(text) == "refused");
  }
}

TEST_CASE("prefixes and kinds of addresses", "[ip]") {
  CHECK(IpAddress::parse("203.0.113.77")->neighbourhood().str() == "203.0.113.0");
  CHECK(IpAddress::parse("2001:db8:1:2:3::4")->host_unit().str() == "2001:db8:1:2::");
  CHECK(IpAddress::parse("2001:db8:1:2:3::4")->neighbourhood().str() == "2001:db8:1::");
  CHECK(IpAddress::parse("10.1.2.3")->is_special());
  CHECK(IpAddress::parse("100.64.0.1")->is_special());
  CHECK(IpAddress::parse("fd00::1")->is_special());
  CHECK_FALSE(IpAddress::parse("198.18.0.1")->is_special());
  CHECK_FALSE(IpAddress::parse("2001:db8::1")->is_special());
  CHECK(IpAddress{}.is_special());
  CHECK(IpAddress::parse("192.0.2.1")->key() != IpAddress::parse("192.0.2.2")->key());
}
