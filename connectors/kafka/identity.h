#pragma once
// Who this process is to the brokers: a name that outlives it, held by one process at a time.

#include <memory>
#include <string>

#include "engine/model/result.h"

namespace bartizan::kafka {

/// Holds state.dir/lock (flock) until it goes, and knows the UUID kept in state.dir/kafka-id.
///
/// Why both: `transactional.id` must be the same after a restart, so that init_transactions ends what the dead process left open at once
/// instead of after the transaction timeout; and two live processes must never share it, for they would fence each other for ever.
class Identity {
 public:
  /// Makes the folder and the UUID where they are missing. Errors: `locked` (names the process), `state_dir`.
  static Result<Identity> take(const std::string& state_dir);
  Identity(Identity&&) noexcept;
  Identity& operator=(Identity&&) noexcept;
  ~Identity();

  const std::string& uuid() const { return uuid_; }
  /// transactional.id of one DETECT thread.
  std::string transactional_id(const std::string& group_id, int thread) const;

 private:
  Identity(int fd, std::string uuid) : fd_(fd), uuid_(std::move(uuid)) {}
  int fd_ = -1;
  std::string uuid_;
};

}  // namespace bartizan::kafka
