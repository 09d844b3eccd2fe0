#pragma once
// The output files of a replay: one NDJSON file per topic, written once from the start.

#include <array>
#include <cstdint>
#include <string>

#include "engine/model/output.h"
#include "engine/model/result.h"

namespace bartizan::cli {

/// Buffers and writes; nothing durable is promised. A failed write is kept and told by status(): the disk may be full.
class OutputFolder : public OutputSink {
 public:
  explicit OutputFolder(std::string folder) : folder_(std::move(folder)) {}
  ~OutputFolder() override;
  OutputFolder(const OutputFolder&) = delete;
  OutputFolder& operator=(const OutputFolder&) = delete;

  /// Makes the folder and the files. Error codes: `not_empty` (without `force`; with it our own files are replaced), `unwritable`.
  Status open(bool force);
  void emit(OutputRecord&& record) override;
  /// Writes what is buffered.
  Status close();
  const Status& status() const { return status_; }

 private:
  struct File {
    int fd = -1;
    std::string buffer;
  };
  static constexpr std::size_t kBufferBytes = 1 << 18;
  void write(Topic t);
  std::string path(Topic t) const;
  std::string folder_;
  std::array<File, kTopicCount> files_;
  Status status_ = Ok{};
};

}  // namespace bartizan::cli
