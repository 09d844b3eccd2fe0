#pragma once
// What `run` needs of a transport, whichever it is.

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "connectors/cli/log.h"
#include "connectors/cli/rule_files.h"
#include "connectors/metrics/exposition.h"
#include "engine/pipeline/checkpoint.h"
#include "engine/pipeline/transport.h"

namespace bartizan::cli {

/// An input that stopped (`failed`), or something about it worth a word.
struct LiveProblem {
  std::string input;
  Error error;
  bool failed = true;
};

/// The ends of the line in this process. INGEST's half is used by one thread and DETECT's by one; the rest may be called by any.
class LiveTransport {
 public:
  virtual ~LiveTransport() = default;

  /// Makes the ends of the configured roles. Called once, before anything else; the errors end the start (exit_code_of).
  virtual Status open() = 0;
  /// Makes the bundle durable, so that its activation may enter the journal.
  virtual Status store_bundle(const Bundle& bundle) = 0;
  virtual Result<std::string> load_bundle(std::string_view hash) = 0;

  /// Null where the role is not this process's. The pointers hold until the next renew of their half.
  virtual IngestTransport* ingest() = 0;
  virtual DetectTransport* detect() = 0;
  virtual CheckpointStore* checkpoints() = 0;
  /// Problems that are new since the last call. INGEST's thread.
  virtual std::vector<LiveProblem> new_problems() = 0;

  /// What made the last commit fail; more to the point than the worker's "failed so many times".
  virtual Status last_failure() const = 0;
  /// A new start of the half may mend this error.
  virtual bool can_renew(const Error& why) const = 0;
  /// Makes a half anew: everything since the last commit comes again.
  virtual Status renew_ingest() = 0;
  virtual Status renew_detect() = 0;

  /// How long ago a half last showed a sign of life from inside a call that waits.
  virtual std::chrono::milliseconds ingest_silence() const = 0;
  virtual std::chrono::milliseconds detect_silence() const = 0;
  /// The outside can be reached: part of readiness, never of liveness.
  virtual bool reachable() const = 0;
  /// Ends every wait; what is open stays uncommitted.
  virtual void interrupt() = 0;
  virtual void add_metrics(MetricsSource& source) const = 0;
  /// Where outputs go, for the log.
  virtual std::string outputs() const = 0;
  /// After the last commit. Nothing may follow but stuck().
  virtual Status close() = 0;
  /// A call that did not come back is left behind: the process must end without tidying up.
  virtual bool stuck() const { return false; }
};

/// Files for topics.
std::unique_ptr<LiveTransport> make_embedded_live(const LoadedConfig& loaded, bool once);
/// Topics of a cluster. `log` outlives it.
std::unique_ptr<LiveTransport> make_kafka_live(const LoadedConfig& loaded, Log& log);

}  // namespace bartizan::cli
