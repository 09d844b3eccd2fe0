#pragma once
// command.v1 (docs/formats/command.v1.schema.json), read as strictly as its schema says.

#include <optional>
#include <string>

#include "engine/codec/json_index.h"
#include "engine/model/command.h"

namespace bartizan {

/// Reads the command at `t`, an object that has been checked. No value: the schema refuses it and `why` says what. Texts live as long as
/// the JSON text and the arena.
std::optional<Command> read_command(JsonIndex& json, Token t, TextArena& arena, std::string& why);

}  // namespace bartizan
