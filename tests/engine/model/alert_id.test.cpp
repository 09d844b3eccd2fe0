#include <catch2/catch.hpp>
#include <string>

#include "engine/model/alert.h"
#include "engine/model/sha256.h"

// The published vectors are checked in tests/engine/codec/alert_id_vectors.test.cpp, which may read JSON.

namespace bartizan {

TEST_CASE("sha256: the FIPS 180-4 examples, whole and in pieces", "[sha256]") {
  CHECK(sha256_hex("") == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  CHECK(sha256_hex("abc") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  Sha256 pieces;
  pieces.update("a");
  pieces.update("");
  pieces.update("bc");
  CHECK(pieces.finish_hex() == sha256_hex("abc"));
  CHECK(pieces.finish() == sha256(""));  // starts again
}

TEST_CASE("alert ids do not depend on the case of tenant, entity and anchor, but on that of the rule", "[alert_id]") {
  const std::string id = alert_id("tenant-a", "newCountry", EntityType::user, "ana", "event-1");
  CHECK(id.size() == 26);
  CHECK(alert_id("TENANT-a", "newCountry", EntityType::user, "ANA", "EVENT-1") == id);
  CHECK(alert_id("tenant-a", "newcountry", EntityType::user, "ana", "event-1") != id);
  CHECK(alert_id("tenant-a", "newCountry", EntityType::agent, "ana", "event-1") != id);
}

}  // namespace bartizan
