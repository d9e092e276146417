// How are objects of a schedule's threads made, used and destroyed?
//
// By the same operations as in the model: runtime/model/machine_memory.cpp.
#include <new>
#include <string>
#include <utility>

#include "runtime/ordered/player.h"

namespace heddle::ordered {

using model::ErrorKind;
using model::Kind;
using model::Label;
using model::Value;

void Player::NewCell(Cell& cell, const Value* initial, SourceLocation at, Wide* wide) {
  if (in_thread()) {
    const Unseen unseen;
    const std::lock_guard lock(mutex_);
    Object* const object = self().object < 0 ? nullptr : objects_.ById(self().object);
    if (object != nullptr && object->first_cell == nullptr) object->first_cell = cell.name;
  }
  if (initial == nullptr) return;
  Label init{.kind = Kind::kWrite, .order = model::Order::kPlain};
  init.file = at.file;
  init.line = at.line;
  init.value = *initial;
  init.bytes = cell.bytes;
  Perform(init, &cell, wide);
}

// What the model finds wrong with an operation, besides races: in turn, so that it is known what
// has happened before.
std::optional<Failure> Player::WrongUse(const Label& label, const Cell* cell) {
  const int thread = in_thread() ? self().number : -1;
  const SourceLocation at{label.file, label.line};
  const std::lock_guard lock(mutex_);
  if (cell != nullptr) {
    const Object* const object = objects_.Containing(cell);
    if (object != nullptr && object->freed)
      return Failure{thread, ErrorKind::kUseAfterFree,
                     "use of '" + cell->Name() + "', which has been freed", at};
    if (label.is_read() && !cell->written)
      return Failure{thread, ErrorKind::kUninitialised,
                     "uninitialised read of '" + cell->Name() + "', which has not been written",
                     at};
  }
  if (label.kind != Kind::kFree && label.kind != Kind::kDestroy) return std::nullopt;
  Object* const object = objects_.ById(label.location);
  if (object == nullptr) return std::nullopt;
  if (label.kind == Kind::kFree) object->freed = true;
  if (!label.ends_allocation()) return std::nullopt;
  if (std::exchange(object->ending, true))
    return Failure{thread, ErrorKind::kDoubleFree, object->Name() + " is freed twice", at};
  return std::nullopt;
}

void* Player::Allocate(std::size_t bytes, std::size_t alignment, SourceLocation at) {
  if (!in_thread()) {
    Fail(ErrorKind::kTooLarge, "make<T>() belongs into a thread: use a member instead", at);
    throw std::bad_alloc();
  }
  const Unseen unseen;
  const std::lock_guard lock(mutex_);
  Performer& me = self();
  Object& object = objects_.Make(bytes, alignment);
  object.id = me.objects++ * threads() + me.number;
  object.thread = me.number;
  object.at = at;
  object.outer = std::exchange(me.object, object.id);
  return object.address;
}

void Player::EndAllocation(void* place, void (*destructor)(void*)) {
  const Unseen unseen;
  const std::lock_guard lock(mutex_);
  Object& object = *objects_.Find(place);
  object.destructor = destructor;
  self().object = object.outer;
}

void Player::TakeBack(void* place, SourceLocation at) {
  EndAllocation(place, nullptr);
  AnnounceEnd(*objects_.Find(place), Kind::kFree, 0, at);
}

void Player::AnnounceEnd(const Object& object, Kind kind, Value value, SourceLocation at) {
  Label label{.kind = kind, .location = object.id, .value = value};
  label.file = at.file;
  label.line = at.line;
  Perform(label);
}

void Player::RunDestructor(Object& object) {
  if (object.destructor == nullptr || std::exchange(object.destructed, true)) return;
  const MustReturn must_return;
  object.destructor(object.address);
}

void Player::Destroy(void* place, SourceLocation at) {
  Object* object = nullptr;
  {
    const Unseen unseen;
    const std::lock_guard lock(mutex_);
    object = objects_.Find(place);
  }
  if (object == nullptr)
    return Fail(ErrorKind::kDoubleFree, "destroy() of a pointer that make() did not return", at);
  if (object->destructor != nullptr) {
    AnnounceEnd(*object, Kind::kDestroy, 0, at);
    RunDestructor(*object);
  }
  AnnounceEnd(*object, Kind::kFree, object->destructor != nullptr ? 1 : 0, at);
}

void Player::AllowLeak(const void* place) {
  const Unseen unseen;
  const std::lock_guard lock(mutex_);
  if (Object* const object = objects_.Find(place)) object->may_leak = true;
}

void Player::FailIfLeaking() {
  if (code_.leaks_allowed) return;
  for (const Object* object : objects_.all())
    if (!object->freed && !object->may_leak)
      return Fail(ErrorKind::kLeak,
                  "leak: nobody destroys " + object->Name() + " that thread " +
                      std::to_string(object->thread) +
                      " makes here; destroy it in a thread or in Finish, or call leak_ok",
                  object->at);
}

}  // namespace heddle::ordered
