#include "tests/bench/generated_line.h"

#include <utility>

#include "engine/codec/record_decoder.h"
#include "rules/packs/bundle.h"

namespace bartizan::bench {

Result<std::shared_ptr<MeasuredRules>> MeasuredRules::make(const std::vector<Override>& overrides) {
  settings::Diagnostics diagnostics;
  const auto bundle = Bundle::make(builtin_pack(), EngineSettings{}, diagnostics);
  if (!bundle) return Error{"invalid", "the built-in pack does not load"};
  auto out = std::make_shared<MeasuredRules>();
  out->rules_ = std::make_shared<RuleSet>(*bundle->rule_set());
  for (const Override& o : overrides) {
    bool found = false;
    for (Rule& rule : out->rules_->rules) found = (rule.alert.id == o.rule && rule.parameters.set(o.parameter, o.value)) || found;
    if (!found) return Error{"invalid", "no rule and parameter " + o.rule + "." + o.parameter};
  }
  return out;
}

std::shared_ptr<const RuleSet> MeasuredRules::find(std::string_view bundle_hash) const {
  return bundle_hash == rules_->bundle_hash ? rules_ : nullptr;
}

BundleActivation MeasuredRules::activation() const {
  BundleActivation a;
  a.hash = rules_->bundle_hash;
  a.rule_count = static_cast<std::uint32_t>(rules_->rules.size());
  return a;
}

Status RecordFeeder::feed(std::string& record) {
  std::size_t size = record.size();
  if (size > 0 && record[size - 1] == '\n') --size;
  record.reserve(size + RecordDecoder::kPadding + 1);
  RawMessage message;
  position_.offset += 1;
  message.position = position_;
  message.bytes = {record.data(), size};
  return line_.step(message);
}

}  // namespace bartizan::bench
