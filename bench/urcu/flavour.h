// One flavour of liburcu, by the names that URCU_API_MAP gives to all of them.  Included by a
// source per flavour, after that flavour's header: the headers exclude one another.
#pragma once

#include "bench/rcu_measure.h"

namespace heddle::bench {
namespace {

struct Flavour {
  class Reader {
   public:
    Reader(Flavour&, int) { rcu_register_thread(); }
    ~Reader() { rcu_unregister_thread(); }
    Reader(const Reader&) = delete;
    Reader& operator=(const Reader&) = delete;

    [[gnu::always_inline]] void Section() {
      rcu_read_lock();
      Opaque();
      rcu_read_unlock();
    }
    void Quiescent() {
#ifdef HEDDLE_URCU_QSBR  // elsewhere it means nothing
      rcu_quiescent_state();
#endif
    }
  };
  void Synchronize() { synchronize_rcu(); }
};

}  // namespace
}  // namespace heddle::bench
