#pragma once
// Entities and other small records inside state rows.

#include <optional>
#include <string>
#include <vector>

#include "engine/model/bytes.h"
#include "engine/model/entity.h"

namespace bartizan {

/// Reads an enum written as u8; a value above `last` fails the reader.
template <class E>
E read_enum(ByteReader& in, E last) {
  const std::uint8_t v = in.u8();
  if (v > static_cast<std::uint8_t>(last)) in.fail();
  return in.ok() ? static_cast<E>(v) : E{};
}

template <class E>
void write_enum(ByteWriter& out, E v) {
  out.u8(static_cast<std::uint8_t>(v));
}

inline bool read_bool(ByteReader& in) {
  const std::uint8_t v = in.u8();
  if (v > 1) in.fail();
  return v == 1;
}

inline std::string read_string(ByteReader& in) { return std::string{in.text()}; }

/// A count of items that follow; above `most` the reader fails, so that hostile bytes cannot ask for memory.
inline std::size_t read_count(ByteReader& in, std::size_t most) {
  const std::uint64_t n = in.varint();
  if (n > most) in.fail();
  return in.ok() ? static_cast<std::size_t>(n) : 0;
}

inline void write_entity(ByteWriter& out, const Entity& e) {
  write_enum(out, e.type);
  out.text(e.id);
  out.text(e.name);
  out.text(e.user_principal_name);
  out.text(e.app_id);
  write_enum(out, e.identity_type);
  out.text(e.blueprint.id);
  out.text(e.blueprint.name);
  out.text(e.parent.id);
  out.text(e.parent.name);
  out.text(e.sponsor);
}

inline Entity read_entity(ByteReader& in) {
  Entity e;
  e.type = read_enum(in, EntityType::tenant);
  e.id = read_string(in);
  e.name = read_string(in);
  e.user_principal_name = read_string(in);
  e.app_id = read_string(in);
  e.identity_type = read_enum(in, AgentIdentityType::blueprint_principal);
  e.blueprint.id = read_string(in);
  e.blueprint.name = read_string(in);
  e.parent.id = read_string(in);
  e.parent.name = read_string(in);
  e.sponsor = read_string(in);
  return e;
}

}  // namespace bartizan
