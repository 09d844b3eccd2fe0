#include "connectors/kafka/source_survey.h"

#include <chrono>
#include <optional>
#include <utility>

#include "connectors/kafka/offset_metadata.h"
#include "connectors/kafka/reader.h"
#include "connectors/kafka/source_mark.h"

namespace bartizan::kafka {
namespace {

constexpr std::chrono::seconds kAskMax{30};

using Marks = std::map<SourceKey, SourceMark>;

/// False: the position is of another generation and says nothing about this topic.
bool take_position(SourceCandidate& one, const Committed& committed) {
  const SourceMetadata metadata = read_source_metadata(committed.metadata).value_or(SourceMetadata{});
  if (one.input->is_command) one.input->generation = metadata.generation;
  if (metadata.generation != one.input->generation) return false;
  one.facts.committed = committed.next_offset;
  one.facts.mark = SourceMark{committed.next_offset, metadata.record};
  return true;
}

void take_mark(SourceCandidate& one, const Marks& marks) {
  for (const auto& [key, mark] : marks) {
    const auto& [name, generation, partition] = key;
    if (name != *one.topic || partition != one.facts.partition) continue;
    if (one.input->is_command && generation > one.input->generation) one.input->generation = generation;
    if (generation == one.input->generation) one.facts.mark = mark;
  }
}

}  // namespace

Result<std::vector<SourceCandidate>> survey_sources(rd_kafka_t* consumer, const KafkaOptions& options, SourceInputs& inputs,
                                                    const rd_kafka_topic_partition_list_t& assigned, Pulse& pulse, const SourceProblem& tell) {
  std::map<std::string, std::vector<std::int32_t>> by_topic;
  for (int i = 0; i < assigned.cnt; ++i) by_topic[assigned.elems[i].topic].push_back(assigned.elems[i].partition);
  std::vector<SourceCandidate> all;
  std::optional<Marks> marks;  // read only where a position is missing
  for (const auto& [name, numbers] : by_topic) {
    const auto input = inputs.find(name);
    if (input == inputs.end()) continue;
    const auto committed = committed_offsets(consumer, name, numbers, pulse);
    if (!committed.ok()) return committed.error();
    for (const std::int32_t p : numbers) {
      SourceCandidate one{&input->first, &input->second, {}};
      one.facts.partition = p;
      const auto ends = watermarks(consumer, name, p, pulse, kAskMax);
      if (!ends.ok()) {
        tell(name, p, {ends.error().code == "not_authorized" ? "not_authorized" : "source_gone", ends.error().message});
        continue;
      }
      one.facts.ends = ends.value();
      const auto found = committed.value().find(p);
      if (found == committed.value().end() || !take_position(one, found->second)) {
        if (!marks) {
          auto read = read_marks(options, pulse);
          if (!read.ok()) return read.error();
          marks = std::move(read.value());
        }
        take_mark(one, *marks);
      }
      all.push_back(std::move(one));
    }
  }
  return all;
}

Status compare_candidates(const KafkaOptions& options, std::vector<SourceCandidate>& candidates, Pulse& pulse) {
  std::vector<SourceQuestion> questions;
  for (const SourceCandidate& one : candidates) {
    if (worth_comparing(one.facts)) questions.push_back({*one.topic, one.facts.partition, *one.facts.mark});
  }
  const auto answers = compare_sources(options, questions, pulse);
  if (!answers.ok()) return answers.error();
  auto answer = answers.value().begin();
  for (SourceCandidate& one : candidates) {
    if (worth_comparing(one.facts)) one.facts.likeness = *answer++;
  }
  return Ok{};
}

}  // namespace bartizan::kafka
