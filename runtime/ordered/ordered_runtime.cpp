#include "runtime/ordered/ordered_runtime.h"

#include <atomic>

namespace heddle {
namespace ordered {

std::uint64_t Player::NewLife() {
  static std::atomic<std::uint64_t> lives{0};  // of all runs, as a static may serve several
  return lives.fetch_add(1, std::memory_order_relaxed) + 1;
}

ThreadSlot ThisThread() {
  Player& player = Player::Current();
  if (!player.in_thread()) return {player.threads(), player.outside_life()};
  static thread_local const std::uint64_t life = Player::NewLife();
  return {player.self().number, life};
}

}  // namespace ordered

void OrderedRuntime::set_interrupt_handler(Interrupt kind, int bound, std::function<void()> handler,
                                           Here at) {
  if (!player().in_thread())
    return player().Fail(
        model::ErrorKind::kCheckFailed,
        "set_interrupt_handler() belongs into the thread that is to be interrupted", at);
  player().self().nesting.SetHandler(player(), kind, bound, std::move(handler), at);
}

void OrderedRuntime::mask(Interrupt kind, Here at) {
  if (player().in_thread()) player().self().nesting.Mask(player(), kind, at);
}

void OrderedRuntime::unmask(Interrupt kind, Here at) {
  if (player().in_thread()) player().self().nesting.Unmask(player(), kind, at);
}

}  // namespace heddle
