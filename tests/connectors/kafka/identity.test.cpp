#include "connectors/kafka/identity.h"

#include <unistd.h>

#include <catch2/catch.hpp>
#include <filesystem>
#include <optional>

using namespace bartizan::kafka;

namespace {

struct Folder {
  Folder() {
    std::string name = (std::filesystem::temp_directory_path() / "bartizan-identity-XXXXXX").string();
    REQUIRE(::mkdtemp(name.data()) != nullptr);
    path = name;
  }
  ~Folder() { std::filesystem::remove_all(path); }
  std::string path;
};

}  // namespace

TEST_CASE("a state folder gives the same name at every start", "[kafka]") {
  const Folder folder;
  std::string first;
  {
    const auto identity = Identity::take(folder.path + "/new");
    REQUIRE(identity.ok());
    first = identity.value().uuid();
    CHECK(first.size() == 36);
    CHECK(identity.value().transactional_id("g", 2) == "g.detect." + first + ".2");
  }
  const auto again = Identity::take(folder.path + "/new");
  REQUIRE(again.ok());
  CHECK(again.value().uuid() == first);
}

TEST_CASE("two engines cannot share a state folder", "[kafka]") {
  const Folder folder;
  auto identity = Identity::take(folder.path);
  REQUIRE(identity.ok());
  const auto second = Identity::take(folder.path);
  REQUIRE_FALSE(second.ok());
  CHECK(second.error().code == "locked");
  CHECK(second.error().message.find(std::to_string(::getpid())) != std::string::npos);
  std::optional<Identity> moved{std::move(identity.value())};
  CHECK_FALSE(Identity::take(folder.path).ok());
  moved.reset();
  CHECK(Identity::take(folder.path).ok());
}

TEST_CASE("a state folder that cannot be made is an error with its path", "[kafka]") {
  const auto identity = Identity::take("/proc/none/state");
  REQUIRE_FALSE(identity.ok());
  CHECK(identity.error().code == "state_dir");
  CHECK(identity.error().message.find("/proc/none/state") != std::string::npos);
}
