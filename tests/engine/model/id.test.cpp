#include "engine/model/id.h"

#include <catch2/catch.hpp>

#include "engine/model/entity.h"
#include "engine/model/error_codes.h"
#include "engine/model/sign_in.h"

using namespace bartizan;

TEST_CASE("a GUID is held as bits and written back as text", "[id]") {
  const Id id = Id::from("8c1d2e3f-4a5b-4c6d-8e7f-901a2b3c4d5e");
  CHECK(id.kind() == Id::Kind::guid);
  CHECK(id.hi() == 0x8c1d2e3f4a5b4c6dULL);
  CHECK(id.lo() == 0x8e7f901a2b3c4d5eULL);
  CHECK(id.str() == "8c1d2e3f-4a5b-4c6d-8e7f-901a2b3c4d5e");
  CHECK(id.key() == Key128{id.hi(), id.lo()});
}

TEST_CASE("other ids stay text, empty ones are empty", "[id]") {
  CHECK(Id::from("ana@example.com").str() == "ana@example.com");
  CHECK(Id::from("8c1d2e3f-4a5b-4c6d-8e7f-901a2b3c4d5g").kind() == Id::Kind::text);
  CHECK(Id::from("8c1d2e3f04a5b-4c6d-8e7f-901a2b3c4d5e").kind() == Id::Kind::text);
  CHECK(Id::from("").empty());
  CHECK(Id::from("00000000-0000-0000-0000-000000000000").kind() == Id::Kind::guid);
  CHECK(Id::from_or_none("00000000-0000-0000-0000-000000000000").empty());
  CHECK(OwnedId{Id::from("ana@example.com")}.view() == Id::from("ana@example.com"));
}

TEST_CASE("the stable hash gives the published values", "[hash]") {
  // Golden: these values stand in journals and checkpoints; a change is a format change.
  CHECK(stable_hash64("") == stable_hash128("").lo);
  CHECK(stable_hash64("3b6a1f7e-52c4-4d0b-9a38-6e1c0f4d7b21", 1) == 0x822febdf20a587d0ULL);
  CHECK(stable_hash128("abcdefgh", 2) != stable_hash128("abcdefgh", 3));
  CHECK(entity_key(EntityType::user, "a") != entity_key(EntityType::agent, "a"));
}

TEST_CASE("the error-code table tells interrupts from failures", "[error_codes]") {
  CHECK(error_code(0).result_class == ResultClass::success);
  CHECK(error_code(50126).failure_class == FailureClass::bad_password);
  CHECK(error_code(50126).password_validated == Tristate::no);
  CHECK(error_code(50076).result_class == ResultClass::interrupted);
  CHECK(error_code(50076).password_validated == Tristate::yes);
  CHECK(error_code(50057).password_validated == Tristate::unknown);
  CHECK(error_code(500121).result_class == ResultClass::failure);
  CHECK(error_code(123456789).failure_class == FailureClass::other);
  CHECK(error_code(123456789).result_class == ResultClass::failure);
  CHECK(is_malicious_ip_block(50053, "Sign-in was blocked because it came from an IP address with malicious activity."));
  CHECK_FALSE(is_malicious_ip_block(50053, "The account is locked."));
}

TEST_CASE("whose risk a sign-in is", "[entity]") {
  SignIn e;
  e.user_id = Id::from("11111111-1111-4111-8111-111111111111");
  e.user_principal_name = "ana@example.com";
  CHECK(subject_of(e).type == EntityType::user);

  e.flags = kFlagAgent;  // on behalf of: an agent acts, the subject is a human
  e.agent.type = "agenticAppInstance";
  e.agent.subject_type = "notAgentic";
  e.service_principal_id = Id::from("22222222-2222-4222-8222-222222222222");
  CHECK(subject_of(e).type == EntityType::user);
  CHECK(agent_of(e).id == e.service_principal_id);

  e.flags |= kFlagAgentIsSubject;  // the agent's own user account
  e.agent.subject_type = "agentIDuser";
  CHECK(subject_of(e).type == EntityType::agent);
  CHECK(describe(e, subject_of(e)).identity_type == AgentIdentityType::agent_user);

  e.category = SignInCategory::service_principal;  // autonomous
  e.agent.subject_type = "agenticAppInstance";
  CHECK(subject_of(e).type == EntityType::agent);
  CHECK(subject_of(e).id == e.service_principal_id);

  SignIn mi;
  mi.category = SignInCategory::managed_identity;
  mi.app_id = Id::from("33333333-3333-4333-8333-333333333333");
  CHECK(subject_of(mi).type == EntityType::managed_identity);
  CHECK(subject_of(mi).id == mi.app_id);
}
