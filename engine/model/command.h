#pragma once
// Verdicts of analysts.

#include <cstdint>
#include <optional>
#include <string_view>

#include "engine/model/entity.h"
#include "engine/model/id.h"
#include "engine/model/time.h"

namespace bartizan {

enum class CommandAction : std::uint8_t { dismiss, confirm_compromised, confirm_safe };
enum class CommandTarget : std::uint8_t { user, service_principal, managed_identity, agent, sign_in };

/// command.v1 (docs/formats). Shape is checked by INGEST; meaning by the risk ledger, which accepts or rejects it in audit.
struct Command {
  Id id;  // UUID
  Id tenant_id;
  CommandAction action = CommandAction::dismiss;
  CommandTarget target = CommandTarget::user;
  Id target_id;
  std::string_view author;
  Time at{};  // the author's clock: recorded, never used
  std::optional<std::uint64_t> decided_on_revision;
  std::string_view note;
};

std::string_view to_word(CommandAction a);
std::string_view to_word(CommandTarget t);
std::optional<CommandAction> command_action_from(std::string_view word);
std::optional<CommandTarget> command_target_from(std::string_view word);

}  // namespace bartizan
