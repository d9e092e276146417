// A static key of this program itself: switches all its StaticBranch sites at once.
//
//     keys::Key trace("search.trace");
//     trace.Inc();   // every thread that comes to such a branch from here on takes it
//
// The counting is patching/static_key.h's, which scenarios check on the model; the sites are
// changed by patching/x86_int3.h or patching/arm64_text.h while all threads go on.
#pragma once

#include <cstddef>
#include <cstdint>
#include <mutex>
#include <string>

#include "keys/program_text.h"
#include "patching/static_key.h"
#include "runtime/native/native_runtime.h"

namespace heddle::keys {

/// Thread-safe.  Not to be switched in a signal handler, nor while another thread forks.  On
/// x86-64, threads that execute a site must not block SIGTRAP, and its handler must stay ours.
/// Without the kernel's membarrier(PRIVATE_EXPEDITED_SYNC_CORE), only threads of scenarios are made
/// to serialise: then keys must be switched when no other thread executes their sites.
class Key {
 public:
  /// Off.  There may be any number of sites of that name, or none.  Throws std::invalid_argument if
  /// there is a key of that name already, std::system_error if the system does not let the program
  /// change its text.
  explicit Key(const std::string& name);
  /// Switches it off; ends the program if that fails, rather than leave its branches on.
  ~Key();
  Key(const Key&) = delete;
  Key& operator=(const Key&) = delete;

  // As StaticKey's.  They throw std::logic_error if a site holds what nobody has put there, and
  // std::system_error if the system does not let the program change its text; then neither count
  // nor sites have changed.
  void Inc() { key_.Inc(); }
  bool Dec() { return key_.Dec(); }
  void Enable() { key_.Enable(); }
  void Disable() { key_.Disable(); }
  void DecDeferred() { key_.DecDeferred(); }
  void RunDeferred() { key_.RunDeferred(); }

  int count() const { return key_.count(); }
  std::size_t site_count() const { return sites_.size(); }

 private:
  class Sites {
   public:
    explicit Sites(const std::string& name) : hash_(HashOf(name)) {}
    void Switch(bool on) { ProgramText::Get().Switch(hash_, on); }
    std::size_t size() const { return ProgramText::Get().SitesOf(hash_).size(); }

   private:
    std::uint64_t hash_;
  };

  struct Mutex : std::mutex {
    explicit Mutex(const char*) {}
  };

  const std::string name_;
  Sites sites_;
  StaticKey<NativeRuntime, Sites, StaticKeySteps{}, Mutex> key_;
};

}  // namespace heddle::keys
