#include "engine/codec/command_reader.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <string_view>

namespace bartizan {
namespace {

constexpr std::size_t kMembers = 9;
constexpr std::array<std::string_view, kMembers> kNames = {"schema", "id", "action", "target", "tenant_id",
                                                           "author", "at", "decided_on_revision", "note"};
enum Member : std::size_t { kSchema, kId, kAction, kTarget, kTenant, kAuthor, kAt, kRevision, kNote };
constexpr std::array<std::string_view, 2> kTargetNames = {"type", "id"};

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool has_upper(std::string_view s) {
  return std::any_of(s.begin(), s.end(), [](char c) { return c >= 'A' && c <= 'Z'; });
}
/// Characters, as JSON Schema counts lengths.
std::size_t characters(std::string_view s) {
  return static_cast<std::size_t>(std::count_if(s.begin(), s.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xc0) != 0x80; }));
}

/// The schema's pattern for times: RFC 3339, UTC, three decimals.
bool is_schema_time(std::string_view s) {
  constexpr std::string_view kShape = "0000-00-00T00:00:00.000Z";
  if (s.size() != kShape.size()) return false;
  for (std::size_t i = 0; i < s.size(); ++i) {
    if (kShape[i] == '0' ? !is_digit(s[i]) : s[i] != kShape[i]) return false;
  }
  return parse_time(s).has_value();
}

bool is_tenant_id(std::string_view s) {
  if (s.empty() || s.size() > 128) return false;
  const auto plain = [](char c) { return is_digit(c) || (c >= 'a' && c <= 'z'); };
  return plain(s[0]) && std::all_of(s.begin(), s.end(), [&](char c) { return plain(c) || c == '.' || c == '_' || c == '-'; });
}

bool is_uuid(std::string_view s) {
  std::uint64_t hi = 0;
  std::uint64_t lo = 0;
  return !has_upper(s) && parse_guid(s, hi, lo);
}

class CommandReader {
 public:
  CommandReader(JsonIndex& json, TextArena& arena, std::string& why) : json_(json), arena_(arena), why_(why) {}

  std::optional<Command> read(Token t) {
    std::array<Token, kMembers> at{};
    std::array<Token, 2> target{};
    if (!members(t, kNames, at) || !required(at)) return std::nullopt;
    if (json_.first(at[kTarget]) != '{') return refuse("target: expected an object");
    if (!members(at[kTarget], kTargetNames, target)) return std::nullopt;
    if (target[0] == 0 || target[1] == 0) return refuse("target: type and id are required");
    Command c;
    return ids(at, c) && verdict(at, target, c) && rest(at, c) ? std::optional<Command>{c} : std::nullopt;
  }

 private:
  std::nullopt_t refuse(std::string_view why) {
    why_ = why;
    return std::nullopt;
  }
  bool fail(std::string_view why) {
    why_ = why;
    return false;
  }

  /// Notes the members of the object at `t`; one that is not in `names` refuses it.
  template <std::size_t N>
  bool members(Token t, const std::array<std::string_view, N>& names, std::array<Token, N>& at) {
    if (json_.first(++t) == '}') return true;
    for (;; ++t) {
      const std::string_view key = json_.string(t, arena_);
      const auto it = std::find(names.begin(), names.end(), key);
      if (it == names.end()) return fail("a member that the schema does not know");
      at[static_cast<std::size_t>(it - names.begin())] = t + 2;
      t = json_.behind(t + 2);
      if (json_.first(t) != ',') return true;
    }
  }

  bool required(const std::array<Token, kMembers>& at) {
    for (std::size_t i = 0; i <= kAt; ++i) {
      if (at[i] == 0) return fail(std::string{kNames[i]} + ": required");
    }
    return true;
  }

  /// Empty for anything but a string.
  std::string_view text(Token t) { return json_.is_string(t) ? json_.string(t, arena_) : std::string_view{}; }

  bool ids(const std::array<Token, kMembers>& at, Command& c) {
    if (text(at[kSchema]) != "bartizan.command/v1") return fail("schema: expected bartizan.command/v1");
    const std::string_view id = text(at[kId]);
    if (!is_uuid(id)) return fail("id: expected a lower-case UUID");
    c.id = Id::from(id);
    const std::string_view tenant = text(at[kTenant]);
    if (!is_tenant_id(tenant)) return fail("tenant_id: expected a lower-case id of at most 128 characters");
    c.tenant_id = Id::from(tenant);
    return true;
  }

  bool verdict(const std::array<Token, kMembers>& at, const std::array<Token, 2>& target, Command& c) {
    const auto action = command_action_from(text(at[kAction]));
    if (!action) return fail("action: expected dismiss, confirm_compromised or confirm_safe");
    const auto type = command_target_from(text(target[0]));
    if (!type) return fail("target.type: expected user, service_principal, managed_identity, agent or sign_in");
    const std::string_view id = text(target[1]);
    // The schema counts characters; ids of ours are bounded in bytes, so that is what holds.
    if (id.empty() || id.size() > kIdBytesMax || has_upper(id)) return fail("target.id: expected a lower-case id of at most 256 bytes");
    const bool workload = *type == CommandTarget::service_principal || *type == CommandTarget::managed_identity;
    if (workload && *action == CommandAction::confirm_safe) return fail("action: a workload cannot be confirmed safe");
    c.action = *action;
    c.target = *type;
    c.target_id = Id::from(id);
    return true;
  }

  bool rest(const std::array<Token, kMembers>& at, Command& c) {
    c.author = text(at[kAuthor]);
    if (c.author.empty() || characters(c.author) > 320) return fail("author: expected text of 1 to 320 characters");
    const std::string_view time = text(at[kAt]);
    if (!is_schema_time(time)) return fail("at: expected RFC 3339 in UTC with milliseconds");
    c.at = *parse_time(time);
    if (at[kRevision] != 0) {
      const std::string_view digits = json_.raw_scalar(at[kRevision]);
      std::uint64_t n = 0;
      const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), n);
      if (error != std::errc{} || end != digits.data() + digits.size() || n == 0) return fail("decided_on_revision: expected an integer from 1");
      c.decided_on_revision = n;
    }
    if (at[kNote] != 0) {
      if (!json_.is_string(at[kNote])) return fail("note: expected text");
      c.note = text(at[kNote]);
      if (characters(c.note) > 1000) return fail("note: expected at most 1000 characters");
    }
    return true;
  }

  JsonIndex& json_;
  TextArena& arena_;
  std::string& why_;
};

}  // namespace

std::optional<Command> read_command(JsonIndex& json, Token t, TextArena& arena, std::string& why) {
  return CommandReader{json, arena, why}.read(t);
}

}  // namespace bartizan
